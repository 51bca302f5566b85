//go:build linux

// Package smalldisk gives tests a disk of a few megabytes, which they can fill.
package smalldisk

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Disk is a file system in memory.
type Disk struct {
	Dir     string // where it is mounted, for its owner alone
	ballast string
}

// Mount mounts a disk with the options of tmpfs, such as "size=64m", until the test
// ends. That takes the rights of root: the test is skipped where it does not have
// them.
func Mount(t testing.TB, options string) Disk {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,"+options); err != nil {
		t.Skipf("a test of a full disk must mount a small one, and cannot: %v", err)
	}
	t.Cleanup(func() { assert.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return Disk{dir, filepath.Join(dir, "ballast")}
}

// Fill leaves so many bytes free, or fewer where somebody else writes meanwhile. What
// takes the others is a file named ballast.
func (d Disk) Fill(t testing.TB, free int64) {
	t.Helper()
	var s syscall.Statfs_t
	require.NoError(t, syscall.Statfs(d.Dir, &s))
	size := int64(s.Bavail)*int64(s.Bsize) - free
	require.Positive(t, size)
	if err := os.WriteFile(d.ballast, make([]byte, size), 0o600); !errors.Is(err, syscall.ENOSPC) {
		require.NoError(t, err)
	}
}

// Free gives back what Fill has taken.
func (d Disk) Free(t testing.TB) {
	t.Helper()
	require.NoError(t, os.Remove(d.ballast))
}
