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
	src.put(contact(3, "John Poe", "poe@example.com", ""))
	find(t, x, "poe") // there is a second segment
	v := x.volume()
	before, err := v.snapshot()
	require.NoError(t, err)
	defer func() { assert.NoError(t, before.close()) }()
	require.NoError(t, v.compact(context.Background()))
	old := before.files()[0]
	await(t, func() bool { _, err := os.Stat(old); return errors.Is(err, fs.ErrNotExist) })

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
