package kv

import (
	"bytes"
	"iter"
)

// Codec turns values of a type into bytes and back. Append appends to its
// first argument; Parse must not keep the bytes it is given.
type Codec[T any] struct {
	Append func(b []byte, v T) []byte
	Parse  func(b []byte) (T, error)
}

// Table is rows under typed keys.
type Table[K, V any] struct {
	Name string
	// Bucket is that in which the rows lie together with those of other tables:
	// what one write changes in several tables is then on one page. Empty stands
	// for a bucket of the table's own, under its name.
	Bucket string
	// Holds tells the table's keys from those of the others in its bucket; nil
	// when it has the bucket to itself.
	Holds func(key []byte) bool
	Key   Codec[K]
	Row   Codec[V]
	// Growing says that new keys are greater than the older ones, so that full
	// pages can be left full: 91 % of each page is used then instead of 46 %.
	Growing bool
}

// growingFill is the share of a page that is filled before it is split.
const growingFill = 0.9

func (t *Table[K, V]) bucket() string {
	if t.Bucket != "" {
		return t.Bucket
	}
	return t.Name
}

// isOurs reports whether a key of the bucket is one of the table.
func (t *Table[K, V]) isOurs(key []byte) bool { return t.Holds == nil || t.Holds(key) }

// Get reads the row at the key. The bool is false when there is none. A row
// that does not match its checksum is [ErrDamaged].
func (t *Table[K, V]) Get(tx *Tx, k K) (V, bool, error) {
	return t.get(tx, t.Key.Append(tx.scratch[:0], k))
}

func (t *Table[K, V]) get(tx *Tx, key []byte) (v V, found bool, err error) {
	sealed := tx.get(t.bucket(), key)
	if sealed == nil {
		return v, false, nil
	}
	v, err = t.parse(key, sealed)
	return v, err == nil, err
}

// Has reports whether there is a row at the key, without reading it.
func (t *Table[K, V]) Has(tx *Tx, k K) bool {
	return tx.get(t.bucket(), t.Key.Append(tx.scratch[:0], k)) != nil
}

func (t *Table[K, V]) parse(key, sealed []byte) (v V, err error) {
	row, err := unseal(key, sealed)
	if err != nil {
		return v, damaged(t.Name, key, err)
	}
	if v, err = t.Row.Parse(row); err != nil {
		return v, damaged(t.Name, key, err)
	}
	return v, nil
}

// Put writes the row at the key.
func (t *Table[K, V]) Put(tx *Tx, k K, v V) error {
	return t.put(tx, t.Key.Append(nil, k), v)
}

func (t *Table[K, V]) put(tx *Tx, key []byte, v V) error {
	if t.Growing {
		tx.bucket(t.bucket()).FillPercent = growingFill
	}
	return tx.put(t.bucket(), key, seal(key, t.Row.Append(make([]byte, 0, 512), v)))
}

// Delete removes the row at the key, if there is one.
func (t *Table[K, V]) Delete(tx *Tx, k K) error {
	return tx.delete(t.bucket(), t.Key.Append(nil, k))
}

// DeletePrefix removes the rows whose keys begin with the prefix, also those of
// other tables in the bucket.
func (t *Table[K, V]) DeletePrefix(tx *Tx, prefix []byte) error {
	// The keys are gathered first: a cursor may skip rows when its bucket
	// changes under it.
	var keys [][]byte
	c := tx.bucket(t.bucket()).Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	for _, k := range keys {
		if err := tx.delete(t.bucket(), k); err != nil {
			return err
		}
	}
	return nil
}

// Item is a row that a walk has come to, or the error that ended the walk.
type Item[K, V any] struct {
	Key K
	Row V
	Err error
}

// Walk yields the rows whose keys begin with the prefix, in key order. After an
// item with Err set nothing follows.
func (t *Table[K, V]) Walk(tx *Tx, prefix []byte) iter.Seq[Item[K, V]] {
	return t.Range(tx, prefix, After(prefix))
}

// Range yields the rows from the key first up to, and without, the key end; nil
// means no bound.
func (t *Table[K, V]) Range(tx *Tx, first, end []byte) iter.Seq[Item[K, V]] {
	return func(yield func(Item[K, V]) bool) {
		c := tx.bucket(t.bucket()).Cursor()
		for k, v := c.Seek(first); k != nil && (end == nil || bytes.Compare(k, end) < 0); k, v = c.Next() {
			if !t.isOurs(k) {
				continue
			}
			if item := t.item(k, v); !yield(item) || item.Err != nil {
				return
			}
		}
	}
}

// Back yields the rows below the key end, and not below first, in descending
// key order; nil means no bound.
func (t *Table[K, V]) Back(tx *Tx, first, end []byte) iter.Seq[Item[K, V]] {
	return func(yield func(Item[K, V]) bool) {
		c := tx.bucket(t.bucket()).Cursor()
		for k, v := seekBefore(c, end); k != nil && bytes.Compare(k, first) >= 0; k, v = c.Prev() {
			if !t.isOurs(k) {
				continue
			}
			if item := t.item(k, v); !yield(item) || item.Err != nil {
				return
			}
		}
	}
}

// Verify goes through all rows, reports each that cannot be read, one line
// each, and gives the others to row.
func (t *Table[K, V]) Verify(tx *Tx, report func(format string, args ...any), row func(K, V)) {
	c := tx.bucket(t.bucket()).Cursor()
	for k, sealed := c.First(); k != nil; k, sealed = c.Next() {
		if !t.isOurs(k) {
			continue
		}
		item := t.item(k, sealed)
		if item.Err != nil {
			report("%v", item.Err)
			continue
		}
		row(item.Key, item.Row)
	}
}

// Prove says what is wrong with a row of the table, as [Tx.Rows] yields it: an
// [ErrDamaged], or nil.
func (t *Table[K, V]) Prove(key, sealed []byte) error { return t.item(key, sealed).Err }

func (t *Table[K, V]) item(key, sealed []byte) Item[K, V] {
	k, err := t.Key.Parse(key)
	if err != nil {
		return Item[K, V]{Err: damaged(t.Name, key, err)}
	}
	v, err := t.parse(key, sealed)
	return Item[K, V]{k, v, err}
}

// cursor is the part of bbolt's cursor that a descent needs.
type cursor interface {
	Seek(key []byte) (k, v []byte)
	Last() (k, v []byte)
	Prev() (k, v []byte)
}

// seekBefore goes to the last key below end; nil means the last key of all.
func seekBefore(c cursor, end []byte) (k, v []byte) {
	if end == nil {
		return c.Last()
	}
	if k, _ := c.Seek(end); k == nil {
		return c.Last()
	}
	return c.Prev()
}
