package kv

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	// directBlock is a multiple of what disks want a direct write to begin and end at.
	directBlock = 4096
	// directRoom is address space for the block in which the log ends and the records
	// that are not being written yet, which are maxUnsynced at most.
	directRoom = directBlock + (1+maxUnsynced)*(maxRedo+directBlock)
	// directKept is how much memory a writer keeps that has had large records.
	directKept = 256 << 10
)

// directWriter hands records to the disk past the kernel's cache, one durable
// write for each sync, which the kernel begins at once (Linux AIO). So the disk is
// at work while bbolt commits, and who waits for it is woken by it: no goroutine
// has to be woken before, for which an idle CPU of a virtual machine takes about
// as long as the disk.
//
// It writes whole blocks. The one in which the log ends, filled up with zeros, is
// written again with the next record: what was in it stays the same, so that a
// write that the power cuts short takes nothing away. A block is never changed
// while it is being written: two buffers take turns.
//
// The page cache knows nothing of these writes, but the kernel drops the pages that
// it has of the place. All else (headers, what is taken back, a new file's zeros) is
// written through the cache and synced before a direct write goes there.
type directWriter struct {
	cached *os.File
	direct *os.File // the same file, each write to which is durable
	queue  *aioQueue

	mu      sync.Mutex // of the three
	filling []byte     // what is in the file from start on
	start   int64      // of a block
	end     int64      // of what was written

	// Of the sync that is under way.
	flying  []byte // the buffer that is written from
	blocks  []byte // the part of it that is
	at      int64  // in the file
	refused bool   // nothing was begun
}

// newDirectWriter returns an error when the system, or the file's disk, has no
// direct writes: that is tried on the file, which has zeros after its header.
func newDirectWriter(cached *os.File) (recordWriter, error) {
	w := &directWriter{cached: cached}
	if err := w.open(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *directWriter) open() (err error) {
	// O_DSYNC, and not RWF_DSYNC with each write: a sandbox that does the system calls
	// itself (gVisor) reads over flags of a write, and says that it is done.
	if w.direct, err = os.OpenFile(w.cached.Name(), os.O_RDWR|unix.O_DIRECT|unix.O_DSYNC, 0); err != nil {
		return err
	}
	for _, buffer := range []*[]byte{&w.filling, &w.flying} {
		// Not of Go's heap: it must lie at a page's beginning.
		if *buffer, err = unix.Mmap(-1, 0, directRoom, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_NORESERVE); err != nil {
			return os.NewSyscallError("mmap", err)
		}
	}
	if w.queue, err = newAIOQueue(); err != nil {
		return err
	}
	if err := w.queue.write(w.direct, w.filling[:directBlock], segmentHeader); err != nil {
		return err
	}
	return w.queue.await(directBlock)
}

func (w *directWriter) write(record []byte, at int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at-w.start+int64(len(record)) > directRoom-directBlock {
		return fmt.Errorf("%d bytes at %d: %w", len(record), at, io.ErrShortBuffer)
	}
	clear(w.filling[w.end-w.start : at-w.start]) // records begin at a multiple of recordAlign
	w.end = at + int64(copy(w.filling[at-w.start:], record))
	return nil
}

// begin hands over the blocks, and begins the other buffer with the one in which
// the log ends.
func (w *directWriter) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	used := w.end - w.start
	w.blocks, w.at = w.filling[:upToBlock(used)], w.start
	clear(w.blocks[used:])
	w.refused = w.queue.write(w.direct, w.blocks, w.at) != nil
	w.filling, w.flying = w.flying, w.filling
	w.start = (w.end - 1) &^ (directBlock - 1) // where there is something to write, whatever comes
	copy(w.filling, w.blocks[w.start-w.at:used])
}

func upToBlock(n int64) int64 { return (n + directBlock - 1) &^ (directBlock - 1) }

// await writes what the kernel would not begin, for want of memory, in the usual
// way. What it has begun and not done has failed.
func (w *directWriter) await() error {
	if w.refused {
		_, err := w.cached.WriteAt(w.blocks, w.at)
		return errors.Join(err, syncData(w.cached))
	}
	err := w.queue.await(len(w.blocks))
	if len(w.blocks) > directKept {
		_ = unix.Madvise(w.flying, unix.MADV_DONTNEED) // refused where memory is locked: then it is kept
	}
	return err
}

func (w *directWriter) rewind(to int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.start, w.end = to&^(directBlock-1), to
	_, err := w.cached.ReadAt(w.filling[:to-w.start], w.start)
	return err
}

// grown makes the blocks the file's before they are written to directly: the disk
// then writes to them, and to nothing else. It may run beside await, and must not
// take the word of an error from it: the kernel tells each open file for itself.
func (w *directWriter) grown() error { return syncData(w.direct) }

func (w *directWriter) close() error {
	var err error
	if w.queue != nil {
		err = w.queue.close()
	}
	for _, buffer := range [][]byte{w.filling, w.flying} {
		if buffer != nil {
			err = errors.Join(err, unix.Munmap(buffer))
		}
	}
	if w.direct != nil {
		err = errors.Join(err, w.direct.Close())
	}
	return err
}
