package kv

import (
	"bytes"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Move says which buckets become one.
type Move struct {
	Into string
	From []Source
}

// Source is a bucket whose rows move.
type Source struct {
	Bucket string
	// Key is what a row's key becomes, in the same order as before; nil when keys
	// stay what they are.
	Key func(key []byte) ([]byte, error)
}

// moveStep is how many bytes of rows go into one transaction of a move: enough to
// be fast, and little to hold in memory.
const moveStep = 8 << 20

// MoveTo writes all rows into a new file, those of the sources into the bucket
// that they share from now on. They come in the order of their new keys, so that
// pages are filled one after the other. A row that does not match its checksum is
// moved too, and stays one that does not. A page that bbolt would take for another
// one, or could not read, is [ErrDamaged]: what were moved of it might be less than
// all. progress is told now and then how many rows have been written.
//
// The new file is durable, and nothing of this one has changed, when MoveTo
// returns. After an error the new file is of no use.
func (db *DB) MoveTo(path string, m Move, progress func(rows int)) (err error) {
	if err := db.provePages(); err != nil {
		return err
	}
	to, err := openBolt(path, 0)
	if err != nil {
		return err
	}
	to.NoSync = true // until all is written
	moved := &DB{bolt: to}
	moved.unsynced.Store(true)
	defer func() { err = errors.Join(err, moved.Close()) }()
	if err := db.View(func(tx *Tx) error { return tx.moveTo(to, m, progress) }); err != nil {
		return err
	}
	return to.Sync()
}

func (tx *Tx) moveTo(to *bolt.DB, m Move, progress func(rows int)) error {
	moves := []Move{m}
	moving := map[string]bool{}
	for _, s := range m.From {
		if !tx.HasBucket(s.Bucket) {
			return fmt.Errorf("%w: bucket %s is missing", ErrDamaged, s.Bucket)
		}
		moving[s.Bucket] = true
	}
	for _, name := range tx.Buckets() {
		if !moving[name] {
			moves = append(moves, Move{Into: name, From: []Source{{Bucket: name}}})
		}
	}
	rows := 0
	for _, m := range moves {
		err := tx.fill(to, m, func() {
			if rows++; rows%(1<<20) == 0 {
				progress(rows)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fill makes one bucket of the new file.
func (tx *Tx) fill(to *bolt.DB, m Move, each func()) (err error) {
	w := filler{to: to, bucket: m.Into, sequence: tx.Sequence(m.Into)}
	// Also when a damaged page makes bbolt panic, or the file could not be closed.
	defer func() { err = errors.Join(err, w.drop()) }()
	err = tx.merge(m.From, func(r movedRow) error {
		each()
		return w.put(r.key, r.sealed())
	})
	if err != nil {
		return err
	}
	return w.end()
}

// movedRow is a row on its way.
type movedRow struct {
	key    []byte // the new one
	oldKey []byte
	value  []byte // sealed with the old key
}

// sealed is the row sealed with its new key, unless it is damaged.
func (r movedRow) sealed() []byte {
	if bytes.Equal(r.key, r.oldKey) {
		return r.value
	}
	row, err := unseal(r.oldKey, r.value)
	if err != nil {
		return r.value
	}
	return seal(r.key, bytes.Clone(row))
}

var errSameKey = errors.New("another row has the key that it would get")

// merge gives the rows of all sources to each, in the order of their new keys.
func (tx *Tx) merge(from []Source, each func(movedRow) error) error {
	var heads []*head
	var last []byte
	for _, s := range from {
		h := &head{source: s, cursor: tx.bucket(s.Bucket).Cursor()}
		if err := h.take(h.cursor.First()); err != nil {
			return err
		}
		heads = append(heads, h)
	}
	for {
		var first *head
		for _, h := range heads {
			if h.row.key != nil && (first == nil || bytes.Compare(h.row.key, first.row.key) < 0) {
				first = h
			}
		}
		if first == nil {
			return nil
		}
		if last != nil && bytes.Equal(first.row.key, last) {
			return damaged(first.source.Bucket, first.row.oldKey, errSameKey)
		}
		last = first.row.key
		if err := each(first.row); err != nil {
			return err
		}
		if err := first.take(first.cursor.Next()); err != nil {
			return err
		}
	}
}

// head is the next row of a source.
type head struct {
	source Source
	cursor *bolt.Cursor
	row    movedRow // without a key at the end
}

func (h *head) take(key, value []byte) (err error) {
	h.row = movedRow{key, key, value}
	if key != nil && h.source.Key != nil {
		if h.row.key, err = h.source.Key(key); err != nil {
			return damaged(h.source.Bucket, key, err)
		}
	}
	return nil
}

// filler writes rows, which come in the order of their keys, into a new bucket.
type filler struct {
	to       *bolt.DB
	bucket   string
	sequence uint64
	tx       *bolt.Tx
	written  int // bytes in tx
}

func (w *filler) put(key, value []byte) error {
	b, err := w.open()
	if err != nil {
		return err
	}
	b.FillPercent = growingFill
	if err := b.Put(key, value); err != nil {
		return err
	}
	if w.written += len(key) + len(value); w.written < moveStep {
		return nil
	}
	return w.commit()
}

// open begins a transaction unless there is one.
func (w *filler) open() (*bolt.Bucket, error) {
	if w.tx != nil {
		return w.tx.Bucket([]byte(w.bucket)), nil
	}
	var err error
	if w.tx, err = w.to.Begin(true); err != nil {
		return nil, err
	}
	b, err := w.tx.CreateBucketIfNotExists([]byte(w.bucket))
	if err != nil {
		return nil, err
	}
	return b, b.SetSequence(w.sequence)
}

// commit leaves the transaction to drop when bbolt panics: until then its lock is
// held, and closing the file would wait for it.
func (w *filler) commit() error {
	err := w.tx.Commit()
	w.tx, w.written = nil, 0
	return err
}

// end commits what is left; a bucket without rows is made.
func (w *filler) end() error {
	if _, err := w.open(); err != nil {
		return err
	}
	return w.commit()
}

// drop takes back what is not committed.
func (w *filler) drop() error {
	if w.tx == nil {
		return nil
	}
	return w.tx.Rollback()
}
