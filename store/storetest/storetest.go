// Package storetest gives tests a real store that proves its own integrity
// when the test ends.
package storetest

import (
	"io"
	"log/slog"
	"testing"

	"crms/store"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Open opens a store in a temporary folder. When the test ends the store is
// verified and closed; a finding fails the test.
func Open(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	return OpenIn(t, t.TempDir(), o)
}

// OpenIn is [Open] in a folder of the caller's.
func OpenIn(t testing.TB, dir string, o store.Options) *store.Store {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	s, err := store.Open(dir, o)
	require.NoError(t, err)
	t.Cleanup(func() {
		Verify(t, s)
		assert.NoError(t, s.Close())
	})
	return s
}

// Verify fails the test for each finding of [store.Store.Verify].
func Verify(t testing.TB, s *store.Store) {
	t.Helper()
	findings, err := s.Verify()
	assert.NoError(t, err)
	for _, f := range findings {
		assert.Fail(t, "the store is not sound", string(f))
	}
}

// Prove opens the store in the folder, verifies it, and closes it.
func Prove(t testing.TB, dir string) {
	t.Helper()
	s, err := store.Open(dir, store.Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	require.NoError(t, err)
	Verify(t, s)
	require.NoError(t, s.Close())
}
