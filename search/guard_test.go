package search

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

// twoSegments is a volume with two segments, so large that Bleve does not merge them
// by itself.
func twoSegments(t *testing.T) *volume {
	t.Helper()
	v, err := createVolume(filepath.Join(t.TempDir(), "index"), "first")
	require.NoError(t, err)
	for batch := range 2 {
		var contacts []crm.Contact
		for n := range 2000 {
			contacts = append(contacts, contact(2000*batch+n+1, "John Doe", "john@example.com", ""))
		}
		require.NoError(t, v.write(contacts, nil, uint64(batch+1)))
	}
	return v
}

// TestAMergeOfFilesThatWereCutShort faults in Bleve's merger: neither does the
// process end, nor is a merge waited for that nobody makes any more.
func TestAMergeOfFilesThatWereCutShort(t *testing.T) {
	v := twoSegments(t)
	files, err := filepath.Glob(filepath.Join(v.path, "store", "*.zap"))
	require.NoError(t, err)
	require.Len(t, files, 2)
	for _, file := range files {
		require.NoError(t, os.Truncate(file, 0))
	}
	require.ErrorIs(t, v.compact(t.Context()), errTorn)
	assert.NoError(t, v.close())
}

// TestAMergeThatFails has no file to merge into: the merger does not try again and
// again as fast as it can.
func TestAMergeThatFails(t *testing.T) {
	v := twoSegments(t)
	for n := range 20 { // of the names that come next
		inTheWay := filepath.Join(v.path, "store", fmt.Sprintf("%012x.zap", 4+n), "file")
		// Bleve removes what it does not know, for as long as it is empty.
		await(t, func() bool { return os.MkdirAll(inTheWay, 0o700) == nil })
	}
	require.ErrorIs(t, v.compact(t.Context()), errNotMerged)
	await(t, func() bool {
		stacks := make([]byte, 1<<20)
		return strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "search.pause(")
	})
	assert.NoError(t, v.close())
}

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		pause(scorch.NewScorchError("merger", "merging err: no space left on device", scorch.ErrPersist), "index")
		assert.Equal(t, retryAfter, time.Since(start))
		pause(scorch.NewScorchError("merger", "panic", scorch.ErrAsyncPanic), "index")
		assert.Equal(t, retryAfter, time.Since(start), "who has ended does not try again")
	})
}
