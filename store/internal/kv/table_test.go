package kv

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func idsOf[K any](t *testing.T, walk func(func(Item[K, person]) bool)) (ids []uint32) {
	t.Helper()
	for item := range walk {
		require.NoError(t, item.Err)
		ids = append(ids, item.Row.ID)
	}
	return ids
}

func TestTableWalks(t *testing.T) {
	db := openTest(t)
	update(t, db, func(tx *Tx) error {
		for _, id := range []uint32{300, 1, 256, 2, 511} {
			if err := people.Put(tx, id, person{ID: id}); err != nil {
				return err
			}
		}
		return nil
	})
	key := func(id uint32) []byte { return AppendUint32(nil, id) }
	view(t, db, func(tx *Tx) {
		t.Run("all rows come in key order", func(t *testing.T) {
			assert.Equal(t, []uint32{1, 2, 256, 300, 511}, idsOf(t, people.Walk(tx, nil)))
		})
		t.Run("a prefix bounds a walk on both sides", func(t *testing.T) {
			assert.Equal(t, []uint32{256, 300, 511}, idsOf(t, people.Walk(tx, []byte{0, 0, 1})))
			assert.Empty(t, idsOf(t, people.Walk(tx, []byte{0, 0, 9})))
		})
		bounds := []struct {
			name       string
			first, end []byte
			want       []uint32
		}{
			{"no bounds", nil, nil, []uint32{1, 2, 256, 300, 511}},
			{"first is within", key(2), nil, []uint32{2, 256, 300, 511}},
			{"end is without", nil, key(300), []uint32{1, 2, 256}},
			{"bounds between keys", key(3), key(301), []uint32{256, 300}},
			{"end behind the last", key(300), key(9999), []uint32{300, 511}},
			{"nothing below the first key", nil, key(1), nil},
			{"nothing behind the last key", key(512), nil, nil},
			{"bounds the wrong way round", key(300), key(2), nil},
		}
		for _, b := range bounds {
			t.Run("forwards and backwards agree: "+b.name, func(t *testing.T) {
				assert.Equal(t, b.want, idsOf(t, people.Range(tx, b.first, b.end)))
				back := idsOf(t, people.Back(tx, b.first, b.end))
				slices.Reverse(back)
				assert.Equal(t, b.want, back)
			})
		}
		t.Run("a walk can be left early", func(t *testing.T) {
			for item := range people.Back(tx, nil, nil) {
				assert.Equal(t, uint32(511), item.Key)
				break
			}
		})
	})
}

func TestTableRows(t *testing.T) {
	db := openTest(t)
	fill(t, db, 600)

	t.Run("a row that does not exist is not found", func(t *testing.T) {
		view(t, db, func(tx *Tx) {
			_, found, err := people.Get(tx, 601)
			assert.NoError(t, err)
			assert.False(t, found)
		})
	})
	t.Run("a prefix is deleted and nothing beside it", func(t *testing.T) {
		update(t, db, func(tx *Tx) error { return people.DeletePrefix(tx, []byte{0, 0, 1}) })
		view(t, db, func(tx *Tx) {
			ids := idsOf(t, people.Walk(tx, nil))
			assert.Len(t, ids, 600-256)
			assert.Contains(t, ids, uint32(255))
			assert.Contains(t, ids, uint32(512))
			assert.NotContains(t, ids, uint32(256))
			assert.NotContains(t, ids, uint32(511))
		})
	})
	t.Run("deleting what is not there is no error", func(t *testing.T) {
		update(t, db, func(tx *Tx) error { return people.Delete(tx, 9999) })
	})
}

// damagedFifth is a database of nine people, of whom the row of the fifth is damaged.
func damagedFifth(t *testing.T) *DB {
	t.Helper()
	db := openTest(t)
	fill(t, db, 9)
	update(t, db, func(tx *Tx) error {
		sealed := slices.Clone(tx.get("people", AppendUint32(nil, 5)))
		sealed[2] ^= 0x10
		return tx.put("people", AppendUint32(nil, 5), sealed)
	})
	return db
}

func TestDamagedRowIsAnErrorThatNamesIt(t *testing.T) {
	db := damagedFifth(t)
	view(t, db, func(tx *Tx) {
		t.Run("when it is read", func(t *testing.T) {
			_, found, err := people.Get(tx, 5)
			assert.False(t, found)
			assert.ErrorIs(t, err, ErrDamaged)
			assert.ErrorContains(t, err, "people 00000005 is damaged")
		})
		t.Run("when a walk comes to it, which ends there", func(t *testing.T) {
			for _, walk := range []func(func(Item[uint32, person]) bool){people.Walk(tx, nil), people.Back(tx, nil, nil)} {
				var errs []error
				for item := range walk {
					errs = append(errs, item.Err)
				}
				require.Len(t, errs, 5)
				assert.ErrorContains(t, errs[4], "people 00000005 is damaged")
			}
		})
		t.Run("a row under another key is damage too", func(t *testing.T) {
			_, err := people.parse(AppendUint32(nil, 7), tx.get("people", AppendUint32(nil, 6)))
			assert.ErrorIs(t, err, ErrDamaged)
		})
	})
}

func TestTxCountsItsWrites(t *testing.T) {
	db := openTest(t)
	update(t, db, func(tx *Tx) error {
		require.Zero(t, tx.Writes())
		_, _, err := people.Get(tx, 1)
		require.NoError(t, err)
		require.Zero(t, tx.Writes(), "reading")
		for _, write := range []func() error{
			func() error { return people.Put(tx, 1, person{ID: 1}) },
			func() error { return people.Delete(tx, 1) },
			func() error { _, err := tx.NextSequence("people"); return err },
			func() error { return tx.clear("names") },
			func() error { return tx.CreateBuckets("more") },
		} {
			before := tx.Writes()
			require.NoError(t, write())
			require.Greater(t, tx.Writes(), before)
		}
		return nil
	})
}

func TestSequenceOutlivesTheRowsAndNotARollback(t *testing.T) {
	db := openTest(t)
	update(t, db, func(tx *Tx) error {
		seq, err := tx.NextSequence("people")
		require.Equal(t, uint64(1), seq)
		return err
	})
	assert.ErrorIs(t, db.Update(func(tx *Tx) error {
		seq, err := tx.NextSequence("people")
		require.NoError(t, err)
		require.Equal(t, uint64(2), seq)
		return assert.AnError
	}), assert.AnError)
	view(t, db, func(tx *Tx) { assert.Equal(t, uint64(1), tx.Sequence("people")) })
}
