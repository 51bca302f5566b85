package kv

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// otherFile is a database with n people, closed.
func otherFile(t *testing.T, n uint32) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "other.db")
	db, err := Open(path)
	require.NoError(t, err)
	update(t, db, func(tx *Tx) error { return tx.CreateBuckets(bucketNames...) })
	fill(t, db, n)
	require.NoError(t, db.Close())
	return path
}

// countPeople opens the file, also when others hold it for a while.
func countPeople(t *testing.T, path string) (n int) {
	db, err := Open(path)
	for deadline := time.Now().Add(time.Minute); errors.Is(err, ErrInUse) && time.Now().Before(deadline); {
		db, err = Open(path)
	}
	if assert.NoError(t, err) {
		view(t, db, func(tx *Tx) {
			for range people.Walk(tx, nil) {
				n++
			}
		})
		assert.NoError(t, db.Close())
	}
	return n
}

// TestOpenGetsTheFileThatReplacesAnother lets Open wait for a lock while the file
// is replaced. It must not end up with the one that was put aside.
func TestOpenGetsTheFileThatReplacesAnother(t *testing.T) {
	for what, present := range map[string]bool{"another file": true, "no file": false} {
		t.Run(what, func(t *testing.T) {
			path, aside := filepath.Join(t.TempDir(), "test.db"), ""
			if present {
				require.NoError(t, os.Rename(otherFile(t, 3), path))
				aside = filepath.Join(filepath.Dir(path), "aside", "test.db")
			}
			fresh := otherFile(t, 5)
			unlock, err := Lock(path)
			require.NoError(t, err)
			counted := make(chan int)
			go func() { counted <- countPeople(t, path) }()
			time.Sleep(20 * time.Millisecond) // so that it waits already, most likely
			require.NoError(t, Replace(path, fresh, aside))
			require.NoError(t, unlock())
			assert.Equal(t, 5, <-counted)
			if present {
				assert.Equal(t, 3, countPeople(t, aside))
			}
		})
	}
}

func TestLock(t *testing.T) {
	path := otherFile(t, 1)
	db, err := Open(path)
	require.NoError(t, err)
	_, err = Lock(path)
	assert.ErrorIs(t, err, ErrInUse)
	require.NoError(t, db.Close())

	unlock, err := Lock(path)
	require.NoError(t, err)
	_, err = Open(path)
	assert.ErrorIs(t, err, ErrInUse)
	require.NoError(t, unlock())
	assert.Equal(t, 1, countPeople(t, path))
}

func TestReplaceNeverWritesOverWhatIsAside(t *testing.T) {
	path, fresh, aside := otherFile(t, 1), otherFile(t, 2), otherFile(t, 3)
	assert.ErrorIs(t, Replace(path, fresh, aside), os.ErrExist)
	assert.Equal(t, []int{1, 2, 3}, []int{countPeople(t, path), countPeople(t, fresh), countPeople(t, aside)})
}

func TestCompactTo(t *testing.T) {
	db := openTest(t)
	fill(t, db, 3000)
	update(t, db, func(tx *Tx) error {
		if _, err := tx.NextSequence("people"); err != nil {
			return err
		}
		for id := uint32(2); id <= 3000; id++ {
			p, _, err := people.Get(tx, id)
			if err == nil {
				err = people.Remove(tx, id, p)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	path := filepath.Join(t.TempDir(), "compact.db")
	require.NoError(t, db.CompactTo(path))
	compact, err := Open(path)
	require.NoError(t, err)
	defer func() { assert.NoError(t, compact.Close()) }()

	before, err := db.Size()
	require.NoError(t, err)
	after, err := compact.Size()
	require.NoError(t, err)
	assert.Less(t, after, before/4)
	assert.Empty(t, findings(t, compact))
	assert.NoError(t, compact.Check(func(err error) { assert.NoError(t, err) }))
	view(t, compact, func(tx *Tx) { assert.EqualValues(t, 1, tx.Sequence("people")) })
}

// A database that cannot be opened has its log beside it, which is not the log of
// the one that takes its place.
func TestReplaceTakesTheLogAside(t *testing.T) {
	for what, kept := range map[string]bool{"with the file that is kept": true, "and away when nothing is kept": false} {
		t.Run(what, func(t *testing.T) {
			p := newPlug(t, 23)
			p.step()
			path, aside := p.killed(t), ""
			log := p.read(logPaths(path)[0])
			if kept {
				aside = filepath.Join(filepath.Dir(path), "aside", "test.db")
			}
			require.NoError(t, Replace(path, otherFile(t, 5), aside))
			assert.False(t, HasLog(path))
			assert.Equal(t, 5, countPeople(t, path))
			if kept {
				assert.Equal(t, log, p.read(logPaths(aside)[0]))
				p.holds(aside)
			}
		})
	}
}
