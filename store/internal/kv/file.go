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

// compactStep is how many bytes of rows go into one transaction of a compaction.
const compactStep = 64 << 20

// compactGrowth is how much a compacted file grows at a time: little, since it is
// to be small.
const compactGrowth = 64 << 10

// Compact writes the rows of the file src into a new file dst, without the
// pages that are free. Nobody else may have src open.
func Compact(dst, src string) (err error) {
	from, err := Open(src)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.bolt.Close()) }()
	to, err := openBolt(dst, 0)
	if err != nil {
		return err
	}
	to.AllocSize = compactGrowth
	compacted := &DB{bolt: to}
	compacted.unsynced.Store(true)
	defer func() { err = errors.Join(err, compacted.Close()) }()
	defer catchDamage(&err)()
	return bolt.Compact(to, from.bolt, compactStep)
}

// Lock keeps others from opening the file, by the lock that bbolt takes, until
// the function that it returns is called. A file that does not exist has nobody
// to lock out. [ErrInUse] says that somebody has it open.
func Lock(path string) (unlock func() error, err error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return func() error { return nil }, nil
	}
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrInUse
		}
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}

// Replace puts the file fresh in the place of path and keeps what was there
// under the name aside, unless that is empty. At every moment the name path has
// either of the two; when Replace returns, that is durable.
func Replace(path, fresh, aside string) error {
	if aside != "" {
		if err := os.MkdirAll(filepath.Dir(aside), 0o700); err != nil {
			return err
		}
		// A second name for the old file, so that there is no moment without it.
		if err := os.Link(path, aside); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("cannot keep the old file aside: %w", err)
		}
		if err := SyncDir(filepath.Dir(aside)); err != nil {
			return err
		}
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}
