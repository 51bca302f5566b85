package store

import (
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// lowSpace is when the disk is as good as full, in bytes: the redo log alone may
// take 64 MiB, most of which it has already when it matters.
const lowSpace = 32 << 20

// disk is what the transactions have found out about the disk under the store.
type disk struct {
	refused atomic.Pointer[error] // why the latest commit failed; nil when it did not
	damaged atomic.Bool           // something was read that is not what was written
}

// committed notes how a commit has ended.
func (d *disk) committed(err error) {
	d.note(err)
	if err == nil {
		d.refused.Store(nil)
	} else {
		d.refused.Store(&err)
	}
}

// note looks for damage in the error of a read or a command.
func (d *disk) note(err error) {
	if errors.Is(err, kv.ErrDamaged) {
		d.damaged.Store(true)
	}
}

// DiskTrouble is what is wrong with the disk, for an operator: empty when nothing
// is. What can be read is read all the same. A disk that is full, or refuses
// changes, is tried again with the next change, and fine when that is saved. What
// has failed for good, or is damaged, lasts until the store is opened again.
func (s *Store) DiskTrouble() string {
	free, err := kv.Free(s.dir)
	refused := s.disk.refused.Load()
	switch {
	case s.Stopped():
		return "the disk has failed, see the log: nothing can be saved until the server is started again"
	case s.disk.damaged.Load():
		return "the database is damaged, see the log: crms verify names what is, and crms restore puts a backup in its place"
	case err != nil:
		return "the data folder does not answer: " + diskError(err)
	case refused != nil && kv.IsFull(*refused):
		return "the disk is full: the last change could not be saved"
	case refused != nil:
		return "the last change could not be saved: " + diskError(*refused)
	case free < lowSpace:
		return fmt.Sprintf("the disk is nearly full: %d MB are left", free>>20)
	default:
		return ""
	}
}

// diskError is what the disk itself has said, without names of files.
func diskError(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return "see the log"
}

// commitError is what those are told whose commands could not be committed.
func commitError(err error) error {
	unavailable := func(message string) error {
		return &crm.Error{Kind: crm.Unavailable, Message: message, Err: err}
	}
	switch {
	case errors.Is(err, kv.ErrStopped):
		return unavailable("The disk has failed: nothing can be saved until the service is started again")
	case kv.IsFull(err):
		return unavailable("The disk is full: the change was not saved")
	case errors.Is(err, kv.ErrOutgrown):
		return unavailable("The database can grow no further until the service is started again: the change was not saved")
	case kv.IsFault(err):
		return unavailable("The disk cannot be written: the change was not saved")
	default:
		return fmt.Errorf("cannot commit: %w", err)
	}
}
