package kv

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// person is the row of the tests: a collection with an index that every row is
// in, one that only rows with a score are in, and two sums.
type person struct {
	ID    uint32
	Name  string
	City  string
	Score int64
}

var (
	personKey = Codec[uint32]{
		Append: AppendUint32,
		Parse: func(b []byte) (uint32, error) {
			r := ReadKey(b)
			return r.Uint32(), r.Err()
		},
	}
	personRow = Codec[person]{
		Append: func(b []byte, p person) []byte {
			return AppendInt(AppendText(AppendText(AppendUint(b, uint64(p.ID)), p.Name), p.City), p.Score)
		},
		Parse: func(b []byte) (person, error) {
			r := ReadRow(b)
			p := person{uint32(r.Uint()), r.Text(), r.Text(), r.Int()}
			return p, r.Err()
		},
	}
	names = &Index[uint32, person]{
		Name: "names",
		Entry: func(key, value []byte, p person) ([]byte, []byte, bool) {
			return AppendString(key, p.Name), AppendUint32(value, p.ID), true
		},
		Owner: func(_, value []byte) (uint32, error) { return personKey.Parse(value) },
	}
	scores = &Index[uint32, person]{
		Name: "scores",
		Entry: func(key, value []byte, p person) ([]byte, []byte, bool) {
			return AppendUint32(AppendInt64(key, p.Score), p.ID), append(value, p.City...), p.Score != 0
		},
		Owner: func(key, _ []byte) (uint32, error) {
			r := ReadKey(key)
			_ = r.Int64()
			return r.Uint32(), r.Err()
		},
	}
	cities = &Sum[person]{
		Name: "cities", Width: 2,
		Term: func(key []byte, terms []int64, p person) []byte {
			terms[0], terms[1] = 1, p.Score
			return append(key, p.City...)
		},
	}
	people = &Collection[uint32, person]{
		Table:   Table[uint32, person]{Name: "people", Key: personKey, Row: personRow},
		Indexes: []*Index[uint32, person]{names, scores},
		Sums:    []*Sum[person]{cities},
	}
	bucketNames = []string{"people", "names", "scores", "cities"}
)

// openTest opens a new database with the buckets of people.
func openTest(t testing.TB) *DB {
	t.Helper()
	db, err := Open(filepath.Join(t.TempDir(), "test.db"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	update(t, db, func(tx *Tx) error { return tx.CreateBuckets(bucketNames...) })
	return db
}

func update(t testing.TB, db *DB, fn func(*Tx) error) {
	t.Helper()
	require.NoError(t, db.Update(fn))
}

func view(t testing.TB, db *DB, fn func(*Tx)) {
	t.Helper()
	require.NoError(t, db.View(func(tx *Tx) error { fn(tx); return nil }))
}

// save writes the person in place of the one with the same id.
func save(tx *Tx, p person) error {
	before, found, err := people.Get(tx, p.ID)
	if err != nil {
		return err
	}
	if !found {
		return people.Save(tx, p.ID, nil, p)
	}
	return people.Save(tx, p.ID, &before, p)
}

// fill saves n people in three cities; every fourth has no score.
func fill(t testing.TB, db *DB, n uint32) {
	t.Helper()
	update(t, db, func(tx *Tx) error {
		for id := range n {
			p := person{ID: id + 1, Name: fmt.Sprintf("name %03d", id+1), City: []string{"Pune", "Delhi", "Agra"}[id%3], Score: int64(id % 4)}
			if err := save(tx, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// findings are the lines that a verification reports.
func findings(t testing.TB, db *DB) []string {
	t.Helper()
	var found []string
	view(t, db, func(tx *Tx) {
		people.Verify(tx, func(format string, args ...any) {
			found = append(found, fmt.Sprintf(format, args...))
		}, func(uint32, person) {})
	})
	for _, line := range found {
		assert.NotContains(t, line, "\n")
	}
	return found
}

func joined(lines []string) string { return strings.Join(lines, "\n") }
