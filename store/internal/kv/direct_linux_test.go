package kv

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// closeLog closes the segment in use under the database, however it is written.
func (p *plug) closeLog() {
	p.t.Helper()
	s := p.db.redo.current
	if w, ok := s.records.(*directWriter); ok {
		require.NoError(p.t, w.direct.Close())
	}
	require.NoError(p.t, s.file.Close())
}

func directSegment(t *testing.T) (*segment, *directWriter) {
	t.Helper()
	s := testSegment(t, func(f *os.File) recordWriter { return directWriterOf(t, f) })
	return s, s.records.(*directWriter)
}

func TestWriteThatTheKernelDoesNotBegin(t *testing.T) {
	s, w := directSegment(t)
	s.appendTest(t, 1, 5000)
	s.syncTest(t)
	direct := w.direct
	var err error
	w.direct, err = os.Open(filepath.Dir(s.file.Name())) // takes no writes
	require.NoError(t, err)
	defer w.direct.Close()
	s.appendTest(t, 2, 5001)
	s.syncTest(t)
	require.True(t, w.refused)
	require.Equal(t, []int{5000, 5001}, lengths(t, s), "it is written in the usual way")

	w.direct = direct
	s.appendTest(t, 3, 5002)
	s.syncTest(t)
	require.False(t, w.refused)
	assert.Equal(t, []int{5000, 5001, 5002}, lengths(t, s))
}

func TestWriteThatTheKernelDoesNotBeginIsSynced(t *testing.T) {
	s, w := directSegment(t)
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0) // takes writes, and refuses to be synced
	require.NoError(t, err)
	defer null.Close()
	w.cached = null
	direct := w.direct
	w.direct, err = os.Open(filepath.Dir(s.file.Name())) // takes no writes
	require.NoError(t, err)
	defer w.direct.Close()
	s.appendTest(t, 1, 5000)
	w.begin()
	require.True(t, w.refused)
	require.ErrorIs(t, w.await(), unix.EINVAL)
	w.direct = direct
}

// As many records as may wait for a sync find room, each as large as it may be.
func TestRecordsThatWaitForASyncHaveTheirBound(t *testing.T) {
	s, _ := directSegment(t)
	s.appendTest(t, 1, 100)
	s.syncTest(t)
	largest := make([]byte, maxRedo)
	for n := range uint64(1 + maxUnsynced) {
		require.NoError(t, s.reserve(maxRedo))
		require.NoError(t, s.append(2+n, 1, largest))
	}
	require.NoError(t, s.reserve(maxRedo))
	require.ErrorIs(t, s.append(9, 1, largest), io.ErrShortBuffer)
	s.syncTest(t)
	assert.Equal(t, []int{100, maxRedo - recordHeader, maxRedo - recordHeader, maxRedo - recordHeader}, lengths(t, s))
}

func TestResultOfADirectWrite(t *testing.T) {
	tests := map[string]struct {
		result int64
		want   error
	}{
		"is all bytes":       {4096, nil},
		"is an error":        {-int64(unix.EIO), unix.EIO},
		"is some bytes only": {512, io.ErrShortWrite},
		"is nothing":         {0, io.ErrShortWrite},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			assert.ErrorIs(t, (&ioEvent{result: test.result}).failure(4096), test.want)
		})
	}
}

func TestDirectWriteThatTheDiskFails(t *testing.T) {
	_, w := directSegment(t)
	beyond := int64(math.MaxInt64 &^ (directBlock - 1)) // where no file can be written
	require.NoError(t, w.queue.write(w.direct, w.filling[:directBlock], beyond-directBlock))
	assert.ErrorIs(t, w.queue.await(directBlock), unix.EFBIG)
}

// A write that has ended is durable because the file is opened so: no test that
// does not cut the power could tell otherwise.
func TestEachDirectWriteIsDurableByItself(t *testing.T) {
	_, w := directSegment(t)
	flags, err := unix.FcntlInt(w.direct.Fd(), unix.F_GETFL, 0)
	require.NoError(t, err)
	assert.Equal(t, unix.O_DSYNC|unix.O_DIRECT, flags&(unix.O_DSYNC|unix.O_DIRECT))
}

func TestRoomThatIsNotDurableIsMadeAgain(t *testing.T) {
	s, w := directSegment(t)
	direct := w.direct
	var err error
	w.direct, err = os.Open(os.DevNull) // refuses to be synced
	require.NoError(t, err)
	defer w.direct.Close()
	for range 2 {
		require.ErrorIs(t, s.reserve(zeroedAhead), unix.EINVAL)
	}
	w.direct = direct
	s.appendTest(t, 1, zeroedAhead)
	s.syncTest(t)
	assert.Equal(t, []int{zeroedAhead}, lengths(t, s))
}

func TestLargeRecordFromMemoryThatIsLocked(t *testing.T) {
	s, w := directSegment(t)
	for _, buffer := range [][]byte{w.filling, w.flying} {
		if err := unix.Mlock(buffer[:directBlock]); err != nil {
			t.Skipf("no memory may be locked: %s", err)
		}
	}
	s.appendTest(t, 1, directKept+1)
	s.syncTest(t)
	assert.Equal(t, []int{directKept + 1}, lengths(t, s))
}

// held is what the process has of the kernel: open files, queues of Linux AIO, and
// pages of address space.
func held(t *testing.T) (files, queues, pages int) {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	size, err := os.ReadFile("/proc/self/statm")
	require.NoError(t, err)
	_, err = fmt.Sscan(string(size), &pages)
	require.NoError(t, err)
	return len(open), bytes.Count(maps, []byte("/[aio]")), pages
}

func TestDirectWriterLeavesNothingBehind(t *testing.T) {
	const times = 16
	tests := map[string]func(t *testing.T){
		"when it is closed": func(t *testing.T) {
			s, err := createSegment(filepath.Join(t.TempDir(), "redo"), func(f *os.File) recordWriter { return directWriterOf(t, f) })
			require.NoError(t, err)
			require.NoError(t, s.close())
		},
		"when there can be none": func(t *testing.T) {
			sealed, err := unix.MemfdCreate("redo", unix.MFD_ALLOW_SEALING) // takes no writes
			require.NoError(t, err)
			defer unix.Close(sealed)
			_, err = unix.FcntlInt(uintptr(sealed), unix.F_ADD_SEALS, unix.F_SEAL_WRITE)
			require.NoError(t, err)
			file, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", sealed), os.O_RDWR, 0)
			require.NoError(t, err)
			defer file.Close()
			_, err = newDirectWriter(file)
			require.Error(t, err)
		},
	}
	for name, once := range tests {
		t.Run(name, func(t *testing.T) {
			once(t)
			files, queues, pages := held(t)
			for range times {
				once(t)
			}
			filesNow, queuesNow, pagesNow := held(t)
			assert.Equal(t, files, filesNow)
			assert.Equal(t, queues, queuesNow)
			assert.Less(t, (pagesNow-pages)*os.Getpagesize(), times*directRoom, "the runtime may have taken some")
		})
	}
}

func TestFileWithoutDirectWritesIsWrittenThroughTheCache(t *testing.T) {
	file, err := os.Open(t.TempDir())
	require.NoError(t, err)
	defer file.Close()
	w := newRecordWriter(file)
	require.IsType(t, &cachedWriter{}, w)
	assert.ErrorIs(t, w.(*cachedWriter).why, unix.EISDIR)
}
