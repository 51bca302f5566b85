package kv

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLogThatIsCutShort cuts and zeroes the segment that is in use. Whatever more
// than the last transaction is missing from it must not be dropped silently. Of the
// last one alone it cannot be told whether it was ever whole.
func TestLogThatIsCutShort(t *testing.T) {
	tests := []struct {
		name   string
		change func(log []byte, tail int64) []byte
		says   string
	}{
		{"to nothing", func([]byte, int64) []byte { return []byte{} }, "is cut short or zeroed"},
		{"to one byte", func(log []byte, _ int64) []byte { return log[:1] }, "is cut short or zeroed"},
		{"to half a header", func(log []byte, _ int64) []byte { return log[:100] }, "the header of its redo log"},
		{"to its header", func(log []byte, _ int64) []byte { return log[:segmentHeader] }, "transactions are not in it"},
		{"to half of its records", func(log []byte, tail int64) []byte { return log[:(segmentHeader+tail)/2] }, "transactions are not in it"},
		{"with a header of zeros", func(log []byte, _ int64) []byte { clear(log[:segmentHeader]); return log }, "is cut short or zeroed"},
		{"with zeros for records", func(log []byte, _ int64) []byte { clear(log[segmentHeader:]); return log }, "transactions are not in it"},
		{"all of it zeros", func(log []byte, _ int64) []byte { clear(log); return log }, "is cut short or zeroed"},
	}
	for checkpoints, inUse := range []string{"the first segment", "the second segment", "the first segment again"} {
		p := newPlug(t, 3)
		for range checkpoints {
			p.checkpoint(true)
		}
		for id := range uint32(12) {
			update(t, p.db, func(tx *Tx) error { return save(tx, person{ID: id, Name: "Anna", City: "Pune"}) })
		}
		for _, test := range tests {
			t.Run(inUse+" "+test.name, func(t *testing.T) {
				disk := p.killed(t)
				log := logPaths(disk)[checkpoints%2]
				torn := test.change(p.read(log), p.db.redo.current.tail)
				require.NoError(t, os.WriteFile(log, torn, 0o600))
				database := p.read(disk)

				_, err := Open(disk)
				require.ErrorIs(t, err, ErrDamaged)
				assert.ErrorContains(t, err, test.says)
				assert.NotContains(t, err.Error(), "\n")
				assert.Equal(t, torn, p.read(log), "the log is left as it is")
				assert.Equal(t, database, p.read(disk), "and so is the database")
			})
		}
	}
}

// The last transactions that may be missing are those that nobody was answered
// about: one more is a loss.
func TestLogWithoutItsLastRecords(t *testing.T) {
	p := newPlug(t, 22)
	p.checkpoint(true)
	var begins []int64
	for id := range uint32(6) {
		begins = append(begins, p.db.redo.current.tail)
		update(t, p.db, func(tx *Tx) error { return save(tx, person{ID: id, Name: fmt.Sprint(id), City: "Pune"}) })
	}
	for missing := 1; missing <= maxUnsynced+1; missing++ {
		t.Run(fmt.Sprint(missing), func(t *testing.T) {
			disk := p.killed(t)
			log := p.logInUse(disk)
			b := p.read(log)
			clear(b[begins[len(begins)-missing]:])
			require.NoError(t, os.WriteFile(log, b, 0o600))
			if missing > maxUnsynced {
				_, err := Open(disk)
				require.ErrorIs(t, err, ErrDamaged)
				assert.ErrorContains(t, err, fmt.Sprintf("the last %d transactions are not in it", missing))
				return
			}
			assert.Len(t, p.found(disk), len(begins)-missing)
		})
	}
}

// killed copies the files as a process that is killed leaves them: the disk has
// whatever was written.
func (p *plug) killed(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "test.db")
	for i, name := range append(logPaths(p.path), p.path) {
		require.NoError(t, os.WriteFile(append(logPaths(path), path)[i], p.read(name), 0o600))
	}
	return path
}

func TestDatabaseIsOpenedWithoutItsLogWhenThatIsMovedAway(t *testing.T) {
	p := newPlug(t, 3)
	for range 20 {
		p.step()
	}
	disk := p.killed(t)
	for _, log := range logPaths(disk) {
		require.NoError(t, os.Remove(log))
	}
	p.holds(disk)
}

// TestFileThatIsCutShortWhileItIsOpen takes the end of the file away, as a failing
// disk may: what leads there faults, and the rest goes on.
func TestFileThatIsCutShortWhileItIsOpen(t *testing.T) {
	path := otherFile(t, 3000)
	before, err := os.Stat(path)
	require.NoError(t, err)
	db, err := Open(path)
	require.NoError(t, err)
	for id := range uint32(4000) {
		if id%20 == 0 {
			update(t, db, func(tx *Tx) error {
				for n := range uint32(20) {
					if err := save(tx, person{ID: 10_000 + id + n, Name: "Anna", City: "Pune"}); err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	require.NoError(t, os.Truncate(path, before.Size()))

	err = db.View(func(tx *Tx) error {
		people.Verify(tx, func(string, ...any) {}, func(uint32, person) {})
		return nil
	})
	require.ErrorIs(t, err, ErrDamaged)
	assert.ErrorContains(t, err, "a page of it cannot be read")
	assert.ErrorIs(t, db.Update(func(tx *Tx) error { return save(tx, person{ID: 15, Name: "Anna", City: "Pune"}) }), ErrDamaged)
	assert.NoError(t, db.View(func(*Tx) error { return nil }))
	assert.False(t, db.Stopped())
	require.ErrorIs(t, db.Settle(), ErrUnreadable)
	require.NoError(t, db.Close())

	t.Run("the log stays, and brings back what was written since its base", func(t *testing.T) {
		require.True(t, HasLog(path))
		assert.Equal(t, 7000, countPeople(t, path))
	})
}

func TestFileWithoutMetaPagesIsNotWaitedFor(t *testing.T) {
	path := otherFile(t, 10)
	db, err := Open(path)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path, 0))
	ended := make(chan error)
	go func() {
		for range 3 {
			assert.ErrorIs(t, db.View(func(*Tx) error { return nil }), ErrDamaged)
			assert.ErrorIs(t, db.Update(func(*Tx) error { return nil }), ErrDamaged)
			assert.ErrorIs(t, db.Settle(), ErrDamaged)
		}
		ended <- db.Close()
	}()
	select {
	case err := <-ended:
		assert.NoError(t, err)
	case <-time.After(10 * time.Second):
		require.Fail(t, "it hangs")
	}
}

func TestOpenRefusesWhatIsNoFile(t *testing.T) {
	tests := map[string]struct {
		make func(t *testing.T, path string)
		says string
	}{
		"a folder": {func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) }, "is not a regular file"},
		"a link to a database": {func(t *testing.T, path string) {
			require.NoError(t, os.Symlink(otherFile(t, 1), path))
		}, "is a symbolic link"},
		"a link to nothing": {func(t *testing.T, path string) {
			require.NoError(t, os.Symlink(path+"-elsewhere", path))
		}, "is a symbolic link"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "test.db")
			test.make(t, path)
			_, err := Open(path)
			require.Error(t, err)
			assert.ErrorContains(t, err, path+": "+test.says)
			assert.NoFileExists(t, path+"-elsewhere")
		})
	}
}

func TestLockOfAFolderIsNotWaitedForLong(t *testing.T) {
	path := otherFile(t, 1)
	unlock, err := Lock(path)
	require.NoError(t, err)
	_, err = Lock(path)
	assert.ErrorIs(t, err, ErrInUse)
	assert.ErrorIs(t, create(path+"2"), ErrInUse)
	require.NoError(t, unlock())
}
