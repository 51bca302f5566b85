package kv

import (
	"bytes"
	"maps"
	"slices"
)

// Keyed is a row with its key.
type Keyed[K, V any] struct {
	Key K
	Row V
}

// NewRows gathers rows whose keys do not exist yet, of tables that share a
// bucket.
type NewRows struct{ entries entries }

// Gather adds a row to those that are to be written together.
func (t *Table[K, V]) Gather(to *NewRows, k K, v V) {
	e := &to.entries
	e.begin()
	e.buffer = t.Key.Append(e.buffer, k)
	e.endKey()
	row := t.Row.Append(make([]byte, 0, 512), v)
	e.buffer = append(e.buffer, seal(e.key(), row)...)
	e.end()
}

// Insert writes rows whose keys do not exist yet, with everything that is
// derived from them, and beside them those that were gathered of the tables that
// share their bucket. It goes bucket by bucket in the order of the keys, so that
// a page is touched once for all its rows, and adds to each counter once. Rows
// that come by the thousand are taken to be behind those that exist already, so
// that full pages can be left full.
func (c *Collection[K, V]) Insert(tx *Tx, rows []Keyed[K, V], beside *NewRows) error {
	for i := range rows {
		c.Gather(beside, rows[i].Key, rows[i].Row)
	}
	if err := beside.entries.put(tx, c.bucket(), true); err != nil {
		return err
	}
	for _, ix := range c.Indexes {
		if err := insertEntries(tx, ix, rows); err != nil {
			return err
		}
	}
	for _, s := range c.Sums {
		if err := insertTerms(tx, s, rows); err != nil {
			return err
		}
	}
	return nil
}

func insertEntries[K, V any](tx *Tx, ix *Index[K, V], rows []Keyed[K, V]) error {
	e := entries{all: make([]entry, 0, len(rows))}
	for i := range rows {
		key, value, ok := ix.entry(&rows[i].Row)
		if !ok {
			continue
		}
		e.begin()
		e.buffer = append(e.buffer, key...)
		e.endKey()
		e.buffer = append(e.buffer, value...)
		e.end()
	}
	return e.put(tx, ix.Name, ix.Growing)
}

func insertTerms[K, V any](tx *Tx, s *Sum[V], rows []Keyed[K, V]) error {
	added := map[string][]int64{}
	for i := range rows {
		key, terms := s.term(&rows[i].Row)
		added[string(key)] = addVectors(added[string(key)], terms)
	}
	for _, key := range slices.Sorted(maps.Keys(added)) {
		if err := s.add(tx, []byte(key), added[key]); err != nil {
			return err
		}
	}
	return nil
}

// entries gathers keys and values in one buffer, which bbolt keeps until the
// commit.
type entries struct {
	buffer []byte
	all    []entry
}

// entry says where in the buffer a key begins, where its value does, and where
// that ends.
type entry struct{ start, middle, stop int }

func (e *entries) begin()      { e.all = append(e.all, entry{start: len(e.buffer)}) }
func (e *entries) endKey()     { e.last().middle = len(e.buffer) }
func (e *entries) end()        { e.last().stop = len(e.buffer) }
func (e *entries) key() []byte { return e.keyOf(*e.last()) }

func (e *entries) last() *entry { return &e.all[len(e.all)-1] }

func (e *entries) keyOf(x entry) []byte { return e.buffer[x.start:x.middle:x.middle] }

func (e *entries) put(tx *Tx, bucket string, growing bool) error {
	slices.SortFunc(e.all, func(a, b entry) int { return bytes.Compare(e.keyOf(a), e.keyOf(b)) })
	if growing {
		tx.bucket(bucket).FillPercent = growingFill
	}
	for _, x := range e.all {
		if err := tx.put(bucket, e.keyOf(x), e.buffer[x.middle:x.stop:x.stop]); err != nil {
			return err
		}
	}
	return nil
}
