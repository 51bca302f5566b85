package kv

import (
	"bytes"
	"iter"
)

// Index is a bucket derived from a collection's rows: each row has at most one
// entry. The entry of a row is a function of the row alone, so that it can be
// moved, and proved, without knowing what happened. Whoever changes that function
// refills the index in the same transaction.
type Index[K, V any] struct {
	Name string
	// Entry appends the row's key and value to the two slices. It returns false
	// when the row has no entry.
	Entry func(key, value []byte, v V) (k, val []byte, ok bool)
	// Owner finds the key of the row to which an entry belongs.
	Owner func(key, value []byte) (K, error)
	// Growing is as in [Table].
	Growing bool
}

// move replaces the entry of the old row by that of the new one; a nil row has
// none. Nothing is written when they are the same.
func (ix *Index[K, V]) move(tx *Tx, before, after *V) error {
	oldKey, oldValue, had := ix.entry(before)
	newKey, newValue, has := ix.entry(after)
	same := had && has && bytes.Equal(oldKey, newKey)
	if same && bytes.Equal(oldValue, newValue) {
		return nil
	}
	if had && !same {
		if err := tx.delete(ix.Name, oldKey); err != nil {
			return err
		}
	}
	if has {
		if ix.Growing {
			tx.bucket(ix.Name).FillPercent = growingFill
		}
		return tx.put(ix.Name, newKey, newValue)
	}
	return nil
}

// Refill replaces all entries by those with the keys, whose values are empty.
func (ix *Index[K, V]) Refill(tx *Tx, keys [][]byte) error {
	if err := tx.clear(ix.Name); err != nil {
		return err
	}
	for _, key := range keys {
		if err := tx.put(ix.Name, key, []byte{}); err != nil {
			return err
		}
	}
	return nil
}

func (ix *Index[K, V]) entry(v *V) (key, value []byte, ok bool) {
	if v == nil {
		return nil, nil, false
	}
	// bbolt keeps key and value until the commit, so neither is reused.
	return ix.Entry(make([]byte, 0, 32), make([]byte, 0, 16), *v)
}

// Get returns the value at a key, nil when there is none. It is valid until the
// transaction ends.
func (ix *Index[K, V]) Get(tx *Tx, key []byte) []byte { return tx.get(ix.Name, key) }

// Walk yields the entries whose keys begin with the prefix, in key order. Keys
// and values are valid until the transaction ends.
func (ix *Index[K, V]) Walk(tx *Tx, prefix []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		c := tx.bucket(ix.Name).Cursor()
		for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
			if !yield(k, v) {
				return
			}
		}
	}
}

// Back yields the entries below the key end, and not below first, in
// descending key order; nil means no bound.
func (ix *Index[K, V]) Back(tx *Tx, first, end []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		c := tx.bucket(ix.Name).Cursor()
		for k, v := seekBefore(c, end); k != nil && bytes.Compare(k, first) >= 0; k, v = c.Prev() {
			if !yield(k, v) {
				return
			}
		}
	}
}
