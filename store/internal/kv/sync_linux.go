package kv

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// syncData makes what was written to the file durable, without its times.
func syncData(f *os.File) error {
	for {
		if err := syscall.Fdatasync(int(f.Fd())); err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}

// writeBackStep is how much of a file is written back at once: what waits for the
// same disk meanwhile waits for a few dozen scattered pages, not for all of them.
const writeBackStep = 4 << 20

// writeBack has the kernel write what it has of the file in memory only, part after
// part, so that a sync that follows has little to do. Nothing is durable by it, but
// an error says that nothing will be.
func writeBack(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	const andWait = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
	for at := int64(0); at < info.Size(); at += writeBackStep {
		err := unix.SyncFileRange(int(f.Fd()), at, writeBackStep, andWait)
		switch {
		case err == nil:
		case isRefusal(err):
			return nil // the sync does it all
		default:
			return fmt.Errorf("cannot write back %s: %w", path, os.NewSyscallError("sync_file_range", err))
		}
	}
	return nil
}

// isRefusal reports whether a system, a sandbox or a file system says by the error
// that it does not do this at all.
func isRefusal(err error) bool {
	return slices.ContainsFunc([]error{unix.ENOSYS, unix.EOPNOTSUPP, unix.EINVAL, unix.ESPIPE, unix.EPERM}, func(e error) bool { return errors.Is(err, e) })
}
