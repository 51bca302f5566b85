package kv

import (
	"errors"
	"fmt"
	"os"
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
		if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
			return nil // not here: the sync does it all
		}
		if err != nil {
			return fmt.Errorf("cannot write back %s: %w", path, os.NewSyscallError("sync_file_range", err))
		}
	}
	return nil
}
