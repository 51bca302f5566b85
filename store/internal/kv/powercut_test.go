package kv

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plug is a database whose power can be cut. Until it is synced, each page of
// the file may be on the disk as it was at any moment since the last sync.
type plug struct {
	t    *testing.T
	rand *rand.Rand
	path string
	db   *DB
	// small keeps the transactions of step from being too large for the log.
	small bool

	people map[uint32]person // as of what was answered
	images [][]byte          // of the file, from the base on
}

// newPlug makes the database, whose records are written in that way, or in the one
// that a database finds by itself.
func newPlug(t *testing.T, seed uint64, way ...func(*os.File) recordWriter) *plug {
	p := &plug{t: t, rand: rand.New(rand.NewPCG(seed, 1)), path: filepath.Join(t.TempDir(), "test.db"), people: map[uint32]person{}}
	db, err := Open(p.path)
	require.NoError(t, err)
	p.db = db
	for _, w := range way {
		db.redo.writer = w
	}
	t.Cleanup(func() { _ = p.db.Close() })
	p.update(func(tx *Tx) error { return tx.CreateBuckets(bucketNames...) })
	p.settled()
	return p
}

func (p *plug) update(fn func(*Tx) error) {
	p.t.Helper()
	require.NoError(p.t, p.db.Update(fn))
	p.images = append(p.images, p.read(p.path))
}

// settled says that only the present file counts.
func (p *plug) settled() { p.images = [][]byte{p.read(p.path)} }

func (p *plug) read(path string) []byte {
	p.t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(p.t, err)
	return b
}

// step makes a transaction: mostly small, now and then one that fails, or one
// that is too large for the log.
func (p *plug) step() {
	after := maps.Clone(p.people)
	many, long := 1+p.rand.IntN(4), 40
	large := p.rand.IntN(40) == 0 && !p.small && p.db.redo.checkpoint == nil // it would wait for its end
	if large {
		many, long = 250, 30_000 // a name is a key too, which has its bound
	}
	write := func(tx *Tx) error {
		for range many {
			id := p.rand.Uint32N(400)
			before, found := after[id]
			if found && p.rand.IntN(3) == 0 {
				delete(after, id)
				if err := people.Remove(tx, id, before); err != nil {
					return err
				}
				continue
			}
			now := person{ID: id, Name: fmt.Sprint(id, strings.Repeat("x", p.rand.IntN(long))), City: fmt.Sprint(id % 5), Score: p.rand.Int64N(9)}
			after[id] = now
			var old *person
			if found {
				old = &before
			}
			if err := people.Save(tx, id, old, now); err != nil {
				return err
			}
			if _, err := tx.NextSequence("people"); err != nil {
				return err
			}
		}
		if p.rand.IntN(10) == 0 {
			return people.Rebuild(tx, cities.Name) // empties a bucket, and fills it
		}
		return nil
	}
	if p.rand.IntN(10) == 0 {
		refused := errors.New("refused")
		require.ErrorIs(p.t, p.db.Update(func(tx *Tx) error { return errors.Join(write(tx), refused) }), refused)
		return
	}
	p.update(write)
	p.people = after
	if large {
		p.settled()
	}
}

// checkpoint turns to the other segment. When whole is false, the power goes
// before the one left behind is retired.
func (p *plug) checkpoint(whole bool) {
	l := p.db.redo
	l.writing.Lock()
	defer l.writing.Unlock()
	require.NoError(p.t, l.awaitCheckpoint())
	if whole {
		require.NoError(p.t, l.startCheckpoint())
		require.NoError(p.t, l.awaitCheckpoint())
		p.settled()
		return
	}
	before, pin := l.current, l.pin
	require.NoError(p.t, l.turnTo(l.segments[before.generation%2], before.generation+1))
	l.checkpoint = &checkpoint{done: make(chan struct{}), pin: pin}
	p.t.Cleanup(func() { // before the database is closed
		l.checkpoint.err = errors.New("the power was cut")
		close(l.checkpoint.done)
	})
}

// cut leaves what may be on the disk after the power was cut, in another folder.
func (p *plug) cut() string {
	path := filepath.Join(p.t.TempDir(), "test.db")
	newest := p.images[len(p.images)-1]
	disk := make([]byte, len(newest))
	for at := 0; at < len(disk); at += 512 {
		if at%4096 == 0 || p.rand.IntN(8) == 0 { // whole pages mostly, torn ones now and then
			copySector(disk, p.images[p.rand.IntN(len(p.images))], at, 4096)
		}
	}
	require.NoError(p.t, os.WriteFile(path, disk, 0o600))
	for i, log := range logPaths(p.path) {
		require.NoError(p.t, os.WriteFile(logPaths(path)[i], p.read(log), 0o600))
	}
	return path
}

func copySector(to, from []byte, at, n int) {
	clear(to[at:min(at+n, len(to))])
	if at < len(from) {
		copy(to[at:min(at+n, len(to))], from[at:])
	}
}

// holds says whether the database holds what was answered, and nothing else.
func (p *plug) holds(path string) {
	p.t.Helper()
	assert.Equal(p.t, p.people, p.found(path))
}

// found is what the database holds, which is sound.
func (p *plug) found(path string) map[uint32]person {
	p.t.Helper()
	db, err := Open(path)
	require.NoError(p.t, err)
	got := map[uint32]person{}
	require.NoError(p.t, db.View(func(tx *Tx) error {
		people.Verify(tx, func(format string, args ...any) { assert.Fail(p.t, fmt.Sprintf(format, args...)) },
			func(id uint32, row person) { got[id] = row })
		return nil
	}))
	assert.NoError(p.t, db.Check(func(err error) { assert.NoError(p.t, err) }))
	require.NoError(p.t, db.Close())
	assert.False(p.t, HasLog(path))
	return got
}

func TestPowerCut(t *testing.T) {
	for seed := range uint64(16) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			p := newPlug(t, seed, []func(*os.File) recordWriter{newRecordWriter, newCachedWriter}[seed%2])
			halfway := p.rand.IntN(2) == 0 // the cut comes in the middle of a checkpoint
			for range p.rand.IntN(60) {
				p.step()
				if p.rand.IntN(15) == 0 {
					p.checkpoint(true)
				}
			}
			if halfway {
				p.checkpoint(false)
				for range p.rand.IntN(15) {
					p.step()
				}
			}
			disk := p.cut()

			// The power goes again while the log is worked through, and removed.
			for _, stage := range recoveryStages(t, disk) {
				p.images = stage.images
				again := p.cut()
				for i, log := range logPaths(again) {
					require.NoError(t, os.Remove(log))
					if stage.log[i] != nil {
						require.NoError(t, os.WriteFile(log, stage.log[i], 0o600))
					}
				}
				p.holds(again)
			}
			p.holds(disk)
		})
	}
}

// recoveryStage is a time in which the log stays as it is. A missing segment is nil.
type recoveryStage struct {
	images [][]byte // of the database file
	log    [2][]byte
}

// recoveryStages are the stages of working through a log, on a copy of the database.
func recoveryStages(t *testing.T, path string) []recoveryStage {
	t.Helper()
	read := func(name string) []byte {
		b, err := os.ReadFile(name)
		require.NoError(t, err)
		return b
	}
	other := filepath.Join(t.TempDir(), "test.db")
	for i, name := range append(logPaths(path), path) {
		require.NoError(t, os.WriteFile(append(logPaths(other), other)[i], read(name), 0o600))
	}
	log := func() [2][]byte { return [2][]byte{read(logPaths(other)[0]), read(logPaths(other)[1])} }
	stages := []recoveryStage{{images: [][]byte{read(other)}, log: log()}}
	left, err := takeLeftLog(other)
	require.NoError(t, err)
	b, err := openBolt(other, mapSize(0))
	require.NoError(t, err)
	defer b.Close()
	l, err := newRedoLog(b, other)
	require.NoError(t, err)
	for i := range left {
		require.NoError(t, l.redoOldest(left[i:]))
		now := read(other)
		last := &stages[len(stages)-1]
		last.images = append(last.images, now)
		stages = append(stages, recoveryStage{images: [][]byte{now}, log: log()})
	}
	done := stages[len(stages)-1]
	return append(stages, recoveryStage{done.images, [2][]byte{nil, done.log[1]}}, recoveryStage{done.images, [2][]byte{done.log[0], nil}})
}

func TestLastRecordThatIsCutShort(t *testing.T) {
	p := newPlug(t, 1)
	for range 5 {
		p.step()
	}
	begins := p.db.redo.current.tail
	p.update(func(tx *Tx) error { return people.Save(tx, 7777, nil, person{ID: 7777, City: "Agra"}) })
	ends := p.db.redo.current.tail
	require.Greater(t, ends, begins)
	for cut := begins; cut < ends-recordAlign; cut += recordAlign {
		disk := p.cut()
		log := logPaths(disk)[0]
		b := p.read(log)
		clear(b[cut:])
		require.NoError(t, os.WriteFile(log, b, 0o600))
		p.holds(disk)
	}
}
