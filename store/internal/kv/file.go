package kv

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	bolt "go.etcd.io/bbolt"
)

// WriteTo writes the whole file as the transaction sees it. The pages that it
// sees cannot be used again meanwhile, so that the file grows by all that is
// written: give it a fast writer.
func (tx *Tx) WriteTo(w io.Writer) (int64, error) { return tx.bolt.WriteTo(w) }

// SteadyWriter writes to a file and makes what it has written durable every few
// megabytes. All at once at the end, that would hold up the commits of others,
// who wait for the same disk, for much longer.
type SteadyWriter struct {
	file     *os.File
	unsynced int
}

const syncEvery = 8 << 20

// NewSteadyWriter writes to the file; what comes last is the caller's to sync.
func NewSteadyWriter(f *os.File) *SteadyWriter { return &SteadyWriter{file: f} }

func (w *SteadyWriter) Write(b []byte) (int, error) {
	n, err := w.file.Write(b)
	if w.unsynced += n; err == nil && w.unsynced >= syncEvery {
		w.unsynced = 0
		err = w.file.Sync()
	}
	return n, err
}

// compactStep is how many bytes of rows go into one transaction of a compaction.
const compactStep = 64 << 20

// compactGrowth is how much a compacted file grows at a time: little, since it is
// to be small.
const compactGrowth = 64 << 10

// CompactTo writes the rows into a new file, without the pages that are free.
func (db *DB) CompactTo(path string) (err error) {
	to, err := openBolt(path, 0)
	if err != nil {
		return err
	}
	to.AllocSize = compactGrowth
	compacted := &DB{bolt: to}
	compacted.unsynced.Store(true)
	defer func() { err = errors.Join(err, compacted.Close()) }()
	defer CatchDamage(&err)()
	return bolt.Compact(to, db.bolt, compactStep)
}

// Lock keeps others from opening the file, and from creating it, until the
// function that it returns is called. [ErrInUse] says that somebody has it open.
func Lock(path string) (unlock func() error, err error) {
	dir, err := lockFolder(filepath.Dir(path)) // by which create goes
	if err != nil {
		return nil, err
	}
	f, err := flock(path, syscall.LOCK_EX|syscall.LOCK_NB) // by which bbolt goes
	switch {
	case errors.Is(err, os.ErrNotExist):
		return dir.Close, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, errors.Join(ErrInUse, dir.Close())
	case err != nil:
		return nil, errors.Join(err, dir.Close())
	}
	return func() error { return errors.Join(f.Close(), dir.Close()) }, nil
}

// lockFolder locks the folder until it is closed, or gives up after a while:
// somebody else opens, makes or replaces a database in it.
func lockFolder(path string) (*os.File, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := lockSoon(dir); err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return dir, nil
}

// flock opens the file and locks it until it is closed.
func flock(path string, how int) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), how); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Replace puts the file fresh in the place of path and keeps what was there
// under the name aside, unless that is empty. At every moment the name path has
// either of the two; when Replace returns, that is durable.
//
// A redo log beside the old file, which only a file has that cannot be opened,
// goes aside with it.
func Replace(path, fresh, aside string) error {
	if aside != "" {
		if err := keepAside(path, aside); err != nil {
			return fmt.Errorf("cannot keep the old file aside: %w", err)
		}
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	// Until its log is gone too, Open refuses the one with the other.
	return errors.Join(SyncDir(filepath.Dir(path)), removeLog(path))
}

// keepAside gives the file and its redo log a second name, so that there is no
// moment without them.
func keepAside(path, aside string) error {
	dir := filepath.Dir(aside)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	second := append(logPaths(aside), aside)
	for i, name := range append(logPaths(path), path) {
		if err := os.Link(name, second[i]); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return errors.Join(SyncDir(dir), SyncDir(filepath.Dir(dir)))
}
