package kv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Two states of a file of several pages: as a process leaves it that is killed,
// and as one that closes it does.
func filesOf(t *testing.T) (killed, closed []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := Open(path)
	require.NoError(t, err)
	update(t, db, func(tx *Tx) error { return tx.CreateBuckets(bucketNames...) })
	fill(t, db, 200)
	update(t, db, func(tx *Tx) error {
		return save(tx, person{ID: 9999, Name: strings.Repeat("long ", 2000), City: "Agra"})
	})
	for id := range uint32(40) {
		update(t, db, func(tx *Tx) error {
			p, _, err := people.Get(tx, id+1)
			return errors.Join(err, people.Remove(tx, id+1, p))
		})
	}
	killed = usedPart(t, path)
	require.NoError(t, db.Close())
	return killed, usedPart(t, path)
}

// usedPart reads the file without the room to grow that bbolt leaves at its end.
func usedPart(t *testing.T, path string) []byte {
	t.Helper()
	m, err := readMetas(path)
	require.NoError(t, err)
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	return file[:m.pages*uint64(m.pageSize)]
}

// inspect opens the file and reads everything in it. It returns everything that
// it found to be wrong.
func inspect(t *testing.T, path string) (wrong []string) {
	t.Helper()
	db, err := Open(path)
	if err != nil {
		assert.ErrorIs(t, err, ErrDamaged)
		return []string{err.Error()}
	}
	report := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if err := db.Check(func(err error) { report("%v", err) }); err != nil {
		assert.ErrorIs(t, err, ErrDamaged)
		report("%v", err)
	}
	if wrong != nil {
		assert.NoError(t, db.Close())
		return wrong
	}
	err = db.View(func(tx *Tx) error {
		for _, bucket := range bucketNames {
			if !tx.HasBucket(bucket) {
				return fmt.Errorf("no bucket %s: %w", bucket, ErrDamaged)
			}
		}
		people.Verify(tx, report, func(uint32, person) {})
		return nil
	})
	if err != nil {
		assert.ErrorIs(t, err, ErrDamaged)
		report("%v", err)
	}
	if err := db.Close(); err != nil {
		report("%v", err)
	}
	return wrong
}

func TestDamagedPageIsFoundAndNeverFatal(t *testing.T) {
	killed, closed := filesOf(t)
	const pageSize = 4096
	random := rand.New(rand.NewPCG(5, 0))
	damages := []struct {
		name  string
		write func(page []byte)
	}{
		{"zeros", func(page []byte) { clear(page) }},
		{"noise", func(page []byte) {
			for i := range page {
				page[i] = byte(random.Uint32())
			}
		}},
		{"noise behind the header", func(page []byte) {
			for i := pageHeaderSize; i < len(page); i++ {
				page[i] = byte(random.Uint32())
			}
		}},
		{"ones behind the header", func(page []byte) {
			copy(page[pageHeaderSize:], bytes.Repeat([]byte{0xff}, len(page)))
		}},
		{"no elements", func(page []byte) { clear(page[10:12]) }},
		{"more elements than fit", func(page []byte) { page[11] = 0x7f }},
		{"another type", func(page []byte) { page[8] ^= branchPage | leafPage }},
		{"no such type", func(page []byte) { page[8] = 0x40 }},
		{"another page's id", func(page []byte) { page[0]++ }},
		{"goes on beyond the file", func(page []byte) { page[15] = 1 }},
	}
	for name, file := range map[string][]byte{"killed": killed, "closed": closed} {
		path := filepath.Join(t.TempDir(), "test.db")
		require.NoError(t, os.WriteFile(path, file, 0o600))
		require.Empty(t, inspect(t, path), "before any damage")
		used := usedPages(t, file, path)
		for _, damage := range damages {
			t.Run(name+" file, "+damage.name, func(t *testing.T) {
				for id := range uint64(len(file) / pageSize) {
					if id < 2 || !used[id] {
						continue
					}
					broken := bytes.Clone(file)
					damage.write(broken[id*pageSize : (id+1)*pageSize])
					require.NoError(t, os.WriteFile(path, broken, 0o600))
					wrong := inspect(t, path)
					require.NotEmpty(t, wrong, "page %d", id)
					for _, line := range wrong {
						require.NotContains(t, line, "\n")
					}
				}
			})
		}
	}
}

// usedPages says of each page whether it begins something that is reachable. The
// list of free pages does not count: bbolt trusts what is in it.
func usedPages(t *testing.T, file []byte, path string) []bool {
	t.Helper()
	require.NoError(t, os.WriteFile(path, file, 0o600))
	m, err := readMetas(path)
	require.NoError(t, err)
	tree := pageTree{bytes.NewReader(file), m, make([]bool, m.pages)}
	require.NoError(t, tree.prove(m.root, nil, nil))
	used := tree.seen
	for id := range used {
		self := binary.LittleEndian.Uint64(file[id*4096:])
		used[id] = used[id] && self == uint64(id) // not a page that another one goes on in
	}
	require.Greater(t, len(used), 10)
	return used
}

func TestFileOfAKilledProcessOpensAndIsSyncedAgain(t *testing.T) {
	killed, _ := filesOf(t)
	path := filepath.Join(t.TempDir(), "test.db")
	require.NoError(t, os.WriteFile(path, killed, 0o600))
	m, err := readMetas(path)
	require.NoError(t, err)
	require.False(t, m.freelistSynced())

	db, err := Open(path)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	m, err = readMetas(path)
	require.NoError(t, err)
	assert.True(t, m.freelistSynced())
	assert.Empty(t, inspect(t, path))
}

func TestFileThatWasOnlyReadIsNotWritten(t *testing.T) {
	_, closed := filesOf(t)
	path := filepath.Join(t.TempDir(), "test.db")
	require.NoError(t, os.WriteFile(path, closed, 0o600))
	require.Empty(t, inspect(t, path))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(closed, after))
}

func TestProvePagesFindsWhatNoSinglePageShows(t *testing.T) {
	tests := []struct {
		wrong string
		kind  byte // of the page to break
		write func(page []byte, id uint64)
		says  string
	}{
		{"a branch that leads back to itself", branchPage, func(page []byte, id uint64) {
			page[pageHeaderSize+8], page[pageHeaderSize+9] = byte(id), byte(id>>8)
		}, "it is used twice"},
		{"a first key behind the others", leafPage, func(page []byte, _ uint64) {
			page[pageHeaderSize+binary.LittleEndian.Uint32(page[pageHeaderSize+4:])] = 0xff
		}, "is out of order"},
	}
	for _, test := range tests {
		t.Run(test.wrong, func(t *testing.T) {
			killed, _ := filesOf(t)
			path := filepath.Join(t.TempDir(), "test.db")
			id := 0
			for used := usedPages(t, killed, path); !used[id] || killed[id*4096+8] != test.kind || killed[id*4096+10] < 3; {
				id++
			}
			test.write(killed[id*4096:(id+1)*4096], uint64(id))
			m, err := readMetas(path)
			require.NoError(t, err)
			err = provePages(bytes.NewReader(killed), m)
			assert.ErrorIs(t, err, ErrDamaged)
			assert.ErrorContains(t, err, test.says)
			require.NoError(t, os.WriteFile(path, killed, 0o600))
			assert.NotEmpty(t, inspect(t, path))
		})
	}
}

func TestOpenAfterBboltPanickedIsNotLocked(t *testing.T) {
	_, closed := filesOf(t)
	path := filepath.Join(t.TempDir(), "test.db")
	require.NoError(t, os.WriteFile(path, closed, 0o600))
	m, err := readMetas(path)
	require.NoError(t, err)
	clear(closed[m.freelist*4096 : (m.freelist+1)*4096])
	require.NoError(t, os.WriteFile(path, closed, 0o600))
	for range 2 {
		_, err := Open(path)
		require.ErrorIs(t, err, ErrDamaged)
		require.NotErrorIs(t, err, ErrInUse)
	}
}

func TestNewFileMadeByManyAtOnceIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "test.db")
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wait.Go(func() { errs[i] = create(path) })
	}
	wait.Wait()
	for _, err := range errs {
		assert.NoError(t, err)
	}
	names, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	assert.Equal(t, []string{path}, names)
}

func TestCreateLeavesAnExistingFileAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
	require.NoError(t, create(path))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "mine", string(content))
}

// A file that outgrew its map would wait for the readers to end, and the redo log's pin
// is one.
func TestFileDoesNotOutgrowItsMap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	require.NoError(t, createIfMissing(path))
	const room = 1 << 20
	b, err := openBolt(path, room)
	require.NoError(t, err)
	pin, err := b.Begin(false)
	require.NoError(t, err)
	failed := make(chan error, 1)
	go func() {
		failed <- b.Update(func(tx *bolt.Tx) error {
			bucket, err := tx.CreateBucket([]byte("people"))
			return errors.Join(err, bucket.Put([]byte("large"), make([]byte, 2*room)))
		})
	}()
	select {
	case err := <-failed:
		require.ErrorIs(t, err, ErrOutgrown)
	case <-time.After(10 * time.Second):
		require.Fail(t, "it waits for the reader")
	}
	require.NoError(t, pin.Rollback())
	require.NoError(t, b.Close())

	assert.Equal(t, 64<<30, mapSize(room))
	assert.Equal(t, 80<<30, mapSize(40<<30), "there is room again at the next open")
}

func TestFileThatFillsItsMap(t *testing.T) {
	path := otherFile(t, 500)
	db, err := Open(path)
	require.NoError(t, err)
	update(t, db, savePerson(7000))
	db.bolt.MaxSize = 1
	large := func(tx *Tx) error { return tx.put("people", []byte("large"), make([]byte, maxRedo/2)) }
	require.ErrorIs(t, db.Update(large), ErrOutgrown)
	assert.NoError(t, db.Close())

	db, err = Open(path)
	require.NoError(t, err)
	view(t, db, func(tx *Tx) {
		_, found, err := people.Get(tx, 7000)
		require.NoError(t, err)
		assert.True(t, found)
	})
	update(t, db, large)
	assert.NoError(t, db.Close())
}

func TestPanicOfACallerIsNotDamage(t *testing.T) {
	db := openTest(t)
	assert.PanicsWithValue(t, "a bug", func() { _ = db.View(func(*Tx) error { panic("a bug") }) })
	assert.Panics(t, func() { _ = db.View(func(*Tx) error { var p *person; p.ID = 1; return nil }) })
	assert.Panics(t, func() {
		_ = db.Update(func(tx *Tx) error {
			_, _, err := (&Table[uint32, person]{Name: "none", Key: personKey, Row: personRow}).Get(tx, 1)
			return err
		})
	})
	update(t, db, func(tx *Tx) error { return save(tx, person{ID: 1, Name: "Anna", City: "Pune"}) })
}

func TestFailedUpdateLeavesNothing(t *testing.T) {
	db := openTest(t)
	err := db.Update(func(tx *Tx) error {
		return errors.Join(save(tx, person{ID: 1, Name: "Anna", City: "Pune"}), assert.AnError)
	})
	assert.ErrorIs(t, err, assert.AnError)
	view(t, db, func(tx *Tx) { assert.Empty(t, idsOf(t, people.Walk(tx, nil))) })
}
