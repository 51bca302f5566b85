package kv

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
)

// Collection is a table with everything that is derived from its rows one by
// one. Saving a row moves all of it.
type Collection[K, V any] struct {
	Table[K, V]
	Indexes []*Index[K, V]
	Sums    []*Sum[V]
}

// Save writes the row in place of before, which must be the row that is stored,
// or nil when there is none.
func (c *Collection[K, V]) Save(tx *Tx, k K, before *V, after V) error {
	if err := c.Put(tx, k, after); err != nil {
		return err
	}
	return c.derive(tx, before, &after)
}

// Remove deletes the row, which must be the one that is stored.
func (c *Collection[K, V]) Remove(tx *Tx, k K, before V) error {
	if err := c.Delete(tx, k); err != nil {
		return err
	}
	return c.derive(tx, &before, nil)
}

func (c *Collection[K, V]) derive(tx *Tx, before, after *V) error {
	for _, ix := range c.Indexes {
		if err := ix.move(tx, before, after); err != nil {
			return err
		}
	}
	for _, s := range c.Sums {
		if err := s.move(tx, before, after); err != nil {
			return err
		}
	}
	return nil
}

// Rebuild empties the named index or sum and derives it again from the rows.
func (c *Collection[K, V]) Rebuild(tx *Tx, name string) error {
	if err := tx.clear(name); err != nil {
		return err
	}
	var only Collection[K, V]
	for _, ix := range c.Indexes {
		if ix.Name == name {
			only.Indexes = append(only.Indexes, ix)
		}
	}
	for _, s := range c.Sums {
		if s.Name == name {
			only.Sums = append(only.Sums, s)
		}
	}
	for item := range c.Walk(tx, nil) {
		if item.Err != nil {
			return item.Err
		}
		if err := only.derive(tx, nil, &item.Row); err != nil {
			return err
		}
	}
	return nil
}

// Verify derives everything again from the rows and reports each difference
// from what is stored, one line each, and each row that cannot be read. It
// gives the rows that can to row.
//
// The memory it needs does not grow with the rows, only with the sums.
func (c *Collection[K, V]) Verify(tx *Tx, report func(format string, args ...any), row func(K, V)) {
	sums := make([]map[string][]int64, len(c.Sums))
	for i := range sums {
		sums[i] = map[string][]int64{}
	}
	entries := make([]int, len(c.Indexes))
	c.Table.Verify(tx, report, func(k K, v V) {
		for i, ix := range c.Indexes {
			key, value, ok := ix.entry(&v)
			if !ok {
				continue
			}
			stored := ix.Get(tx, key)
			if stored != nil {
				entries[i]++
			}
			if stored == nil || !bytes.Equal(stored, value) {
				report("index %s: entry %x of %s %x is %s, not %x", ix.Name, key, c.Name, c.Key.Append(nil, k), orMissing(stored), value)
			}
		}
		for i, s := range c.Sums {
			key, terms := s.term(&v)
			sums[i][string(key)] = addVectors(sums[i][string(key)], terms)
		}
		row(k, v)
	})
	for i, ix := range c.Indexes {
		c.verifyStray(tx, ix, entries[i], report)
	}
	for i, s := range c.Sums {
		s.verify(tx, sums[i], report)
	}
}

func orMissing(stored []byte) string {
	if stored == nil {
		return "missing"
	}
	return fmt.Sprintf("%x", stored)
}

// verifyStray reports the entries that no row has, looking for them only when
// there are others than those that were found from the rows.
func (c *Collection[K, V]) verifyStray(tx *Tx, ix *Index[K, V], found int, report func(string, ...any)) {
	n := 0
	for range ix.Walk(tx, nil) {
		n++
	}
	if n == found {
		return
	}
	report("index %s has %d entries, the rows of %s account for %d", ix.Name, n, c.Name, found)
	for key, value := range ix.Walk(tx, nil) {
		owner, err := ix.Owner(key, value)
		if err != nil {
			report("index %s: %v", ix.Name, damaged(ix.Name, key, err))
			continue
		}
		row, found, err := c.Get(tx, owner)
		if err != nil {
			continue // reported already
		}
		if !found {
			report("index %s: entry %x belongs to no row of %s", ix.Name, key, c.Name)
		} else if k, _, ok := ix.entry(&row); !ok || !bytes.Equal(k, key) {
			report("index %s: entry %x is not that of its row in %s", ix.Name, key, c.Name)
		}
	}
}

func (s *Sum[V]) verify(tx *Tx, want map[string][]int64, report func(string, ...any)) {
	maps.DeleteFunc(want, func(_ string, terms []int64) bool { return allZero(terms) })
	for c := range s.Back(tx, nil, nil) {
		if c.Err != nil {
			report("sum %s: %v", s.Name, c.Err)
			return
		}
		if w := want[string(c.Key)]; !slices.Equal(w, c.Terms) {
			report("sum %s: %x holds %v, the rows add up to %v", s.Name, c.Key, c.Terms, w)
		}
		delete(want, string(c.Key))
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		report("sum %s: %x is missing, the rows add up to %v", s.Name, key, want[key])
	}
}

func addVectors(a, b []int64) []int64 {
	if a == nil {
		return slices.Clone(b)
	}
	for i := range a {
		a[i] += b[i]
	}
	return a
}
