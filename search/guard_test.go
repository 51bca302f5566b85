package search

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

// TestAMergeOfFilesThatWereCutShort faults in Bleve's merger: neither does the
// process end, nor is a merge waited for that nobody makes any more.
func TestAMergeOfFilesThatWereCutShort(t *testing.T) {
	v, err := createVolume(filepath.Join(t.TempDir(), "index"), "first")
	require.NoError(t, err)
	for batch := range 2 { // so large that Bleve does not merge them by itself
		var contacts []crm.Contact
		for n := range 2000 {
			contacts = append(contacts, contact(2000*batch+n+1, "John Doe", "john@example.com", ""))
		}
		require.NoError(t, v.write(contacts, nil, uint64(batch+1)))
	}
	files, err := filepath.Glob(filepath.Join(v.path, "store", "*.zap"))
	require.NoError(t, err)
	require.Len(t, files, 2)
	for _, file := range files {
		require.NoError(t, os.Truncate(file, 0))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	require.ErrorIs(t, v.compact(ctx), context.DeadlineExceeded)
	assert.NoError(t, v.close())
}
