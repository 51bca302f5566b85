package kv

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCursor reads at random places, near and far, by one cursor, and compares
// with what reads from the root find.
func TestCursor(t *testing.T) {
	db := openTest(t)
	random := rand.New(rand.NewPCG(1, 2))
	const highest = 3000
	update(t, db, func(tx *Tx) error {
		for id := range uint32(highest) {
			if random.IntN(3) > 0 {
				continue
			}
			if err := people.Put(tx, id, person{ID: id, Name: "somebody"}); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, db, func(tx *Tx) {
		c := people.Cursor(tx)
		at := uint32(0)
		for range 20_000 {
			switch random.IntN(4) {
			case 0:
				at = random.Uint32N(highest + 10)
			case 1:
				at -= min(at, random.Uint32N(3))
			default:
				at += random.Uint32N(3)
			}
			if random.IntN(2) == 0 {
				want, wanted, err := people.Get(tx, at)
				require.NoError(t, err)
				got, found, err := people.GetBy(c, at)
				require.NoError(t, err)
				require.Equal(t, wanted, found, at)
				require.Equal(t, want, got, at)
				continue
			}
			prefix := AppendUint32(nil, at)[:3+random.IntN(2)]
			got, err := people.AppendBy(c, nil, prefix)
			require.NoError(t, err)
			var ids []uint32
			for _, p := range got {
				ids = append(ids, p.ID)
			}
			require.Equal(t, idsOf(t, people.Walk(tx, prefix)), ids, "%x", prefix)
		}
	})
}

func TestCursorComesUponDamage(t *testing.T) {
	db := damagedFifth(t)
	view(t, db, func(tx *Tx) {
		_, found, err := people.GetBy(people.Cursor(tx), 5)
		assert.False(t, found)
		assert.ErrorContains(t, err, "people 00000005 is damaged")

		rows, err := people.AppendBy(people.Cursor(tx), nil, []byte{0})
		assert.ErrorContains(t, err, "people 00000005 is damaged")
		assert.Len(t, rows, 4)
	})
}
