package backup

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"crms/store/storetest/smalldisk"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScheduleOnAFullDisk(t *testing.T) {
	c, disk := newSchedule(t), smalldisk.Mount(t, "size=1m")
	c.Dir = disk.Dir
	c.at(0)
	disk.Fill(t, 0)

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
	disk.Free(t)
	assert.Equal(t, anHour, c.at(2*anHour))
	c.assertFiles("1200", "1400")
	c.assertLast(2 * anHour)
}
