package search

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

func TestOutcomeOfARebuild(t *testing.T) {
	t.Run("that failed stays so when the index is as it should be again", func(t *testing.T) {
		src := someone()
		x := open(t, src)
		cause := errors.New("a page cannot be read")
		src.edit(func() { src.err = cause })
		outcome := reindex(t, x)
		require.ErrorIs(t, outcome.Await(t.Context()), cause)
		assert.Equal(t, Failed, x.Status().State)
		src.edit(func() { src.err = nil })
		awaitOK(t, x)
		require.ErrorIs(t, outcome.Await(t.Context()), cause)
		require.NoError(t, reindex(t, x).Await(t.Context()))
	})
	t.Run("is not that of a change that cannot be written meanwhile", func(t *testing.T) {
		src := someone()
		x := open(t, src)
		letGo := src.hold()
		outcome := reindex(t, x)
		await(t, func() bool { return x.Status().Total > 0 }) // its first walk is next
		src.edit(func() { src.err = errors.New("a page cannot be read") })
		await(t, func() bool { return x.Status().State == Failed })
		src.edit(func() { src.err = nil })
		letGo()
		require.NoError(t, outcome.Await(t.Context()))
	})
	t.Run("is an error when the index is closed before", func(t *testing.T) {
		src := someone()
		x := open(t, src)
		letGo := src.hold()
		outcome := reindex(t, x)
		x.stop()
		letGo()
		require.ErrorIs(t, outcome.Await(t.Context()), errClosed)
		<-x.stopped
		_, err := x.Reindex()
		require.ErrorIs(t, err, errClosed)
	})
	t.Run("is not waited for by who has gone", func(t *testing.T) {
		src := someone()
		x := open(t, src)
		letGo := src.hold()
		outcome := reindex(t, x)
		gone, leave := context.WithCancel(t.Context())
		leave()
		require.ErrorIs(t, outcome.Await(gone), context.Canceled)
		letGo()
		require.NoError(t, outcome.Await(t.Context()))
	})
}

// shortened does something when all contacts were read.
type shortened struct {
	*memory
	atEnd func()
}

func (s shortened) ContactsAfter(after crm.ID, limit int) ([]crm.Contact, error) {
	contacts, err := s.memory.ContactsAfter(after, limit)
	if len(contacts) == 0 {
		s.atEnd()
	}
	return contacts, err
}

// TestARebuildWhoseFilesAreCutShort ends: it does not wait for Bleve's merger, which
// has come upon them.
func TestARebuildWhoseFilesAreCutShort(t *testing.T) {
	src := shortened{memory: population{seed: 3, customers: 2 * rebuildBatch}.memory(), atEnd: func() {}}
	dir := t.TempDir()
	x, err := Open(&src, Options{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, x.Close()) })
	awaitOK(t, x)
	before := x.volume()

	src.atEnd = func() {
		next := filepath.Join(dir, "index-000002", "store", "*.zap")
		var files []string
		await(t, func() bool { files, err = filepath.Glob(next); return len(files) == 2 })
		for _, file := range files {
			assert.NoError(t, os.Truncate(file, 0))
		}
	}
	require.Error(t, reindex(t, x).Await(t.Context()))
	assert.Same(t, before, x.volume(), "the old one answers")

	src.atEnd = func() {}
	require.NoError(t, reindex(t, x).Await(t.Context()))
	assert.NoDirExists(t, before.path)
}
