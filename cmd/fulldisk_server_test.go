package cmd

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/storetest/smalldisk"
)

// TestCheckpointsOnAFullDisk writes on, on a disk that is as good as full, until the
// redo log turns to its other segment: a checkpoint takes no room.
func TestCheckpointsOnAFullDisk(t *testing.T) {
	t.Parallel()
	d := smalldisk.Mount(t, "size=64m")
	data := filepath.Join(d.Dir, "data")
	p, w := serveWriter(t, data)
	require.True(t, w.create(), w.failure)
	for range 2 {
		w.untilTheLogTurns(t, data)
	}
	d.Fill(t, 256<<10)
	w.untilTheLogTurns(t, data)

	p.kill(t)
	p = w.serve(t, data)
	w.check(t)
	p.signal(t, syscall.SIGTERM)
	require.Equal(t, exitOK, p.wait(t).code)
	d.Free(t)
	requireSound(t, data)
}

// untilTheLogTurns changes the customer's status until a checkpoint has begun.
func (w *writer) untilTheLogTurns(t *testing.T, data string) {
	t.Helper()
	inUse := func() string {
		header := make([]byte, 16) // a name, and the number of the turn
		f, err := os.Open(filepath.Join(data, "crms.db-redo0"))
		require.NoError(t, err)
		_, err = f.Read(header)
		require.NoError(t, errors.Join(err, f.Close()))
		return string(header)
	}
	before := inUse()
	for range 2000 {
		require.True(t, w.setStatus(w.customers[0]), w.failure)
		require.NoError(t, w.failure)
		if inUse() != before {
			return
		}
	}
	require.Fail(t, "no checkpoint")
}

// TestStartOnAFullDisk starts servers without room for anything: what can be read
// is, and when there is room the rest goes on without another start.
func TestStartOnAFullDisk(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, data string) *writer{
		"after a stop": func(t *testing.T, data string) *writer { return written(t, data, syscall.SIGTERM) },
		"after a kill": func(t *testing.T, data string) *writer { return written(t, data, syscall.SIGKILL) },
		"without an index": func(t *testing.T, data string) *writer {
			w := written(t, data, syscall.SIGTERM)
			require.NoError(t, os.RemoveAll(filepath.Join(data, "search")))
			return w
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := smalldisk.Mount(t, "size=64m")
			data := filepath.Join(d.Dir, "data")
			w := prepare(t, data)
			d.Fill(t, 0)
			p := w.serve(t, data)
			for _, c := range w.customers {
				found, there := w.fetch(t, c.id)
				require.True(t, there)
				assert.Equal(t, c.seen(), found)
			}
			assert.Contains(t, w.ask(t, "GET", "/readyz", "").body, `"store":{"state":"degraded","reason":"the disk is nearly full: `)

			d.Free(t)
			require.True(t, w.create(), w.failure)
			w.awaitReady(t, `"search":{"state":"ok"}`)
			w.touchAll()
			w.check(t)
			p.signal(t, syscall.SIGTERM)
			require.Equal(t, exitOK, p.wait(t).code)
			requireSound(t, data)
		})
	}
	t.Run("of a new store is refused, and works when there is room", func(t *testing.T) {
		t.Parallel()
		d := smalldisk.Mount(t, "size=64m")
		data := filepath.Join(d.Dir, "data")
		d.Fill(t, 0)
		assert.Contains(t, serveRefused(t, data), "no space left on device")
		d.Free(t)
		serveProcess(t, data)
	})
}

// written makes a store with some customers in the folder, by a server that is
// ended with the signal.
func written(t *testing.T, data string, end syscall.Signal) *writer {
	t.Helper()
	p, w := serveWriter(t, data)
	for range 20 {
		require.True(t, w.create(), w.failure)
	}
	w.check(t)
	p.signal(t, end)
	p.wait(t)
	return w
}

func TestScheduledBackupOnAFullDiskShowsOnReadyz(t *testing.T) {
	t.Parallel()
	d := smalldisk.Mount(t, "size=1m")
	d.Fill(t, 0)
	v := startService(t, noon, "--backup-dir", d.Dir)
	require.Eventually(t, func() bool { _, failed := v.backups.Last(); return failed != nil }, patience, time.Millisecond)
	status, answer := v.call(t, "GET", "/readyz", "")
	assert.Equal(t, 200, status)
	assert.Contains(t, answer, `"backup":{"state":"degraded","reason":"there is no good backup: the last attempt failed (no space left on device), see the log"}`)
	assert.Equal(t, []string{"ballast"}, entries(t, d.Dir))
}
