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
type DB struct{ bolt *bolt.DB }

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
	head, err := readHead(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := create(path); err != nil {
			return nil, fmt.Errorf("cannot create %s: %w", path, err)
		}
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	case !head.freelistSynced && !heldByOther(path):
		// Finding the free pages visits every page in an order that a cold disk
		// answers slowly (24 s for 1.7 GB); in file order it is 1 s.
		if err := readThrough(path); err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", path, err)
		}
	}
	db, err := openBolt(path, mapSize)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &DB{db}, nil
}

func openBolt(path string, mapSize int) (db *bolt.DB, err error) {
	defer catchDamage(&err)()
	db, err = bolt.Open(path, 0o600, &bolt.Options{
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
	}
	return db, err
}

// create makes an empty database under another name and moves it into place,
// so that an empty or half-written file under the real name is always damage.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
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

func readThrough(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(io.Discard, f)
	return err
}

// Close writes the list of free pages, so that the next Open need not read the
// whole file, and closes the file.
func (db *DB) Close() error {
	db.bolt.NoFreelistSync = false
	err := db.bolt.Update(func(*bolt.Tx) error { return nil })
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
	return db.bolt.Update(func(tx *bolt.Tx) error { return fn(&Tx{bolt: tx}) })
}

// Check walks the whole file and reports each page that is not reachable,
// reachable twice, or out of order. It must not run beside a writer.
func (db *DB) Check(report func(error)) error {
	return db.View(func(tx *Tx) error {
		for err := range tx.bolt.Check() {
			report(err)
		}
		return nil
	})
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

// head is what the two meta pages say about the file.
type head struct{ freelistSynced bool }

// The layout of a meta page, from bbolt's format, which has been stable since
// version 2: a page header of 16 bytes, then these fields, little-endian on
// every machine that crms runs on.
const (
	pageHeaderSize = 16
	metaSize       = 64
	metaMagic      = 0xED0CDAED
	noFreelist     = ^uint64(0)
)

// readHead compares the file with what its newest valid meta page says of it.
func readHead(path string) (head, error) {
	f, err := os.Open(path)
	if err != nil {
		return head{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return head{}, err
	}
	if info.Size() == 0 {
		return head{}, fmt.Errorf("%w: the file is empty", ErrDamaged)
	}
	var newest *meta
	for _, at := range metaOffsets(f) {
		m, ok := readMeta(f, at)
		if ok && (newest == nil || m.txid > newest.txid) {
			newest = &m
		}
	}
	if newest == nil {
		return head{}, fmt.Errorf("%w: not a crms database", ErrDamaged)
	}
	if need := int64(newest.pages) * int64(newest.pageSize); info.Size() < need {
		return head{}, fmt.Errorf("%w: the file has %d of at least %d bytes", ErrDamaged, info.Size(), need)
	}
	return head{freelistSynced: newest.freelist != noFreelist}, nil
}

type meta struct {
	pageSize              uint32
	freelist, pages, txid uint64
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
