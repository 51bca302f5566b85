package kv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A visit is a row that shares a bucket with the person's after the move. Its key
// is the person's with the city behind it.
var (
	textKey = Codec[string]{
		Append: func(b []byte, s string) []byte { return append(b, s...) },
		Parse:  func(b []byte) (string, error) { return string(b), nil },
	}
	visitsAlone = &Table[string, string]{Name: "visits", Key: textKey, Row: textKey}
	visits      = &Table[string, string]{Name: "visits", Bucket: "people", Key: textKey, Row: textKey, Holds: isVisit}
	hosts       = &Table[uint32, person]{Name: "people", Key: personKey, Row: personRow, Holds: func(key []byte) bool { return !isVisit(key) }}
)

const personKeySize = 4

func isVisit(key []byte) bool { return len(key) > personKeySize }

// tagVisit is what the key of a visit becomes.
func tagVisit(key []byte) ([]byte, error) {
	if !isVisit(key) {
		return nil, errors.New("no city")
	}
	return slices.Insert(slices.Clone(key), personKeySize, '@'), nil
}

var visitsToPeople = Move{Into: "people", From: []Source{{Bucket: "people"}, {Bucket: "visits", Key: tagVisit}}}

// visited is a database of 300 people of whom every third was visited.
func visited(t *testing.T) *DB {
	t.Helper()
	db := openTest(t)
	fill(t, db, 300)
	update(t, db, func(tx *Tx) error {
		require.NoError(t, tx.CreateBuckets("visits", "nobody"))
		_, err := tx.NextSequence("nobody")
		require.NoError(t, err)
		for id := uint32(3); id <= 300; id += 3 {
			require.NoError(t, visitsAlone.Put(tx, string(AppendUint32(nil, id))+"Pune", "visited"))
		}
		return nil
	})
	return db
}

func moveVisits(t *testing.T, db *DB) (*DB, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "moved.db")
	if err := db.MoveTo(path, visitsToPeople, func(int) {}); err != nil {
		return nil, err
	}
	moved, err := Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, moved.Close()) })
	return moved, nil
}

func TestMoveTo(t *testing.T) {
	db := visited(t)
	moved, err := moveVisits(t, db)
	require.NoError(t, err)
	view(t, moved, func(tx *Tx) {
		t.Run("leaves no bucket of what has moved", func(t *testing.T) {
			assert.Equal(t, []string{"cities", "names", "nobody", "people", "scores"}, tx.Buckets())
		})
		t.Run("keeps the sequence of a bucket, also of one without rows", func(t *testing.T) {
			assert.EqualValues(t, 1, tx.Sequence("nobody"))
		})
		t.Run("keeps what is derived", func(t *testing.T) {
			(&Collection[uint32, person]{Table: *hosts, Indexes: people.Indexes, Sums: people.Sums}).Verify(tx,
				func(format string, args ...any) { t.Errorf(format, args...) }, func(uint32, person) {})
		})
		t.Run("puts each row behind the one it belongs to, readable under its new key", func(t *testing.T) {
			row, found, err := visits.Get(tx, string(AppendUint32(nil, 6))+"@Pune")
			require.NoError(t, err)
			assert.True(t, found)
			assert.Equal(t, "visited", row)
			first := AppendUint32(nil, 6)
			for key := range tx.Rows("people") {
				if slices.Equal(key[:personKeySize], first) {
					assert.Len(t, key, personKeySize, "the person's own row is the first")
					break
				}
			}
		})
	})
	t.Run("changes nothing in the file of before", func(t *testing.T) {
		view(t, db, func(tx *Tx) {
			row, _, err := visitsAlone.Get(tx, string(AppendUint32(nil, 6))+"Pune")
			require.NoError(t, err)
			assert.Equal(t, "visited", row)
		})
	})
}

func TestTablesThatShareABucket(t *testing.T) {
	db, err := moveVisits(t, visited(t))
	require.NoError(t, err)
	view(t, db, func(tx *Tx) {
		t.Run("a walk passes over the rows of the other", func(t *testing.T) {
			assert.Len(t, idsOf(t, hosts.Walk(tx, nil)), 300)
			n := 0
			for item := range visits.Walk(tx, nil) {
				require.NoError(t, item.Err)
				n++
			}
			assert.Equal(t, 100, n)
		})
		t.Run("a walk backwards does too", func(t *testing.T) {
			assert.Len(t, idsOf(t, hosts.Back(tx, nil, nil)), 300)
		})
	})
	t.Run("a prefix is deleted from both", func(t *testing.T) {
		update(t, db, func(tx *Tx) error { return hosts.DeletePrefix(tx, AppendUint32(nil, 6)) })
		view(t, db, func(tx *Tx) {
			for key := range tx.Rows("people") {
				assert.NotEqual(t, AppendUint32(nil, 6), key[:personKeySize])
			}
		})
	})
}

func TestMoveToFailsWhereAKeyHasNoPlace(t *testing.T) {
	db := visited(t)
	update(t, db, func(tx *Tx) error { return visitsAlone.Put(tx, "x", "visited") })
	_, err := moveVisits(t, db)
	assert.ErrorIs(t, err, ErrDamaged)
	assert.ErrorContains(t, err, "visits 78 is damaged: no city")
}

func TestMoveToFailsWhereTwoRowsWouldHaveOneKey(t *testing.T) {
	db := visited(t)
	key := string(AppendUint32(nil, 6)) + "@Pune"
	stray := &Table[string, string]{Name: "people", Key: textKey, Row: textKey}
	update(t, db, func(tx *Tx) error { return stray.Put(tx, key, "was here before") })
	_, err := moveVisits(t, db)
	assert.ErrorIs(t, err, ErrDamaged)
	assert.ErrorContains(t, err, "another row has the key that it would get")
}

// hosted is a closed database of people, one of whom has a name that goes on for
// several pages; the first of them begins at the offset.
func hosted(t *testing.T) (path string, at int) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "test.db")
	db, err := Open(path)
	require.NoError(t, err)
	long := strings.Repeat("long", 5000)
	update(t, db, func(tx *Tx) error { return tx.CreateBuckets("people", "visits") })
	update(t, db, func(tx *Tx) error {
		return errors.Join(hosts.Put(tx, 7, person{ID: 7, Name: long}), visitsAlone.Put(tx, string(AppendUint32(nil, 7))+"Pune", "visited"))
	})
	require.NoError(t, db.Close())
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	at = bytes.Index(b, []byte(long))
	require.Positive(t, at)
	return path, at &^ (os.Getpagesize() - 1)
}

// movedAtLast moves the visits of a closed database into another file, and does not wait
// for ever.
func movedAtLast(t *testing.T, path string, m Move) error {
	t.Helper()
	db, err := Open(path)
	require.NoError(t, err)
	ended := make(chan error)
	go func() {
		err := db.MoveTo(filepath.Join(t.TempDir(), "moved.db"), m, func(int) {})
		_ = db.Close()
		ended <- err
	}()
	select {
	case err := <-ended:
		return err
	case <-time.After(time.Minute):
		require.Fail(t, "it hangs")
		return nil
	}
}

func TestMoveToOfADamagedPage(t *testing.T) {
	firstElement := func(page []byte) []byte { return page[pageHeaderSize:] }
	tests := map[string]struct {
		harm func(page []byte)
		says string
	}{
		"with a row that reaches beyond it": {func(page []byte) {
			binary.LittleEndian.PutUint32(firstElement(page)[12:], 1<<30)
		}, "an element reaches beyond it"},
		"of garbage":        {func(page []byte) { copy(page, bytes.Repeat([]byte{0xaa}, 4096)) }, "it says that it is page"},
		"of another kind":   {func(page []byte) { page[8] = 0x40 }, "it is of no known type"},
		"that is not there": {func(page []byte) { clear(page[:4096]) }, "it says that it is page 0"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path, at := hosted(t)
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			test.harm(b[at:])
			require.NoError(t, os.WriteFile(path, b, 0o600))
			err = movedAtLast(t, path, visitsToPeople)
			require.ErrorIs(t, err, ErrDamaged)
			assert.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "\n")
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, b, after, "nothing of the file has changed")
		})
	}
}

// The end of a row cannot be read any more when it is written to the new file.
func TestMoveToOfAFileThatIsCutShortMeanwhile(t *testing.T) {
	path, at := hosted(t)
	cut := visitsToPeople
	cut.From = []Source{{Bucket: "people"}, {Bucket: "visits", Key: func(key []byte) ([]byte, error) {
		return append(slices.Clone(key), '@'), os.Truncate(path, int64(at+os.Getpagesize()))
	}}}
	err := movedAtLast(t, path, cut)
	require.ErrorIs(t, err, ErrUnreadable)
	assert.NotContains(t, err.Error(), "\n")
}
