package store_test

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"crms/store"
	"crms/store/crm"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// failDisk lets the disk refuse what is written to the log from now on.
func (s *shop) failDisk() {
	s.t.Helper()
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	require.NoError(s.t, err)
	defer full.Close()
	names, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(s.t, err)
	for _, name := range names {
		if file, _ := os.Readlink(name); file == filepath.Join(s.dir, "crms.db-redo0") {
			fd, err := strconv.Atoi(filepath.Base(name))
			require.NoError(s.t, err)
			require.NoError(s.t, syscall.Dup3(int(full.Fd()), fd, 0))
		}
	}
}

func TestNothingIsDueAfterTheDiskHasFailed(t *testing.T) {
	s := newTellingShop(t)
	c := s.add()
	s.setStatus(c.ID, crm.Inactive)
	s.failDisk()
	assert.Equal(t, crm.Unavailable, refused(s, store.SetStatus{Change: s.change(), ID: c.ID, Status: crm.Active, Reason: "why"}).Kind)
	require.True(t, s.Stopped())
	due, _, err := s.Due(s.now, 100)
	require.ErrorContains(t, err, "nothing can be written any more")
	assert.Empty(t, due)
	var told []crm.Status
	for _, e := range s.outbox() {
		told = append(told, e.Status)
	}
	assert.Contains(t, [][]crm.Status{{crm.Inactive}, {crm.Inactive, crm.Active}}, told,
		"it can still be looked at: what was answered, and no more than what a direct write has not made durable")
}
