package cmd

import (
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReindexOnADiskThatFails lets the disk refuse the file that says which index
// is in use.
func TestReindexOnADiskThatFails(t *testing.T) {
	t.Parallel()
	for name, calls := range map[string]string{
		"it cannot be made":      "openat",
		"it cannot be written":   "write,pwrite64",
		"it cannot be synced":    "fsync,fdatasync",
		"it cannot get its name": "renameat,renameat2,rename",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			p, w := serveWriter(t, data)
			require.True(t, w.create(), w.failure)
			w.check(t)
			before := indexStore(t, data)
			mend := sabotage(t, p, filepath.Join(data, "search", "CURRENT.new"), calls, "EIO")
			requireNotBuilt(t, execute(t, "reindex", "--data", data), "input/output error")
			w.touchAll()
			w.check(t) // from the index that there is

			mend()
			w.awaitReady(t, `"search":{"state":"ok"}`)
			assert.Equal(t, before, indexStore(t, data))
			requireDone(t, execute(t, "reindex", "--data", data))
			assert.NotEqual(t, before, indexStore(t, data), "nothing is left of the others")
			w.touchAll()
			w.check(t)
		})
	}
}

// requireNotBuilt wants a reindex that says in one line why the index could not be
// built.
func requireNotBuilt(t *testing.T, got outcome, why string) {
	t.Helper()
	requireRefusal(t, got, exitFailed)
	assert.Contains(t, got.stderr, "crms: the search index could not be built: ")
	assert.Contains(t, got.stderr, why)
}

// TestReindexThatIsStopped stops the command, as ^Z does, while what it waits for
// comes and goes.
func TestReindexThatIsStopped(t *testing.T) {
	t.Parallel()
	t.Run("hears of a failure that is over", func(t *testing.T) {
		t.Parallel()
		data := sampleData(t, 900)
		p, w := serveWriter(t, data)
		w.awaitReady(t, `"search":{"state":"ok"}`)
		mend := sabotage(t, p, filepath.Join(data, "search", "CURRENT.new"), "openat", "EIO")
		command := reindexStopped(t, p, data)
		p.find(t, p.stderr, `msg="search index failed" reason="it cannot be rebuilt"`)
		mend()
		w.awaitReady(t, `"search":{"state":"ok"}`) // from the index that there is
		command.signal(t, syscall.SIGCONT)
		requireNotBuilt(t, command.wait(t), "CURRENT.new: input/output error")
	})
	t.Run("hears that its server has gone, though there is another", func(t *testing.T) {
		t.Parallel()
		data := sampleData(t, 900)
		p, w := serveWriter(t, data)
		w.awaitReady(t, `"search":{"state":"ok"}`)
		command := reindexStopped(t, p, data)
		p.kill(t)
		w.serve(t, data)
		w.awaitReady(t, `"search":{"state":"ok"}`)
		command.signal(t, syscall.SIGCONT)
		got := command.wait(t)
		requireRefusal(t, got, exitFailed)
		assert.Contains(t, got.stderr, "the server did not answer")
	})
}

// reindexStopped starts the command and stops it when the server has begun.
func reindexStopped(t *testing.T, server *process, data string) *process {
	t.Helper()
	command := startProcess(t, nil, "reindex", "--data", data)
	server.find(t, server.stderr, `msg="search index is being rebuilt" reason="it was asked for"`)
	command.signal(t, syscall.SIGSTOP)
	return command
}

func TestReindexOnAFullDisk(t *testing.T) {
	t.Parallel()
	for name, beside := range map[string]bool{"beside a server": true, "without one": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, data, p, _ := serveOnASmallDisk(t)
			if !beside {
				p.signal(t, syscall.SIGTERM)
				require.Equal(t, exitOK, p.wait(t).code)
			}
			d.Fill(t, 0)
			requireNotBuilt(t, execute(t, "reindex", "--data", data), "no space left on device")
			d.Free(t)
			requireDone(t, execute(t, "reindex", "--data", data))
			requireDone(t, execute(t, "verify", "--data", data))
		})
	}
}

// TestReindexThatIsKilled kills the command without a server, and a server that
// builds its index. Either way the next server answers searches.
func TestReindexThatIsKilled(t *testing.T) {
	t.Parallel()
	data := sampleData(t, 300)
	start := time.Now()
	got := requireDone(t, execute(t, "reindex", "--data", data))
	whole := time.Since(start)
	assert.Equal(t, "the search index is built: 300 customers\n", got.stdout)

	for round := range 4 {
		killServer := round%2 == 1
		if killServer {
			server, _ := serveProcess(t, data)
			p := startProcess(t, nil, "reindex", "--data", data)
			time.Sleep(rand.N(whole))
			server.kill(t)
			if got := p.wait(t); got.code != exitOK {
				requireRefusal(t, got, exitFailed)
			}
		} else {
			p := startProcess(t, nil, "reindex", "--data", data)
			time.Sleep(rand.N(whole))
			p.kill(t)
		}
		requireDone(t, run(nil, "verify", "--data", data))
	}
	p, w := serveWriter(t, data)
	assert.NotEmpty(t, w.search(t, "example.com"))
	requireDone(t, execute(t, "reindex", "--data", data))
	requireDone(t, execute(t, "verify", "--data", data))
	p.signal(t, syscall.SIGTERM)
	require.Equal(t, exitOK, p.wait(t).code)
}
