package kv

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
)

// redoLog makes transactions durable with one short write each, in place of the
// two waits and the scattered pages of a durable bbolt commit.
//
// A transaction's writes go to the end of the log. While that is synced bbolt
// commits, which writes its pages but does not wait for the disk, and the next
// transaction begins; a reader who comes upon the pages before the sync has ended
// waits for that end. Every now and then a checkpoint makes the pages durable, all at once and beside the
// transactions that go on, and another segment of the log begins.
//
// After a crash the database file may hold any mixture of pages of the last
// checkpoint and later ones. What makes it whole again: a read transaction, the
// pin, keeps bbolt from writing to any page of the checkpoint's state, and the
// segment's header holds the meta pages that lead to it. [Open] puts these back
// and does the logged transactions again.
type redoLog struct {
	bolt *bolt.DB
	path string // of the database

	// writing is held during a transaction: its place in the log is that in
	// which bbolt commits it. It guards all that follows.
	writing    sync.Mutex
	segments   [2]*segment // nil until the first transaction
	current    *segment    // where records go
	pin        *bolt.Tx    // on the base of current
	number     uint64      // of the next record
	pending    int         // transactions since the base of current
	checkpoint *checkpoint // under way, or nil
	redo       redo
	closed     bool
	writer     func(*os.File) recordWriter // for new segments
	begun      func(cached error)          // see [DB.OnLog]

	durable durable
	newest  atomic.Int64 // the last transaction that was committed; only then can it become durable
	pins    atomic.Int32 // that are held, to tell them from readers
}

// checkpointEvery is how many transactions there are at most between two
// checkpoints: with each of them bbolt's list of pages that the pin keeps, which
// it walks through twice a transaction, gets longer.
const checkpointEvery = 512

// checkpoint is a change from one segment to the other. It is done when the
// first one is of no use any more.
type checkpoint struct {
	done chan struct{}
	err  error    // once done
	pin  *bolt.Tx // on the base of the first one; let go of when done without an error
}

// logPaths are the names of the two segments of a database's redo log.
func logPaths(path string) []string { return []string{path + "-redo0", path + "-redo1"} }

// unnamedSegment is the first segment while it is begun.
func unnamedSegment(path string) string { return logPaths(path)[0] + ".new" }

func newRedoLog(b *bolt.DB, path string) (*redoLog, error) {
	b.NoSync, b.NoGrowSync = true, true
	l := &redoLog{bolt: b, path: path, number: 1, writer: newRecordWriter, begun: func(error) {}}
	l.durable.changed.L = &l.durable.mu
	return l, l.reachPresent()
}

// reachPresent says that the present state is durable.
func (l *redoLog) reachPresent() error {
	return l.bolt.View(func(b *bolt.Tx) error { l.durable.reach(b.ID()); return nil })
}

// write runs fn in a transaction and commits it. What it has written is durable,
// and what it has seen, when await has returned nil for the state; a state comes
// with an error of fn too. Another transaction may be begun before that.
func (l *redoLog) write(fn func(*Tx) error) (State, error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.ready(); err != nil {
		return State(l.durable.newestID()), err
	}
	b, err := l.bolt.Begin(true)
	if err != nil {
		return State(l.durable.newestID()), err
	}
	defer func() { _ = b.Rollback() }() // does nothing after a commit
	id := b.ID()
	seen := State(id - 1)
	l.redo.reset()
	if err := fn(&Tx{bolt: b, redo: &l.redo}); err != nil {
		return seen, err
	}
	switch {
	case l.redo.tooLarge:
		err = l.commitUnlogged(b)
	case len(l.redo.writes()) == 0:
		return seen, nil
	default:
		err = l.commitLogged(b)
	}
	if err != nil {
		return seen, err
	}
	return State(id), nil
}

// maxUnsynced is how many transactions are committed at most that are not durable
// yet: one while the record of the one before is synced. One that is not logged
// counts too. By it [leftLog.reaches] finds that a log is cut short.
const maxUnsynced = 2

// commitLogged writes the record and commits. The record is not waited for, only
// those long before it.
func (l *redoLog) commitLogged(b *bolt.Tx) error {
	s, tail, id := l.current, l.current.tail, b.ID()
	if err := s.reserve(len(l.redo.record)); err != nil {
		return err
	}
	if err := s.append(l.number, l.durable.newestDurable(), l.redo.record); err != nil {
		return l.takeBack(tail, err)
	}
	l.durable.write(logged{s, l.number, id})
	if err := l.durable.await(id - maxUnsynced); err != nil {
		return err
	}
	if err := l.commit(b); err != nil {
		return l.takeBack(tail, err)
	}
	l.durable.commit()
	l.number++
	l.pending++
	return nil
}

// drain makes all records durable. The caller holds writing.
func (l *redoLog) drain() error { return l.durable.await(l.durable.newestID()) }

// takeBack removes the record of a transaction that failed. When that fails too,
// it is not known what the next Open will find: nothing more may be written
// that would have to come after it.
func (l *redoLog) takeBack(tail int64, cause error) error {
	if err := l.durable.takeBack(func() error { return l.current.truncate(tail) }); err != nil {
		return l.fail(errors.Join(cause, err))
	}
	return cause
}

// commitUnlogged commits what is too large to be logged, and makes it durable by
// a checkpoint.
func (l *redoLog) commitUnlogged(b *bolt.Tx) error {
	id := b.ID()
	if err := errors.Join(l.awaitCheckpoint(), l.durable.await(id-maxUnsynced)); err != nil {
		return err
	}
	if err := l.commit(b); err != nil {
		return err
	}
	if err := l.startCheckpoint(); err != nil {
		return err
	}
	if err := l.awaitCheckpoint(); err != nil {
		return err
	}
	l.durable.reach(id)
	return nil
}

func (l *redoLog) commit(b *bolt.Tx) (err error) {
	defer CatchDamage(&err)()
	id := b.ID()
	if err := b.Commit(); err != nil {
		return err
	}
	l.newest.Store(int64(id))
	return nil
}

// fail ends all writing, see [durable.fail].
func (l *redoLog) fail(err error) error { return l.durable.fail(err) }

// ready makes sure that there is a segment with room for a record.
func (l *redoLog) ready() error {
	if err := l.durable.failure(); err != nil {
		return err
	}
	switch {
	case l.closed:
		return errClosed
	case l.current == nil:
		return l.start()
	case !l.current.hasRoom():
		if err := l.awaitCheckpoint(); err != nil {
			return err
		}
		return l.startCheckpoint()
	case l.pending >= checkpointEvery && !l.checkpoint.underWay():
		if err := l.awaitCheckpoint(); err != nil {
			return err
		}
		return l.startCheckpoint()
	}
	return nil
}

// start makes the segments. The database file is durable as it is: it was closed,
// or recovered, before. The first one gets its name when it has begun, so that one
// without a beginning is always damage.
func (l *redoLog) start() (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("cannot begin the redo log: %w", err), l.release())
		}
	}()
	paths, unnamed := logPaths(l.path), unnamedSegment(l.path)
	// In this order, since nobody looks for the unnamed one alone.
	if l.segments[1], err = createSegment(paths[1], l.writer); err != nil {
		return err
	}
	if l.segments[0], err = createSegment(unnamed, l.writer); err != nil {
		return err
	}
	if err := l.turnTo(l.segments[0], 1); err != nil {
		return err
	}
	if err := os.Rename(unnamed, paths[0]); err != nil {
		return err
	}
	if err := SyncDir(filepath.Dir(l.path)); err != nil {
		return err
	}
	l.begun(l.whyCached())
	return nil
}

// whyCached is why a segment is written through the kernel's cache, or nil when
// none is.
func (l *redoLog) whyCached() error {
	for _, s := range l.segments {
		if w, cached := s.records.(*cachedWriter); cached {
			return w.why
		}
	}
	return nil
}

// turnTo begins a segment that follows the present state. It does so durably
// before bbolt writes any page that comes after that state: in the first segment
// because there is no older base, in others because a sync that fails later may
// lose what it was to write, and the next one would not say so.
func (l *redoLog) turnTo(s *segment, generation uint64) error {
	pin, err := l.bolt.Begin(false)
	if err != nil {
		return err
	}
	l.pins.Add(1)
	b, err := l.base()
	if err == nil {
		err = s.begin(generation, l.number, b)
	}
	if err != nil {
		return errors.Join(err, l.letGo(pin))
	}
	l.current, l.pin, l.pending = s, pin, 0
	return nil
}

func (l *redoLog) base() (base, error) {
	file, err := os.Open(l.path)
	if err != nil {
		return base{}, err
	}
	defer file.Close()
	return readBase(file, l.bolt.Info().PageSize)
}

// startCheckpoint turns to the other segment, and makes the state that it
// follows durable beside the transactions that go on. All records of the present
// segment are durable before the other one begins, so that none is missing
// between the two.
func (l *redoLog) startCheckpoint() error {
	if err := l.drain(); err != nil {
		return err
	}
	before, pin := l.current, l.pin
	next := l.segments[before.generation%2]
	if err := l.turnTo(next, before.generation+1); err != nil {
		return l.fail(fmt.Errorf("cannot begin another segment of the redo log: %w", err))
	}
	c := &checkpoint{done: make(chan struct{}), pin: pin}
	l.checkpoint = c
	go func() {
		defer close(c.done)
		if c.err = l.finishCheckpoint(c, before); c.err != nil {
			_ = l.failCheckpoint(c.err) // at once: the kernel may forget the pages that the disk did not take
		}
	}()
	return nil
}

// finishCheckpoint retires the segment before, and lets go of its base, once the
// base of the next one is durable. Only then may pages of the former be written.
// The pages go to the disk little by little: records that had to wait for all of
// them took 1 to 3 ms, for 10 ms of each half a second.
func (l *redoLog) finishCheckpoint(c *checkpoint, before *segment) error {
	if err := writeBack(l.path); err != nil {
		return err
	}
	if err := l.bolt.Sync(); err != nil {
		return err
	}
	if err := before.retire(); err != nil {
		return err
	}
	return l.letGo(c.pin)
}

func (c *checkpoint) underWay() bool {
	if c == nil {
		return false
	}
	select {
	case <-c.done:
		return false
	default:
		return true
	}
}

// awaitCheckpoint waits for the checkpoint that is under way, if there is one.
func (l *redoLog) awaitCheckpoint() error {
	if l.checkpoint == nil {
		return nil
	}
	<-l.checkpoint.done
	if err := l.checkpoint.err; err != nil {
		return l.failCheckpoint(err)
	}
	l.checkpoint = nil
	return nil
}

func (l *redoLog) failCheckpoint(err error) error {
	return l.fail(fmt.Errorf("cannot make the database durable: %w", err))
}

// close settles and refuses what comes later. After a failure the log stays, for
// the next Open.
func (l *redoLog) close(last func() error) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	var err error
	if !l.closed && l.durable.failure() == nil {
		err = l.settle(last)
	}
	l.closed = true
	l.durable.reach(math.MaxInt) // what last has written is; who reads it now must not wait
	return errors.Join(err, l.release())
}

var errClosed = errors.New("the database is closed")

// abandon closes the log and leaves it where it is, for the next Open.
func (l *redoLog) abandon() error {
	l.writing.Lock()
	defer l.writing.Unlock()
	_ = l.drain() // those who wait for it are told
	l.closed = true
	l.durable.reach(math.MaxInt)
	return l.release()
}

// settle makes the database file whole by itself, with what last writes to it,
// and removes the log until the next transaction. After a failure it is not known what
// the file holds: the log stays. The caller holds writing.
func (l *redoLog) settle(last func() error) error {
	if l.closed {
		return errClosed
	}
	if err := l.durable.failure(); err != nil {
		return err
	}
	if err := errors.Join(l.drain(), l.awaitCheckpoint()); err != nil {
		return err
	}
	if err := last(); err != nil || l.current == nil {
		return err
	}
	if err := l.bolt.Sync(); err != nil {
		return l.fail(err)
	}
	if err := removeLog(l.path); err != nil {
		return l.fail(fmt.Errorf("cannot remove the redo log: %w", err)) // what was left of it would not be read
	}
	return l.release()
}

func (l *redoLog) letGo(pin *bolt.Tx) error {
	l.pins.Add(-1)
	return pin.Rollback()
}

// release lets go of the pins and the files: bbolt closes only without readers.
func (l *redoLog) release() (err error) {
	if l.pin != nil {
		err = l.letGo(l.pin)
	}
	if c := l.checkpoint; c != nil {
		if <-c.done; c.err != nil { // else it is let go of
			err = errors.Join(err, l.letGo(c.pin))
		}
	}
	l.durable.rest()
	for _, s := range l.segments {
		if s != nil {
			err = errors.Join(err, s.close())
		}
	}
	l.pin, l.checkpoint, l.current, l.segments = nil, nil, nil, [2]*segment{}
	return err
}

// removeLog removes the log of a database that is whole without it.
func removeLog(path string) error {
	for _, segment := range append([]string{unnamedSegment(path)}, logPaths(path)...) {
		if err := os.Remove(segment); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return SyncDir(filepath.Dir(path))
}
