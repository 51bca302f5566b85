package kv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// Tx is a transaction on a [DB]. It is good for the goroutine that got it,
// until the function that got it returns.
type Tx struct {
	bolt   *bolt.Tx
	opened []openBucket // those already looked up
	writes int
	redo   *redo // nil unless the transaction is logged

	// What a read of a row or two needs is allocated with its transaction.
	few     [4]openBucket
	scratch [32]byte // for the key that is looked up
}

// openBucket is a bucket and what reads it again and again: a cursor of bbolt's
// costs four allocations until it has found a row.
type openBucket struct {
	name   string
	bucket *bolt.Bucket
	point  *bolt.Cursor // for single rows; nil until one is read
	cursor *Cursor      // the one that was lent first; nil before
}

// Writes counts the puts and deletes so far.
func (tx *Tx) Writes() int { return tx.writes }

// CreateBuckets makes the buckets that do not exist yet.
func (tx *Tx) CreateBuckets(names ...string) error {
	for _, name := range names {
		if _, err := tx.bolt.CreateBucketIfNotExists([]byte(name)); err != nil {
			return fmt.Errorf("cannot create bucket %s: %w", name, err)
		}
		tx.writes++
		tx.redo.add(opCreate, name, nil, nil)
	}
	return nil
}

// Buckets names the buckets that exist, in byte order.
func (tx *Tx) Buckets() []string {
	var names []string
	_ = tx.bolt.ForEach(func(name []byte, _ *bolt.Bucket) error {
		names = append(names, string(name))
		return nil
	})
	return names
}

// clear empties a bucket.
func (tx *Tx) clear(name string) error {
	tx.writes++
	tx.redo.add(opClear, name, nil, nil)
	tx.opened = slices.DeleteFunc(tx.opened, func(o openBucket) bool { return o.name == name })
	if err := tx.bolt.DeleteBucket([]byte(name)); err != nil {
		return fmt.Errorf("cannot empty bucket %s: %w", name, err)
	}
	_, err := tx.bolt.CreateBucket([]byte(name))
	return err
}

func (tx *Tx) bucket(name string) *bolt.Bucket { return tx.open(name).bucket }

// open looks a bucket up, which is good until the next one is. It panics when the
// bucket does not exist: the schema is checked when the store opens, so that its
// absence later is a bug.
func (tx *Tx) open(name string) *openBucket {
	// There are a few, or some twenty in a write: comparing beats hashing.
	for i := range tx.opened {
		if tx.opened[i].name == name {
			return &tx.opened[i]
		}
	}
	b := tx.bolt.Bucket([]byte(name))
	if b == nil {
		panic("no bucket " + name)
	}
	if tx.opened == nil {
		tx.opened = tx.few[:0]
	}
	tx.opened = append(tx.opened, openBucket{name: name, bucket: b})
	return &tx.opened[len(tx.opened)-1]
}

// get returns nil when there is no such key. The bytes are bbolt's own: they
// end with the transaction and must not be changed.
func (tx *Tx) get(bucket string, key []byte) []byte {
	b := tx.open(bucket)
	if b.point == nil {
		b.point = b.bucket.Cursor()
	}
	if k, v := b.point.Seek(key); bytes.Equal(k, key) {
		return v
	}
	return nil
}

// cursor lends a cursor of the bucket, for as long as the transaction.
func (tx *Tx) cursor(bucket string) *Cursor {
	b := tx.open(bucket)
	switch {
	case b.cursor == nil:
		b.cursor = &Cursor{bolt: b.bucket.Cursor()}
	case b.cursor.lent:
		return &Cursor{bolt: b.bucket.Cursor()}
	}
	b.cursor.lent = true
	return b.cursor
}

// takeCursorsBack ends the loan of cursors.
func (tx *Tx) takeCursorsBack() {
	for _, b := range tx.opened {
		if b.cursor != nil {
			b.cursor.lent, b.cursor.key, b.cursor.value = false, nil, nil
		}
	}
}

func (tx *Tx) put(bucket string, key, value []byte) error {
	tx.writes++
	if err := tx.bucket(bucket).Put(key, value); err != nil {
		return fmt.Errorf("cannot write %s %x: %w", bucket, key, err)
	}
	tx.redo.add(opPut, bucket, key, value)
	return nil
}

func (tx *Tx) delete(bucket string, key []byte) error {
	tx.writes++
	if err := tx.bucket(bucket).Delete(key); err != nil {
		return fmt.Errorf("cannot delete %s %x: %w", bucket, key, err)
	}
	tx.redo.add(opDelete, bucket, key, nil)
	return nil
}

// Rows yields the keys of a bucket in their order, each with its sealed row, which
// [Table.Prove] reads. Both are valid until the transaction ends.
func (tx *Tx) Rows(bucket string) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, sealed []byte) bool) {
		c := tx.bucket(bucket).Cursor()
		for k, v := c.First(); k != nil && yield(k, v); k, v = c.Next() {
		}
	}
}

// Sequence is the last number that [Tx.NextSequence] gave out for the bucket.
func (tx *Tx) Sequence(bucket string) uint64 { return tx.bucket(bucket).Sequence() }

// NextSequence counts the bucket's sequence up by one. It survives the deletion
// of every key.
func (tx *Tx) NextSequence(bucket string) (uint64, error) {
	tx.writes++
	n, err := tx.bucket(bucket).NextSequence()
	if err == nil {
		tx.redo.add(opSequence, bucket, binary.BigEndian.AppendUint64(nil, n), nil)
	}
	return n, err
}

// damaged says which row cannot be read.
func damaged(bucket string, key []byte, err error) error {
	if errors.Is(err, ErrDamaged) {
		return err
	}
	return fmt.Errorf("%s %x %w: %w", bucket, key, ErrDamaged, err)
}

// HasBucket reports whether the bucket exists.
func (tx *Tx) HasBucket(name string) bool { return tx.bolt.Bucket([]byte(name)) != nil }
