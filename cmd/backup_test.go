package cmd

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store"
	"crms/store/sample"
)

// sampleData is a data folder with n customers and their ledgers.
func sampleData(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s, err := store.Open(dir, store.Options{})
	require.NoError(t, err)
	var g sync.WaitGroup
	for c := range sample.Customers(n, 7, noon) {
		g.Go(func() {
			_, err := store.Do(context.Background(), s, loadOf(c))
			assert.NoError(t, err)
		})
	}
	g.Wait()
	require.NoError(t, s.Close())
	return dir
}

// execute runs a command line as a process of its own, to its end.
func execute(t *testing.T, args ...string) outcome {
	t.Helper()
	return startProcess(t, nil, args...).wait(t)
}

// requireDone wants a command that has succeeded.
func requireDone(t *testing.T, got outcome) outcome {
	t.Helper()
	require.Equal(t, exitOK, got.code, got.stdout+got.stderr)
	return got
}

// numbered are so many writers with numbers from the first on.
func numbered(first, n int) (all []*writer) {
	for i := range n {
		all = append(all, &writer{number: first + i, random: rand.New(rand.NewPCG(uint64(first+i), 1))})
	}
	return all
}

// entries lists a folder.
func entries(t *testing.T, dir string) []string {
	t.Helper()
	found, err := os.ReadDir(dir)
	require.NoError(t, err)
	names := []string{}
	for _, e := range found {
		names = append(names, e.Name())
	}
	return names
}

// TestBackupBesideWriters takes backups of a server that is being written to.
// Whatever was answered before a backup began must be in it.
func TestBackupBesideWriters(t *testing.T) {
	t.Parallel()
	data, target := t.TempDir(), t.TempDir()
	p, url := serveProcess(t, data)
	token := "Bearer " + mint(t, someSecret, anAdmin, time.Now())
	before, beside := numbered(0, 2), numbered(2, 2)
	each(append(before, beside...), func(w *writer) { w.connect(url, token) })
	each(before, func(w *writer) {
		for range 10 {
			w.write()
		}
	})
	stop := make(chan struct{})
	var writing sync.WaitGroup
	for _, w := range beside {
		writing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					w.write()
				}
			}
		})
	}
	path := filepath.Join(target, "crms.backup")
	toFile := requireDone(t, execute(t, "backup", "--data", data, path))
	piped := requireDone(t, execute(t, "backup", "--data", data, "-"))
	again := requireDone(t, execute(t, "backup", "--data", data, path))
	close(stop)
	writing.Wait()
	each(append(before, beside...), func(w *writer) { assert.NoError(t, w.failure) })

	t.Run("it tells what it has written", func(t *testing.T) {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Regexp(t, `^backed up \d+ customers, \d+ orders, \d+ complaints as of \S+ \S+ UTC \(generation [0-9a-f]{8}, change \d+\)\n`, toFile.stdout)
		assert.True(t, strings.HasSuffix(again.stdout, fmt.Sprintf("\n%s: %d bytes, SHA-256 %x\n", path, len(content), sha256.Sum256(content))), again.stdout)
		assert.Empty(t, toFile.stderr)
	})
	t.Run("to standard output it writes nothing but the backup", func(t *testing.T) {
		assert.Regexp(t, `^backed up \d+ customers, .*\n$`, piped.stderr)
	})
	t.Run("nothing else is left of it", func(t *testing.T) {
		assert.Equal(t, []string{"crms.backup"}, entries(t, target))
		assert.ElementsMatch(t, []string{"crms.db", "crms.db-redo0", "crms.db-redo1", "crms.sock", "search"}, entries(t, data))
	})
	p.signal(t, syscall.SIGTERM)
	require.Equal(t, exitOK, p.wait(t).code)

	for how, file := range map[string]string{"the file": path, "what was piped": writeFile(t, piped.stdout)} {
		t.Run(how+" brings back all that was answered before", func(t *testing.T) {
			fresh := filepath.Join(t.TempDir(), "data")
			assert.Contains(t, requireDone(t, run(nil, "verify", file)).stdout, file+" is sound: ")
			requireDone(t, execute(t, "restore", "--data", fresh, file))
			assert.Contains(t, requireDone(t, run(nil, "verify", "--data", fresh)).stdout, fresh+" is sound: ")
			_, url := serveProcess(t, fresh)
			each(before, func(w *writer) {
				w.connect(url, token)
				for _, c := range w.customers {
					c.touched = true // so that it is looked for too
				}
				w.check(t)
			})
		})
	}
}

func TestBackupWithoutAServer(t *testing.T) {
	t.Parallel()
	data := sampleData(t, 20)
	path := filepath.Join(t.TempDir(), "crms.backup")
	t.Run("is the same", func(t *testing.T) {
		got := requireDone(t, run(nil, "backup", "--data", data, path))
		assert.Contains(t, got.stdout, "backed up 20 customers, ")
		requireDone(t, run(nil, "verify", path))
		assert.Equal(t, []string{"crms.db"}, entries(t, data))
	})
	t.Run("encrypted needs its identity", func(t *testing.T) {
		key, err := age.GenerateX25519Identity()
		require.NoError(t, err)
		identity := writeFile(t, "# created: today\n"+key.String()+"\n")
		sealed := filepath.Join(t.TempDir(), "crms.backup")
		requireDone(t, run(nil, "backup", "--data", data, "--recipient", key.Recipient().String(), sealed))
		got := run(nil, "verify", sealed)
		requireRefusal(t, got, exitFailed)
		assert.Contains(t, got.stderr, "the backup is encrypted: an identity file is needed")
		requireDone(t, run(nil, "verify", "--identity", identity, sealed))
		requireDone(t, run(nil, "restore", "--data", filepath.Join(t.TempDir(), "data"), "--identity", identity, sealed))
	})
}

func TestBackupThatCannotBeMade(t *testing.T) {
	t.Parallel()
	data, empty := sampleData(t, 3), t.TempDir()
	missing := filepath.Join(empty, "missing", "crms.backup")
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no store":                   {[]string{"--data", empty, filepath.Join(empty, "x")}, exitFailed, "there is no store in this folder"},
		"no folder to put it":        {[]string{"--data", data, missing}, exitFailed, "cannot back up to " + missing},
		"a folder for a file":        {[]string{"--data", data, empty}, exitFailed, empty + " is not a regular file"},
		"a recipient that is no key": {[]string{"--data", data, "--recipient", "me", filepath.Join(empty, "x")}, exitFailed, "recipient"},
		"no file":                    {[]string{"--data", data}, exitUsage, "accepts 1 arg(s), received 0 (see crms backup --help)"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(nil, append([]string{"backup"}, test.args...)...)
			requireRefusal(t, got, test.code)
			assert.Contains(t, got.stderr, test.says)
			assert.Empty(t, entries(t, empty))
			assert.Equal(t, []string{"crms.db"}, entries(t, data))
		})
	}
}

// TestBackupThatIsKilled kills the command, and then the server that it asks, in
// the middle of backups over an older one.
func TestBackupThatIsKilled(t *testing.T) {
	t.Parallel()
	data := sampleData(t, 500)
	path := filepath.Join(t.TempDir(), "crms.backup")
	start := time.Now()
	requireDone(t, execute(t, "backup", "--data", data, path))
	whole := time.Since(start)
	server, _ := serveProcess(t, data)

	for round := range 6 {
		killServer := round%2 == 1
		require.NoError(t, os.RemoveAll(path+".partial")) // of the last one that was killed
		p := startProcess(t, nil, "backup", "--data", data, path)
		time.Sleep(rand.N(whole))
		if killServer {
			server.kill(t)
			if got := p.wait(t); got.code != exitOK {
				requireRefusal(t, got, exitFailed)
				assert.NoFileExists(t, path+".partial")
			}
			server, _ = serveProcess(t, data)
		} else {
			p.kill(t)
		}
		got := requireDone(t, run(nil, "verify", path))
		require.Contains(t, got.stdout, "is sound: 500 customers", "the old backup or the new one")
	}
	server.signal(t, syscall.SIGTERM)
	require.Equal(t, exitOK, server.wait(t).code)
	requireSound(t, data)
	for _, name := range entries(t, data) {
		assert.NotContains(t, name, "snapshot", "what the killed have left is gone")
	}
}

func TestScheduledBackups(t *testing.T) {
	t.Parallel()
	data, target := t.TempDir(), filepath.Join(t.TempDir(), "backups")
	serve := func(t *testing.T, now time.Time) *service {
		v := startService(t, now, "--data", data, "--backup-dir", target, "--backup-every", "1h", "--backup-keep", "2")
		require.Eventually(t, func() bool {
			last, failed := v.backups.Last()
			return failed != nil || last.Equal(now)
		}, patience, time.Millisecond)
		return v
	}
	for hour := range 3 {
		t.Run(fmt.Sprintf("in hour %d", hour), func(t *testing.T) {
			v := serve(t, noon.Add(time.Duration(hour)*time.Hour))
			_, answer := v.call(t, "GET", "/readyz", "")
			assert.Contains(t, answer, `"backup":{"state":"ok","reason":"the last good backup is 0 seconds old"}`)
		})
	}
	t.Run("only the newest are kept, and they are sound", func(t *testing.T) {
		require.Equal(t, []string{"crms-20260125T130000Z.backup", "crms-20260125T140000Z.backup"}, entries(t, target))
		for _, name := range entries(t, target) {
			requireDone(t, run(nil, "verify", filepath.Join(target, name)))
		}
	})
	t.Run("one that is late shows on readyz", func(t *testing.T) {
		v := serve(t, noon.Add(3*time.Hour))
		v.backups.Close() // it would make another one by the new time, if it is not asleep yet
		v.clock.set(noon.Add(5*time.Hour + time.Second))
		_, answer := v.call(t, "GET", "/readyz", "")
		assert.Contains(t, answer, `"backup":{"state":"degraded","reason":"the last good backup is 2 hours old"}`)
	})
	t.Run("one that fails shows on readyz, and the service goes on", func(t *testing.T) {
		now := noon.Add(8 * time.Hour)
		require.NoError(t, os.Mkdir(filepath.Join(target, "crms-20260125T200000Z.backup"), 0o700))
		v := serve(t, now)
		status, answer := v.call(t, "GET", "/readyz", "")
		assert.Equal(t, 200, status)
		assert.Contains(t, answer, `"backup":{"state":"degraded","reason":"the last attempt failed, see the log; the last good backup is 5 hours old"}`)
		assert.Contains(t, v.log.String(), "the backup failed")
	})
}
