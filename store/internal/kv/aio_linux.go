package kv

import (
	"fmt"
	"io"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// iocb is struct iocb of the kernel, see include/uapi/linux/aio_abi.h.
type iocb struct {
	_      uint64 // data
	_, _   uint32 // key and flags, whose places depend on the machine
	opcode uint16
	_      int16
	file   uint32
	buffer uint64
	bytes  uint64
	offset int64
	_      uint64
	_, _   uint32
}

const iocbWrite = 1 // IOCB_CMD_PWRITE

// ioEvent is struct io_event of the kernel.
type ioEvent struct {
	_, _   uint64 // data, iocb
	result int64  // bytes, or an errno below zero
	_      int64
}

// aioQueue has one write under way at a time.
type aioQueue struct{ context uintptr }

func newAIOQueue() (*aioQueue, error) {
	q := new(aioQueue)
	if _, _, errno := unix.Syscall(unix.SYS_IO_SETUP, 1, uintptr(unsafe.Pointer(&q.context)), 0); errno != 0 {
		return nil, os.NewSyscallError("io_setup", errno)
	}
	return q, nil
}

// write begins to write b, durably if the file is opened so. Until await has returned b must stay where it
// is: Go does not know that it is in use. After an error nothing was begun.
func (q *aioQueue) write(file *os.File, b []byte, offset int64) error {
	calls := [1]*iocb{{
		opcode: iocbWrite, file: uint32(file.Fd()),
		buffer: uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))), bytes: uint64(len(b)), offset: offset,
	}}
	if _, _, errno := unix.Syscall(unix.SYS_IO_SUBMIT, q.context, 1, uintptr(unsafe.Pointer(&calls))); errno != 0 {
		return os.NewSyscallError("io_submit", errno)
	}
	return nil
}

// await returns when the write has ended. Fewer bytes than those are a failure.
func (q *aioQueue) await(bytes int) error {
	var e ioEvent
	for {
		n, _, errno := unix.Syscall6(unix.SYS_IO_GETEVENTS, q.context, 1, 1, uintptr(unsafe.Pointer(&e)), 0, 0)
		switch {
		case errno == unix.EINTR:
		case errno != 0:
			return os.NewSyscallError("io_getevents", errno)
		case n == 1:
			return e.failure(bytes)
		}
	}
}

func (e *ioEvent) failure(bytes int) error {
	switch {
	case e.result < 0:
		return os.NewSyscallError("direct write", unix.Errno(-e.result))
	case e.result != int64(bytes):
		return fmt.Errorf("direct write: %d of %d bytes: %w", e.result, bytes, io.ErrShortWrite)
	}
	return nil
}

// close waits for what is under way.
func (q *aioQueue) close() error {
	if _, _, errno := unix.Syscall(unix.SYS_IO_DESTROY, q.context, 0, 0); errno != 0 {
		return os.NewSyscallError("io_destroy", errno)
	}
	return nil
}
