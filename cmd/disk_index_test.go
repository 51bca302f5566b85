package cmd

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDiskOfTheIndexFails lets the disk refuse one kind of system call on the files
// that the next change of the search index needs.
func TestDiskOfTheIndexFails(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct {
		files func(t *testing.T, store string) []string
		calls string
	}{
		"its root cannot be written":  {root, "pwrite64,fdatasync"},
		"a segment cannot be made":    {nextSegments, "openat"},
		"a segment cannot be written": {nextSegments, "write,pwrite64"},
		"a segment cannot be synced":  {nextSegments, "fsync,fdatasync"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			p, w := serveWriter(t, data)
			require.True(t, w.create(), w.failure)
			w.check(t)
			mend := tamper(t, p, fault.calls, "error=EIO", fault.files(t, indexStore(t, data))...)
			require.True(t, w.create(), w.failure)

			// The readiness says so, and searches that would miss something are refused.
			w.awaitReady(t, `"search":{"state":"degraded","reason":"index failed: it cannot be written`)
			assert.Equal(t, http.StatusServiceUnavailable, w.ask(t, http.MethodGet, "/api/customers/search?q=example.com", "").status)
			assert.Equal(t, http.StatusOK, w.ask(t, http.MethodGet, "/api/customers", "").status)

			mend()
			w.awaitReady(t, `"search":{"state":"ok"}`)
			w.check(t)
			requireDone(t, execute(t, "verify", "--data", data))
		})
	}
}

// indexStore is the folder of Bleve's files, once there is no other one.
func indexStore(t *testing.T, data string) (folder string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		found, err := filepath.Glob(filepath.Join(data, "search", "index-*", "store"))
		require.NoError(c, err)
		require.Len(c, found, 1)
		folder = found[0]
	}, patience, time.Millisecond)
	return folder
}

func root(_ *testing.T, store string) []string { return []string{filepath.Join(store, "root.bolt")} }

// segments are the index's other files, which have numbers.
func segments(t *testing.T, store string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(store, "*.zap"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

// nextSegments are those that come next.
func nextSegments(t *testing.T, store string) (paths []string) {
	t.Helper()
	last := slices.Max(segments(t, store))
	number, err := strconv.ParseUint(strings.TrimSuffix(filepath.Base(last), ".zap"), 16, 64)
	require.NoError(t, err)
	for n := range uint64(100) {
		paths = append(paths, filepath.Join(store, fmt.Sprintf("%012x.zap", number+1+n)))
	}
	return paths
}

// TestIndexIsCutShortUnderTheServer takes away the end of the index's only large
// file. Bleve's own goroutines meet that when they merge it with the next ones: the
// process goes on, and the index is built anew as soon as a search meets it too, or
// at the next start.
func TestIndexIsCutShortUnderTheServer(t *testing.T) {
	t.Parallel()
	for name, eighths := range map[string]int64{"to nothing": 0, "to a quarter": 2, "to half": 4, "to most": 7} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := sampleData(t, 900)
			p, w := serveWriter(t, data)
			w.awaitReady(t, `"search":{"state":"ok"}`)
			cut := func() { cutLargest(t, indexStore(t, data), eighths) }
			cut()
			for range 60 {
				require.True(t, w.create(), "%v: %s", w.failure, p.stderr)
			}
			w.awaitIndexProved(t, data)
			w.check(t)

			cut()
			p.kill(t)
			w.serve(t, data)
			w.awaitIndexProved(t, data)
			w.touchAll()
			w.check(t)
		})
	}
}

// cutLargest leaves so many eighths of the largest segment, the newest of those that
// are as large. Bleve may take away the one it was, which it has merged into another.
func cutLargest(t *testing.T, store string, eighths int64) {
	t.Helper()
	require.Eventually(t, func() bool {
		var largest string
		var size int64
		for _, file := range segments(t, store) {
			if info, err := os.Stat(file); err == nil && info.Size() >= size {
				largest, size = file, info.Size()
			}
		}
		return os.Truncate(largest, size*eighths/8) == nil
	}, patience, time.Millisecond)
}

// awaitIndexProved searches until the running server finds store and index sound. It
// gives up the index after a minute where the goroutine of Bleve's that was to write
// has ended without a word.
func (w *writer) awaitIndexProved(t *testing.T, data string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Equal(c, http.StatusOK, w.ask(t, http.MethodGet, "/api/customers/search?q=example.com", "").status)
		got := execute(t, "verify", "--data", data)
		assert.Equal(c, exitOK, got.code, got.stderr)
		assert.NotContains(c, got.stdout, "not compared")
	}, time.Minute+patience, 100*time.Millisecond)
}
