package kv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
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
)

// mapSize is the address space that is set aside for the memory map: growing
// the map later would make the writer wait for every open reader, and new
// readers for the writer (etcd-io/bbolt#850). It costs no memory.
const mapSize = 64 << 30

// lockTimeout is how long Open waits for another process to let go of the
// file. Without one bbolt waits for ever.
const lockTimeout = time.Second

// DB is an open bbolt file.
type DB struct {
	bolt *bolt.DB
	// unsynced says that the file does not hold the list of its free pages.
	unsynced  atomic.Bool
	pageBytes int
}

// Open opens the file, or creates it with mode 0600 when it does not exist.
//
// A file that another process holds is [ErrInUse]. One that is empty, cut
// short, not bbolt's or unreadable is [ErrDamaged]: it is looked at before
// bbolt maps it, since touching a map beyond the file's end kills the process.
//
// While it is open the free pages are not written at each commit, which is
// what makes commits slow in a file that has many; [DB.Close] writes them once.
// After a crash they are found by reading the file through.
func Open(path string) (*DB, error) {
	newest, err := readMetas(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := create(path); err != nil {
			return nil, fmt.Errorf("cannot create %s: %w", path, err)
		}
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	case !newest.freelistSynced() && !heldByOther(path):
		if err := readThrough(path, newest); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	opened, err := openBolt(path, mapSize)
	switch {
	case errors.Is(err, errReplaced):
		return Open(path)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	db := &DB{bolt: opened, pageBytes: opened.Info().PageSize}
	db.unsynced.Store(!newest.freelistSynced())
	return db, nil
}

func openBolt(path string, mapSize int) (db *bolt.DB, err error) {
	var file *os.File
	defer func() {
		// bbolt does not clean up when it panics. Closing the file would not end
		// the lock: the map, which nobody else can undo, shares it.
		if errors.Is(err, ErrDamaged) && file != nil {
			_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN)
			_ = file.Close()
		}
	}()
	defer catchDamage(&err)()
	db, err = bolt.Open(path, 0o600, &bolt.Options{
		OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
			file, err = os.OpenFile(name, flag, mode)
			return file, err
		},
		Timeout:         lockTimeout,
		FreelistType:    bolt.FreelistMapType,
		NoFreelistSync:  true,
		InitialMmapSize: mapSize,
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
	dir, err := flock(filepath.Dir(path), syscall.LOCK_EX)
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

// Close writes the list of free pages when the file does not hold it, so that
// the next Open need not read the whole file, and closes the file. On a full
// disk the list stays unwritten, and nothing is lost by that.
func (db *DB) Close() error {
	var err error
	if db.unsynced.Load() {
		db.bolt.NoFreelistSync = false
		if err = db.Update(func(*Tx) error { return nil }); IsFull(err) {
			err = nil
		}
	}
	return errors.Join(err, db.bolt.Close())
}

// Size is the length of the file in bytes.
func (db *DB) Size() (int64, error) {
	info, err := os.Stat(db.bolt.Path())
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// View runs fn in a transaction that sees one committed state.
func (db *DB) View(fn func(*Tx) error) (err error) {
	defer catchDamage(&err)()
	return db.bolt.View(func(tx *bolt.Tx) error { return fn(&Tx{bolt: tx}) })
}

// Update runs fn in the one writing transaction and commits it durably when fn
// returns nil.
func (db *DB) Update(fn func(*Tx) error) (err error) {
	defer catchDamage(&err)()
	db.unsynced.Store(true)
	return db.bolt.Update(func(tx *bolt.Tx) error { return fn(&Tx{bolt: tx}) })
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

// catchDamage turns the panics with which bbolt answers a page of garbage, and
// the faults of a map that is longer than its file, into [ErrDamaged]. Other
// panics are bugs and go on. Use: defer catchDamage(&err)().
func catchDamage(err *error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		p := recover()
		if p == nil {
			return
		}
		_, fault := p.(interface{ Addr() uintptr })
		if !fault && !raisedInBolt() {
			panic(p)
		}
		*err = fmt.Errorf("%w: %v", ErrDamaged, p)
	}
}

// raisedInBolt reports whether the panic that is being recovered was raised by
// bbolt's code.
func raisedInBolt() bool {
	pcs := make([]uintptr, 16)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
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

// The layout of a meta page: a page header, then these fields, little-endian on
// every machine that crms runs on.
const (
	metaSize   = 64
	metaMagic  = 0xED0CDAED
	noFreelist = ^uint64(0)
)

// meta is what a meta page says about the file.
type meta struct {
	pageSize                    uint32
	root, freelist, pages, txid uint64
}

// freelistSynced reports whether the file holds the list of its free pages.
func (m meta) freelistSynced() bool { return m.freelist != noFreelist }

// readMetas returns the newest valid meta page, after comparing the file with
// what it says of it.
func readMetas(path string) (meta, error) {
	f, err := os.Open(path)
	if err != nil {
		return meta{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return meta{}, err
	}
	if info.Size() == 0 {
		return meta{}, fmt.Errorf("%w: the file is empty", ErrDamaged)
	}
	var newest meta
	found := false
	for _, at := range metaOffsets(f) {
		if m, ok := readMeta(f, at); ok && (!found || m.txid > newest.txid) {
			newest, found = m, true
		}
	}
	if !found {
		return meta{}, fmt.Errorf("%w: not a crms database", ErrDamaged)
	}
	if need := int64(newest.pages) * int64(newest.pageSize); info.Size() < need {
		return meta{}, fmt.Errorf("%w: the file has %d of at least %d bytes", ErrDamaged, info.Size(), need)
	}
	return newest, nil
}

// metaOffsets says where the two meta pages may be: the second one stands a
// page behind the first, which tells the page size unless it is damaged.
func metaOffsets(f io.ReaderAt) []int64 {
	if m, ok := readMeta(f, 0); ok {
		return []int64{0, int64(m.pageSize)}
	}
	return []int64{int64(os.Getpagesize()), 4 << 10, 8 << 10, 16 << 10, 64 << 10}
}

func readMeta(f io.ReaderAt, at int64) (meta, bool) {
	b := make([]byte, pageHeaderSize+metaSize)
	if _, err := f.ReadAt(b, at); err != nil {
		return meta{}, false
	}
	b = b[pageHeaderSize:]
	if binary.LittleEndian.Uint32(b) != metaMagic || binary.LittleEndian.Uint64(b[56:]) != checksum(b[:56]) {
		return meta{}, false
	}
	return meta{
		pageSize: binary.LittleEndian.Uint32(b[8:]),
		root:     binary.LittleEndian.Uint64(b[16:]),
		freelist: binary.LittleEndian.Uint64(b[32:]),
		pages:    binary.LittleEndian.Uint64(b[40:]),
		txid:     binary.LittleEndian.Uint64(b[48:]),
	}, true
}

// checksum is that of a meta page's fields.
func checksum(fields []byte) uint64 {
	h := fnv.New64a()
	h.Write(fields)
	return h.Sum64()
}

// IsFull reports whether an error means that the disk has no room.
func IsFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
