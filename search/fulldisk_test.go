package search

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

func TestAFullDiskIsWaitedOut(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a test of a full disk must mount a small one, and cannot: %v", err)
	}
	t.Cleanup(func() { assert.NoError(t, syscall.Unmount(disk, syscall.MNT_DETACH)) })
	src := someone()
	x := openIn(t, src, filepath.Join(disk, "search"))
	awaitOK(t, x)
	before, err := x.folders.current()
	require.NoError(t, err)

	ballast := filepath.Join(disk, "ballast")
	err = os.WriteFile(ballast, make([]byte, 4<<20), 0o600)
	require.ErrorIs(t, err, syscall.ENOSPC)
	src.put(contact(3, "Jim Poe", "jim@example.com", ""))
	await(t, func() bool { return x.Status().State == Failed })
	for range 3 { // attempts, after each of which the index is opened again
		v := x.volume()
		await(t, func() bool { return x.volume() != v && x.volume() != nil })
	}
	assert.Equal(t, uint64(1), x.Status().Lag)
	_, err = x.Search(t.Context(), Query{Text: "john", Limit: 10})
	assertKind(t, crm.Unavailable, err)

	require.NoError(t, os.Remove(ballast))
	awaitOK(t, x)
	assert.Equal(t, ids(3), find(t, x, "jim"))
	assert.Equal(t, ids(1), find(t, x, "john"))
	after, err := x.folders.current()
	require.NoError(t, err)
	assert.Equal(t, before, after, "it need not be built anew")
	findings, err := x.Verify(t.Context())
	require.NoError(t, err)
	assert.Empty(t, findings)
}
