package kv

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	boltErrors "go.etcd.io/bbolt/errors"
)

var (
	// ErrInUse says that another process has the file open.
	ErrInUse = errors.New("is in use by another process")
	// ErrDamaged says that the file, or a part of it, is not what was written.
	ErrDamaged = errors.New("is damaged")
	// ErrUnreadable says that a page of the map has no page of the file behind it.
	// It is an [ErrDamaged].
	ErrUnreadable = fmt.Errorf("%w: a page of it cannot be read, since the file was cut short or the disk fails", ErrDamaged)
	// ErrStopped says that the disk has failed in such a way that only opening the
	// database again finds out what is durable. It can still be read.
	ErrStopped = errors.New("nothing can be written any more, until the database is opened anew")
	// ErrOutgrown says that the file has no room in its map for a transaction, which
	// has changed nothing. The next Open makes room.
	ErrOutgrown = boltErrors.ErrMaxSizeReached
)

// mapSize is the address space that is set aside for the map of a file, in bytes: for
// most more than they ever need. It costs no memory. A file cannot outgrow its map: to
// make another bbolt waits until nobody reads (etcd-io/bbolt#850), and the redo log's
// pin always does. What would need more is [ErrOutgrown], and the next Open sets aside
// twice the file's size.
func mapSize(file int64) int { return int(max(64<<30, 2*file)) }

// lockTimeout is how long Open waits for another process to let go of the
// file. Without one bbolt waits for ever.
const lockTimeout = time.Second

// DB is an open bbolt file.
type DB struct {
	bolt *bolt.DB
	redo *redoLog // nil: bbolt makes each transaction durable by itself
	// unsynced says that the file does not hold the list of its free pages.
	unsynced  atomic.Bool
	pageBytes int
	recovered int // transactions, see [DB.Recovered]
	readers   readers

	unreadable atomic.Bool // a page of the file could not be read
	stuck      atomic.Bool // bbolt panicked with its locks held: it would wait for them for ever
}

// Open opens the file, or creates it with mode 0600 when it does not exist. The
// file must be under its own name, not under that of a link: the redo log is
// found, and the file replaced, by that name.
// Where a process ended without closing it, the transactions that were answered
// and may not be in it yet are done again from the redo log beside it.
//
// A file that another process holds is [ErrInUse]. One that is empty, cut
// short, not bbolt's or unreadable is [ErrDamaged]: it is looked at before
// bbolt maps it, since touching a map beyond the file's end kills the process.
//
// While it is open the free pages are not written at each commit, which is
// what makes commits slow in a file that has many; [DB.Close] writes them once.
// After a crash they are found by reading the file through.
func Open(path string) (*DB, error) {
	for {
		db, err := open(path)
		switch {
		case errors.Is(err, errReplaced):
			continue
		case err != nil:
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return db, nil
	}
}

func open(path string) (*DB, error) {
	if err := createIfMissing(path); err != nil {
		return nil, err
	}
	// By this lock those who find a log left behind take turns.
	dir, err := lockFolder(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer dir.Close() // lets go of the lock
	left, err := takeLeftLog(path)
	if err != nil {
		return nil, err
	}
	newest, err := readMetas(path)
	if err != nil {
		return nil, err
	}
	if !newest.freelistSynced() && !heldByOther(path) {
		if err := readThrough(path, newest); err != nil {
			return nil, err
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	opened, err := openBolt(path, mapSize(info.Size()))
	if err != nil {
		return nil, err
	}
	db := &DB{bolt: opened, pageBytes: opened.Info().PageSize}
	if db.redo, err = newRedoLog(opened, path); err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	db.readers.newest = &db.redo.newest
	db.unsynced.Store(!newest.freelistSynced())
	if left == nil {
		return db, nil
	}
	db.unsynced.Store(true)
	if db.recovered, err = db.redo.recover(left); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot recover: %w", err), opened.Close())
	}
	return db, nil
}

// createIfMissing makes an empty database where there is nothing.
func createIfMissing(path string) error {
	info, err := os.Lstat(path)
	switch {
	case err == nil && info.Mode()&os.ModeSymlink != 0:
		return errors.New("is a symbolic link: let the folder be one, not the file in it")
	case err == nil && !info.Mode().IsRegular():
		return errors.New("is not a regular file")
	case !errors.Is(err, os.ErrNotExist):
		return err
	}
	if HasLog(path) {
		return fmt.Errorf("%w: the database is missing, but its redo log %s is there", ErrDamaged, logPaths(path)[0])
	}
	if err := create(path); err != nil {
		return fmt.Errorf("cannot create it: %w", err)
	}
	return nil
}

// openBolt has bbolt open the file, with so many bytes of address space for its map, of
// which it cannot become larger; 0 is what it needs, and no limit.
func openBolt(path string, room int) (db *bolt.DB, err error) {
	var file *os.File
	defer func() {
		// bbolt does not clean up when it panics. Closing the file would not end
		// the lock: the map, which nobody else can undo, shares it.
		if errors.Is(err, ErrDamaged) && file != nil {
			_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN)
			_ = file.Close()
		}
	}()
	defer CatchDamage(&err)()
	db, err = bolt.Open(path, 0o600, &bolt.Options{
		OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
			file, err = os.OpenFile(name, flag, mode)
			return file, err
		},
		Timeout:         lockTimeout,
		FreelistType:    bolt.FreelistMapType,
		NoFreelistSync:  true,
		InitialMmapSize: room,
		MaxSize:         room,
	})
	switch {
	case errors.Is(err, boltErrors.ErrTimeout):
		return nil, ErrInUse
	case errors.Is(err, boltErrors.ErrInvalid), errors.Is(err, boltErrors.ErrChecksum), errors.Is(err, boltErrors.ErrVersionMismatch):
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	case err != nil:
		return nil, err
	}
	if !isAt(path, file) {
		return nil, errors.Join(errReplaced, db.Close())
	}
	return db, nil
}

// errReplaced says that another file was put under the name while Open waited
// for the lock of the one before, see [Replace]. Whatever were written to that
// one would be lost.
var errReplaced = errors.New("was replaced")

// isAt reports whether the open file still has the name.
func isAt(path string, file *os.File) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(opened, named)
}

// create makes an empty database under another name and moves it into place,
// so that an empty or half-written file under the real name is always damage.
// Processes that do so at once take turns, lest one move its empty file over
// another's that is in use already.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	dir, err := lockFolder(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close() // lets go of the lock
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	fresh := path + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	db, err := openBolt(fresh, 0)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes the names in a folder durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// heldByOther reports whether another process has the lock that bbolt takes, in
// which case there is no use in reading the file.
func heldByOther(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() // lets go of the lock
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// readThrough prepares for bbolt's search for free pages, which visits every
// page in an order that a cold disk answers slowly (24 s for 1.7 GB). In file
// order it is 1 s, and brings the pages into memory.
func readThrough(path string, m meta) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err = io.Copy(io.Discard, f); err != nil {
		return err
	}
	return provePages(f, m)
}

// Stopped reports whether updates fail with [ErrStopped] from now on.
func (db *DB) Stopped() bool { return db.redo.durable.failure() != nil }

// Recovered is how many transactions Open has done again from the redo log.
func (db *DB) Recovered() int { return db.recovered }

// OnLog has fn told of each redo log that begins from now on, with a transaction
// that is the first: why its records are written through the kernel's cache, or nil
// when they are written past it, which is faster. fn must not use the database.
func (db *DB) OnLog(fn func(cached error)) {
	db.redo.writing.Lock()
	defer db.redo.writing.Unlock()
	db.redo.begun = fn
}

// Close writes the list of free pages when the file does not hold it, so that
// the next Open need not read the whole file, and closes the file. On a full
// disk, or in a file that fills its map, the list stays unwritten, and nothing is lost by that. When a page could
// not be read, the redo log stays.
func (db *DB) Close() error {
	if db.stuck.Load() {
		return nil // the end of the process lets go of the file, and of readers who wait
	}
	db.readers.close()
	var err error
	switch {
	case db.redo == nil:
		err = db.writeFreelist()
	case db.unreadable.Load():
		// What the log follows may be whole, and then the next Open does it again.
		err = db.redo.abandon()
	default:
		err = db.redo.close(db.writeFreelist)
	}
	return errors.Join(err, db.bolt.Close())
}

func (db *DB) writeFreelist() (err error) {
	if !db.unsynced.Load() {
		return nil
	}
	defer CatchDamage(&err)()
	db.bolt.NoFreelistSync, db.bolt.NoSync = false, false
	err = db.bolt.Update(func(*bolt.Tx) error { return nil })
	if IsFull(err) || errors.Is(err, ErrOutgrown) {
		return nil
	}
	return err
}

// Settle makes the file whole by itself: there is no redo log beside it until
// the next [DB.Update]. It is an error, and the log stays, when the database is
// closed, when a page could not be read, and with [ErrStopped] when the disk has
// failed.
func (db *DB) Settle() error {
	if db.stuck.Load() || db.unreadable.Load() {
		return ErrUnreadable
	}
	db.redo.writing.Lock()
	defer db.redo.writing.Unlock()
	return db.redo.settle(func() error { return nil })
}

// Size is the length of the file in bytes.
func (db *DB) Size() (int64, error) {
	info, err := os.Stat(db.bolt.Path())
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// View runs fn in a transaction that sees the newest committed state, which is durable
// by then, except after a failure.
func (db *DB) View(fn func(*Tx) error) (err error) {
	if db.stuck.Load() {
		return ErrUnreadable
	}
	began := false
	defer db.note(&began, &err)
	defer recoverDamage(&err, debug.SetPanicOnFault(true))
	r, err := db.readers.take(db.bolt)
	began = true
	if err != nil {
		return err
	}
	defer db.readers.leave(r)
	_ = db.redo.durable.await(r.bolt.ID()) // after a failure readers see what is there
	err = fn(&r.Tx)
	r.inUse = false
	return err
}

// State stands for what the database holds after a transaction.
type State int

// Write runs fn in the one writing transaction and commits it when fn returns
// nil. The next transaction may begin at once, but nobody may be told what fn has
// written, or seen, before [DB.Await] has returned nil for the state, which there
// is with an error too.
func (db *DB) Write(fn func(*Tx) error) (state State, err error) {
	if db.stuck.Load() {
		return 0, ErrUnreadable
	}
	db.unsynced.Store(true)
	db.readers.endIdle()
	began := false
	defer db.note(&began, &err)
	defer recoverDamage(&err, debug.SetPanicOnFault(true))
	state, err = db.redo.write(func(tx *Tx) error {
		began = true
		state = State(tx.bolt.ID() - 1) // also when fn comes upon damage
		return fn(tx)
	})
	began = true // or failed in good order
	return state, err
}

// Await returns when the state is durable. An error is an [ErrStopped].
func (db *DB) Await(s State) error { return db.redo.durable.await(int(s)) }

// Update runs fn in the one writing transaction and returns when what it has
// written is durable. An error means that nothing was, and with [ErrStopped] that
// it is not known.
func (db *DB) Update(fn func(*Tx) error) error {
	state, err := db.Write(fn)
	if err != nil {
		return err
	}
	return db.Await(state)
}

// note keeps in mind how a transaction has ended. Where bbolt panics before one
// has begun, at a meta page, it leaves its locks as they are, and nothing more can
// be done with the file. Each read goes through here: what is deferred takes
// arguments, since variables that a closure shares cost an allocation each.
func (db *DB) note(began *bool, err *error) {
	if errors.Is(*err, ErrUnreadable) {
		db.unreadable.Store(true)
	}
	if !*began {
		db.stuck.Store(true)
	}
}

// Check walks the whole file and reports each page that is not reachable,
// reachable twice, or out of order. It must not run beside a writer.
func (db *DB) Check(report func(error)) error {
	err := db.provePages()
	if errors.Is(err, ErrDamaged) {
		report(err)
		return nil
	}
	if err != nil {
		return err
	}
	return db.View(func(tx *Tx) error {
		for err := range tx.bolt.Check() {
			report(err)
		}
		return nil
	})
}

func (db *DB) provePages() error {
	m, err := readMetas(db.bolt.Path())
	if err != nil {
		return err
	}
	f, err := os.Open(db.bolt.Path())
	if err != nil {
		return err
	}
	defer f.Close()
	return provePages(f, m)
}

// CatchDamage turns the panics with which bbolt answers a page of garbage, and
// the faults of a map that is longer than its file or of a disk that cannot be
// read, into [ErrDamaged]. Other panics are bugs and go on. Use:
// defer CatchDamage(&err)().
func CatchDamage(err *error) func() {
	before := debug.SetPanicOnFault(true)
	return func() { damage(err, before, recover()) }
}

// recoverDamage is CatchDamage without a closure: it is deferred itself, with
// what debug.SetPanicOnFault(true) has returned.
func recoverDamage(err *error, before bool) { damage(err, before, recover()) }

// damage is called by the deferred function with what it has recovered.
func damage(err *error, before bool, p any) {
	debug.SetPanicOnFault(before)
	if p == nil {
		return
	}
	_, fault := p.(interface{ Addr() uintptr })
	switch {
	case fault:
		*err = ErrUnreadable
	case raisedInBolt():
		*err = fmt.Errorf("%w: %v", ErrDamaged, p)
	default:
		panic(p)
	}
}

// raisedInBolt reports whether the panic that is being recovered was raised by
// bbolt's code.
func raisedInBolt() bool {
	pcs := make([]uintptr, 16)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs)])
	for {
		frame, more := frames.Next()
		if !strings.HasPrefix(frame.Function, "runtime.") {
			return strings.HasPrefix(frame.Function, "go.etcd.io/bbolt")
		}
		if !more {
			return false
		}
	}
}

// IsFull reports whether an error means that the disk has no room.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// IsFault reports whether an error is the disk's, and not only that it is full:
// it cannot be written, or read.
func IsFault(err error) bool {
	return errors.As(err, new(syscall.Errno))
}

// Free is how many bytes the disk of a file or folder has room for.
func Free(path string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return 0, fmt.Errorf("cannot ask for the room on the disk of %s: %w", path, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}
