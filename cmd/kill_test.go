package cmd

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestKill kills a server under load, again and again. Each time what was
// answered must be there, in the store and in the search index, what was refused
// must not, and what was not answered must have happened wholly or not at all.
// ATHS must have heard of each change, in order.
func TestKill(t *testing.T) {
	t.Parallel()
	const writers = 8
	data, aths := t.TempDir(), newHearing(t)
	serve := func() (*process, string) {
		p := startProcess(t, []string{"CRMS_JWT_SECRET=" + someSecret}, "serve", "--data", data, "--addr", "127.0.0.1:0", "--aths-url", aths.URL)
		return p, "http://" + p.find(t, p.stderr, `msg=serving addr=(\S+)`)
	}
	r := rand.New(rand.NewPCG(9, 9)) // any numbers will do; when the server dies is never the same
	all := numbered(0, writers)
	each(all, func(w *writer) { w.keep, w.searches = 50, 20 })
	var answered int64
	for range soakRounds(6) {
		p, url := serve()
		token := "Bearer " + mint(t, someSecret, anAdmin, time.Now())
		each(all, func(w *writer) { w.connect(url, token) })
		each(all, func(w *writer) { w.check(t) })
		require.False(t, t.Failed(), "what was answered before the last kill is there")

		answered += underLoad(all, int64(20+r.IntN(400)), func() { p.signal(t, syscall.SIGKILL) })
		p.wait(t)
		each(all, func(w *writer) { require.NoError(t, w.failure) })
		requireSound(t, data)
	}
	p, url := serve()
	each(all, func(w *writer) { w.connect(url, w.token) })
	each(all, func(w *writer) { w.check(t) })
	aths.requireAll(t, all)
	p.signal(t, syscall.SIGTERM)
	assert.Equal(t, exitOK, p.wait(t).code)
	requireSound(t, data)
	t.Logf("%d requests answered, %d customers left, ATHS heard %d times what it knew", answered, countCustomers(all), aths.repeats)
}

// each runs a step of every writer at once.
func each(all []*writer, step func(*writer)) {
	var g sync.WaitGroup
	for _, w := range all {
		g.Go(func() { step(w) })
	}
	g.Wait()
}

// underLoad lets all write, and kills the server when so many writes have been
// answered. It returns how many were in the end.
func underLoad(all []*writer, until int64, kill func()) int64 {
	var answered atomic.Int64
	each(all, func(w *writer) {
		for w.write() {
			if answered.Add(1) == until {
				kill()
			}
		}
	})
	return answered.Load()
}

// requireSound proves a copy of the data folder, so that the next server meets it
// as the kill has left it.
func requireSound(t *testing.T, data string) {
	t.Helper()
	folder := t.TempDir()
	copyData(t, data, folder)
	got := run(nil, "verify", "--data", folder)
	require.Equal(t, exitOK, got.code, got.stdout+got.stderr)
	require.Contains(t, got.stdout, "is sound")
}

// copyData copies the files of a data folder, and not the socket of a server.
func copyData(t *testing.T, data, to string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(data, func(path string, e fs.DirEntry, err error) error {
		target := filepath.Join(to, path[len(data):])
		switch {
		case err != nil:
			return err
		case e.IsDir():
			return os.MkdirAll(target, 0o700)
		case !e.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o600)
	}))
}

func countCustomers(all []*writer) (n int) {
	for _, w := range all {
		n += len(w.customers)
	}
	return n
}
