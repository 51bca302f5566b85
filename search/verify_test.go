package search

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVerifyBesideMerges(t *testing.T) {
	src := someone()
	x := openIn(t, src, t.TempDir())
	awaitOK(t, x)
	v := x.volume()
	var before *snapshot
	for n := 3; before == nil; n++ { // Bleve may merge a segment at once
		src.put(contact(n, "John Poe", "", ""))
		find(t, x, "poe")
		s, err := v.snapshot()
		require.NoError(t, err)
		if len(s.files()) > 1 {
			before = s
		} else {
			require.NoError(t, s.close())
		}
	}
	defer func() { assert.NoError(t, before.close()) }()
	require.NoError(t, v.compact(context.Background()))
	merged := before.files()[0]
	err := os.Remove(merged) // unless Bleve has been here first
	require.True(t, err == nil || errors.Is(err, fs.ErrNotExist), err)

	t.Run("a file that was merged into another meanwhile is not missed", func(t *testing.T) {
		findings, err := v.damagedFiles(before)
		require.NoError(t, err)
		assert.Empty(t, findings)
	})
	t.Run("one that the index has now is", func(t *testing.T) {
		now, err := v.snapshot()
		require.NoError(t, err)
		defer func() { assert.NoError(t, now.close()) }()
		require.NoError(t, os.Remove(now.files()[0]))
		findings, err := x.Verify(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"search index: file " + now.files()[0] + " is missing"}, findings)
	})
}
