package kv

import (
	"bytes"
	"encoding/binary"
	"iter"
	"slices"
)

// Sum is a bucket of counters derived from a collection's rows: each row adds a
// vector of Width numbers under one key. A counter whose numbers are all zero
// has no entry.
type Sum[V any] struct {
	Name  string
	Width int
	// Term appends the row's key and sets the row's numbers in terms, which has
	// Width zeros.
	Term func(key []byte, terms []int64, v V) []byte
}

// move takes out what the old row added and adds what the new one does; a nil
// row adds nothing.
func (s *Sum[V]) move(tx *Tx, before, after *V) error {
	oldKey, oldTerms := s.term(before)
	newKey, newTerms := s.term(after)
	if before != nil && after != nil && bytes.Equal(oldKey, newKey) {
		for i := range newTerms {
			newTerms[i] -= oldTerms[i]
		}
		return s.add(tx, newKey, newTerms)
	}
	for i := range oldTerms {
		oldTerms[i] = -oldTerms[i]
	}
	if err := s.add(tx, oldKey, oldTerms); err != nil {
		return err
	}
	return s.add(tx, newKey, newTerms)
}

func (s *Sum[V]) term(v *V) (key []byte, terms []int64) {
	if v == nil {
		return nil, nil
	}
	terms = make([]int64, s.Width)
	return s.Term(make([]byte, 0, 16), terms, *v), terms
}

func (s *Sum[V]) add(tx *Tx, key []byte, terms []int64) error {
	if allZero(terms) {
		return nil
	}
	total, err := s.Get(tx, key)
	if err != nil {
		return err
	}
	for i := range total {
		total[i] += terms[i]
	}
	if allZero(total) {
		return tx.delete(s.Name, key)
	}
	return tx.put(s.Name, key, appendVector(nil, total))
}

func allZero(terms []int64) bool {
	return !slices.ContainsFunc(terms, func(n int64) bool { return n != 0 })
}

// Get returns the numbers under the key, zeros when there is no entry.
func (s *Sum[V]) Get(tx *Tx, key []byte) ([]int64, error) {
	row := tx.get(s.Name, key)
	if row == nil {
		return make([]int64, s.Width), nil
	}
	terms := make([]int64, s.Width)
	return terms, s.parse(terms, key, row)
}

// Counter is an entry that a walk has come to, or the error that ended it.
type Counter struct {
	Key   []byte  // valid until the transaction ends
	Terms []int64 // valid until the walk goes on
	Err   error
}

// Back yields the counters below the key end, and not below first, in
// descending key order; nil means no bound.
func (s *Sum[V]) Back(tx *Tx, first, end []byte) iter.Seq[Counter] {
	return func(yield func(Counter) bool) {
		c := tx.bucket(s.Name).Cursor()
		terms := make([]int64, s.Width) // one for all: a list may walk thousands of days
		for k, v := seekBefore(c, end); k != nil && bytes.Compare(k, first) >= 0; k, v = c.Prev() {
			err := s.parse(terms, k, v)
			if !yield(Counter{k, terms, err}) || err != nil {
				return
			}
		}
	}
}

// parse reads a row into terms.
func (s *Sum[V]) parse(terms []int64, key, row []byte) error {
	for i := range terms {
		n, size := binary.Varint(row)
		if size <= 0 {
			return damaged(s.Name, key, errRow)
		}
		terms[i], row = n, row[size:]
	}
	if len(row) > 0 {
		return damaged(s.Name, key, errRow)
	}
	return nil
}

func appendVector(b []byte, terms []int64) []byte {
	for _, n := range terms {
		b = AppendInt(b, n)
	}
	return b
}
