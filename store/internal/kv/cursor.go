package kv

import (
	"bytes"

	bolt "go.etcd.io/bbolt"
)

// Cursor reads rows of one bucket that lie near each other, while nothing is written
// to it. What is next to the row before is found from there, in
// place of another way down from the bucket's root: a customer's notes after the
// customer.
type Cursor struct {
	bolt       *bolt.Cursor
	key, value []byte // where it is; no key before the first and behind the last row

	lent    bool     // or it waits for somebody who asks the transaction for one
	scratch [32]byte // for the key that is looked up
}

// Cursor is one of the bucket in which the table's rows are, for the caller alone, and
// for as long as the transaction.
func (t *Table[K, V]) Cursor(tx *Tx) *Cursor { return tx.cursor(t.bucket()) }

// seek goes to the first key that is not below the one given.
func (c *Cursor) seek(first []byte) {
	if c.key != nil && bytes.Compare(c.key, first) < 0 {
		if c.next(); c.key == nil || bytes.Compare(c.key, first) >= 0 {
			return
		}
	}
	c.key, c.value = c.bolt.Seek(first)
}

func (c *Cursor) next() { c.key, c.value = c.bolt.Next() }

// GetBy is [Table.Get] by a cursor of the table's bucket.
func (t *Table[K, V]) GetBy(c *Cursor, k K) (v V, found bool, err error) {
	key := t.Key.Append(c.scratch[:0], k)
	if c.seek(key); !bytes.Equal(c.key, key) {
		return v, false, nil
	}
	v, err = t.parse(key, c.value)
	return v, err == nil, err
}

// AppendBy appends the rows whose keys begin with the prefix, in key order, as
// [Table.Walk] yields them, which costs the closures of an iterator too. With an
// error come the rows before it.
func (t *Table[K, V]) AppendBy(c *Cursor, rows []V, prefix []byte) ([]V, error) {
	for c.seek(prefix); c.key != nil && bytes.HasPrefix(c.key, prefix); c.next() {
		if !t.isOurs(c.key) {
			continue
		}
		v, err := t.parse(c.key, c.value)
		if err != nil {
			return rows, err
		}
		rows = append(rows, v)
	}
	return rows, nil
}
