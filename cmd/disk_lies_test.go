package cmd

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDiskThatLies has a disk that says it has synced what it has not, under a
// server that is killed. The kernel has what was written, and a kill takes nothing
// from it: nothing is lost. What such a disk loses when the power goes no program
// can help; powercut_test.go has the disks that keep their word.
func TestDiskThatLies(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	all := numbered(0, 4)
	p, url := serveProcess(t, data)
	token := "Bearer " + mint(t, someSecret, anAdmin, time.Now())
	each(all, func(w *writer) { w.connect(url, token) })
	pretend(t, p, "fdatasync,fsync")
	underLoad(all, 150, func() { p.signal(t, syscall.SIGKILL) })
	p.wait(t)
	requireSound(t, data)

	_, url = serveProcess(t, data)
	each(all, func(w *writer) {
		require.NoError(t, w.failure)
		w.connect(url, token)
		w.check(t)
	})
}
