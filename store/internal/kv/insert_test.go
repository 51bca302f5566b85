package kv

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInsert(t *testing.T) {
	crowd := func(n int) []Keyed[uint32, person] {
		random := rand.New(rand.NewPCG(1, 2))
		rows := make([]Keyed[uint32, person], n)
		for i, id := range random.Perm(n) {
			p := person{uint32(id), fmt.Sprintf("name %d", random.IntN(1<<30)), fmt.Sprintf("city %d", id%7), int64(id % 3)}
			rows[i] = Keyed[uint32, person]{p.ID, p}
		}
		return rows
	}
	content := func(db *DB) map[string]string {
		all := map[string]string{}
		require.NoError(t, db.View(func(tx *Tx) error {
			for _, name := range bucketNames {
				c := tx.bucket(name).Cursor()
				for k, v := c.First(); k != nil; k, v = c.Next() {
					all[name+string(k)] = string(v)
				}
			}
			return nil
		}))
		return all
	}

	t.Run("leaves what saving one row after the other leaves", func(t *testing.T) {
		rows := crowd(3000)
		together, one := openTest(t), openTest(t)
		update(t, together, func(tx *Tx) error { return people.Insert(tx, rows[:1000], &NewRows{}) })
		update(t, together, func(tx *Tx) error { return people.Insert(tx, rows[1000:], &NewRows{}) })
		update(t, one, func(tx *Tx) error {
			for _, r := range rows {
				require.NoError(t, people.Save(tx, r.Key, nil, r.Row))
			}
			return nil
		})
		assert.Equal(t, content(one), content(together))
	})
	t.Run("of nothing writes nothing", func(t *testing.T) {
		db := openTest(t)
		update(t, db, func(tx *Tx) error {
			require.NoError(t, people.Insert(tx, nil, &NewRows{}))
			assert.Zero(t, tx.Writes())
			return nil
		})
	})
}
