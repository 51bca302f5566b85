package backup

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScheduleOnAFullDisk(t *testing.T) {
	c := newSchedule(t)
	require.NoError(t, os.MkdirAll(c.Dir, 0o700))
	if err := syscall.Mount("tmpfs", c.Dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("a test of a full disk must mount a small one, and cannot: %v", err)
	}
	t.Cleanup(func() { assert.NoError(t, syscall.Unmount(c.Dir, syscall.MNT_DETACH)) })
	c.at(0)
	ballast := filepath.Join(c.Dir, "ballast")
	require.ErrorIs(t, os.WriteFile(ballast, make([]byte, 1<<20), 0o600), syscall.ENOSPC)

	for attempt := range time.Duration(3) {
		assert.Equal(t, retryEvery, c.at(anHour+retryEvery*attempt))
		last, failed := c.Last()
		requireOneLine(t, failed)
		assert.ErrorIs(t, failed, syscall.ENOSPC)
		assert.Equal(t, noon, last)
		c.assertFiles("ballast", "1200")
	}
	left, err := filepath.Glob(filepath.Join(dirOf(c.Store, t), "snapshot-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
	require.NoError(t, os.Remove(ballast))
	assert.Equal(t, anHour, c.at(2*anHour))
	c.assertFiles("1200", "1400")
	c.assertLast(2 * anHour)
}
