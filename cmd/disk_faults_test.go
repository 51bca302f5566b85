package cmd

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a change is answered when it cannot be saved.
const (
	diskFull   = "The disk is full: the change was not saved"
	diskRefuse = "The disk cannot be written: the change was not saved"
	diskFailed = "The disk has failed: nothing can be saved until the service is started again"
)

// TestDiskThatRefusesWrites lets the disk refuse one kind of system call on one
// file of a running server. Whatever was answered before is there, the change that
// was refused wholly or not at all, and what can go on goes on.
func TestDiskThatRefusesWrites(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, calls, failure string
		fresh                      bool // the server has written nothing yet
		cached                     bool // the kernel has no direct writes for its log
		answer, ready              string
		lasts                      bool // until the server is started again
	}{
		{name: "log cannot be synced", file: "crms.db-redo0", calls: "fdatasync", failure: "EIO", cached: true,
			answer: diskFailed, ready: "the disk has failed", lasts: true},
		{name: "log cannot be written", file: "crms.db-redo0", calls: "pwrite64", failure: "EIO", cached: true,
			answer: diskFailed, ready: "the disk has failed", lasts: true},
		{name: "log has become read-only", file: "crms.db-redo0", calls: "pwrite64,fdatasync", failure: "EROFS", cached: true,
			answer: diskFailed, ready: "the disk has failed", lasts: true},
		{name: "log cannot be made", file: "crms.db-redo0.new", calls: "openat", failure: "EROFS", fresh: true,
			answer: diskRefuse, ready: "the last change could not be saved: read-only file system"},
		{name: "log cannot be made on a full disk", file: "crms.db-redo0.new", calls: "openat", failure: "ENOSPC", fresh: true,
			answer: diskFull, ready: "the disk is full"},
		{name: "log cannot be begun", file: "crms.db-redo0.new", calls: "fdatasync", failure: "EIO", fresh: true,
			answer: diskRefuse, ready: "the last change could not be saved: input/output error"},
		{name: "log cannot get its name", file: "crms.db-redo0.new", calls: "renameat,renameat2,rename", failure: "EIO", fresh: true,
			answer: diskRefuse, ready: "the last change could not be saved: input/output error"},
		{name: "database cannot be written", file: "crms.db", calls: "pwrite64", failure: "EIO",
			answer: diskRefuse, ready: "the last change could not be saved: input/output error"},
		{name: "database has no quota left", file: "crms.db", calls: "pwrite64", failure: "EDQUOT",
			answer: diskFull, ready: "the disk is full"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			p, w := serveWriter(t, data)
			require.True(t, w.create(), w.failure)
			require.True(t, w.create(), w.failure)
			w.check(t)
			if test.fresh || test.cached {
				p.signal(t, syscall.SIGTERM)
				require.Equal(t, exitOK, p.wait(t).code)
				p = w.serve(t, data)
			}
			if test.cached {
				mend := tamper(t, p, "io_setup", "error=ENOSYS")
				require.True(t, w.create(), w.failure)
				mend()
			}
			mend := sabotage(t, p, filepath.Join(data, test.file), test.calls, test.failure)

			tried := w.tryRename(t, w.customers[0])
			assert.Equal(t, http.StatusServiceUnavailable, tried.status)
			assert.JSONEq(t, fmt.Sprintf(`{"success":false,"message":%q,"data":null}`, test.answer), tried.body)
			ready := w.ask(t, http.MethodGet, "/readyz", "")
			assert.Equal(t, http.StatusOK, ready.status)
			assert.Contains(t, ready.body, `"store":{"state":"degraded","reason":"`+test.ready)
			assert.Equal(t, http.StatusOK, w.ask(t, http.MethodGet, "/api/customers/"+w.customers[1].id, "").status)
			assert.Equal(t, http.StatusOK, w.ask(t, http.MethodGet, "/api/customers/search?q=example.com", "").status)

			mend()
			if test.lasts {
				assert.Equal(t, http.StatusServiceUnavailable, w.tryRename(t, w.customers[0]).status)
				p.kill(t)
				p = w.serve(t, data)
				w.check(t)
			}
			require.Equal(t, http.StatusOK, w.tryRename(t, w.customers[0]).status)
			assert.Contains(t, w.ask(t, http.MethodGet, "/readyz", "").body, `"store":{"state":"ok"}`)
			require.True(t, w.create(), w.failure)
			w.check(t)
			p.kill(t)
			requireSound(t, data)
			w.serve(t, data)
			w.touchAll()
			w.check(t)
		})
	}
}

// TestDirectWriteThatFails has the disk fail a record that is on its way there.
func TestDirectWriteThatFails(t *testing.T) {
	t.Parallel()
	const (
		ended = "retval=1:poke_exit=@arg4=" // io_getevents says that a write has, and how
		who   = "00000000000000000000000000000000"
	)
	for name, result := range map[string]string{
		"with an error":        "fbffffffffffffff", // -EIO
		"after a part of it":   "0002000000000000",
		"without any of it":    "0000000000000000",
		"for want of any room": "e4ffffffffffffff", // -ENOSPC
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			p, w := serveWriter(t, data)
			require.True(t, w.create(), w.failure)
			mend := tamper(t, p, "io_getevents", ended+who+result+"0000000000000000")
			tried := w.tryRename(t, w.customers[0])
			if tried.status == http.StatusOK {
				require.Empty(t, os.Getenv("CI"), "direct writes must work in CI")
				t.Skip("no direct writes")
			}
			assert.Equal(t, http.StatusServiceUnavailable, tried.status)
			assert.JSONEq(t, fmt.Sprintf(`{"success":false,"message":%q,"data":null}`, diskFailed), tried.body)
			mend()
			assert.Equal(t, http.StatusServiceUnavailable, w.tryRename(t, w.customers[0]).status, "what a write has lost the next one would not say")
			assert.Contains(t, w.ask(t, http.MethodGet, "/readyz", "").body, "the disk has failed")
			p.kill(t)

			p = w.serve(t, data)
			w.check(t)
			require.Equal(t, http.StatusOK, w.tryRename(t, w.customers[0]).status)
			p.kill(t)
			requireSound(t, data)
		})
	}
}

// TestCheckpointThatCannotWriteBack writes until a checkpoint has the pages written
// back. A disk that fails then ends writing, a kernel that does no such thing does not.
func TestCheckpointThatCannotWriteBack(t *testing.T) {
	t.Parallel()
	t.Run("for the disk fails", func(t *testing.T) {
		t.Parallel()
		data := t.TempDir()
		p, w := serveWriter(t, data)
		require.True(t, w.create(), w.failure)
		tamper(t, p, "sync_file_range", "error=EIO")
		assert.JSONEq(t, fmt.Sprintf(`{"success":false,"message":%q,"data":null}`, diskFailed), w.untilRefused(t).body)
		p.kill(t)
		w.serve(t, data)
		w.check(t)
		requireSound(t, data)
	})
	for _, refusal := range []string{"ENOSYS", "EPERM", "EINVAL"} {
		t.Run("for it is not done here: "+refusal, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			p, w := serveWriter(t, data)
			require.True(t, w.create(), w.failure)
			tamper(t, p, "sync_file_range", "error="+refusal)
			w.untilTheLogTurns(t, data)
			p.kill(t)
			w.serve(t, data)
			w.check(t)
			requireSound(t, data)
		})
	}
}

// TestWaitForADirectWriteIsInterrupted has a signal come while the disk is at work.
func TestWaitForADirectWriteIsInterrupted(t *testing.T) {
	t.Parallel()
	p, w := serveWriter(t, t.TempDir())
	tamper(t, p, "io_getevents", "error=EINTR:when=1+2")
	for range 3 {
		require.True(t, w.create(), w.failure)
	}
	w.check(t)
}

// TestKernelWithoutDirectWrites refuses them from the start, or on the way: the log
// is written as other files are.
func TestKernelWithoutDirectWrites(t *testing.T) {
	t.Parallel()
	for name, refused := range map[string]struct {
		calls, failure string
		begun          bool // the log is, with direct writes
	}{
		"that does not know them":             {"io_setup", "ENOSYS", false},
		"that forbids them":                   {"io_setup", "EPERM", false},
		"that has too many":                   {"io_setup", "EAGAIN", false},
		"that takes them for mistakes":        {"io_submit", "EINVAL", false},
		"that forbids them from now on":       {"io_submit", "EPERM", true},
		"that has no memory for more of them": {"io_submit", "EAGAIN", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			p, w := serveWriter(t, data)
			if refused.begun {
				require.True(t, w.create(), w.failure)
			}
			mend := tamper(t, p, refused.calls, "error="+refused.failure)
			for range 3 {
				require.True(t, w.create(), w.failure)
			}
			mend()
			require.True(t, w.create(), w.failure)
			told := `msg="the redo log has begun" writes=cached why="` + refused.calls
			if refused.begun {
				told = `msg="the redo log has begun" writes=direct`
			}
			assert.Contains(t, p.stderr.String(), told)
			p.kill(t)
			requireSound(t, data)
			w.serve(t, data)
			w.touchAll()
			w.check(t)
		})
	}
}

// try sends a change of a customer, who is as after when it is answered with success.
func (w *writer) try(t *testing.T, c *customer, after customer, method, path, body string) reply {
	t.Helper()
	answer := w.ask(t, method, "/api/customers/"+c.id+path, body)
	switch {
	case answer.status == http.StatusOK:
		*c, w.pending = after, nil
	case w.pending == nil: // the first that was refused may have been done
		w.pending = &pending{customer: c, after: after}
	}
	return answer
}

// tryRename tries to give a customer another name.
func (w *writer) tryRename(t *testing.T, c *customer) reply {
	t.Helper()
	after := *c
	after.name, after.touched = w.newName(), true
	return w.try(t, c, after, http.MethodPut, "", object("fullName", after.name))
}

func (w *writer) touchAll() {
	for _, c := range w.customers {
		c.touched = true
	}
}

func TestStopOnADiskThatFails(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct{ file, calls, says string }{
		"database cannot be synced": {"crms.db", "fdatasync,fsync", "input/output error"},
		"log cannot be removed":     {"crms.db-redo0", "unlinkat,unlink,rmdir", "cannot remove the redo log"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			p, w := serveWriter(t, data)
			require.True(t, w.create(), w.failure)
			sabotage(t, p, filepath.Join(data, fault.file), fault.calls, "EIO")
			p.signal(t, syscall.SIGTERM)
			ended := p.wait(t)
			assert.Equal(t, exitFailed, ended.code)
			assert.Contains(t, ended.stderr, "crms: cannot close store "+data)
			assert.Contains(t, ended.stderr, fault.says)
			assert.NotContains(t, ended.stderr, "goroutine")

			w.serve(t, data)
			w.check(t)
		})
	}
}

// awaitReady waits until the readiness says something.
func (w *writer) awaitReady(t *testing.T, says string) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Contains(c, w.ask(t, http.MethodGet, "/readyz", "").body, says)
	}, patience, 20*time.Millisecond)
}

// TestDatabaseIsCutShortUnderTheServer takes away the second half of the file. What
// leads there is an error of the request that needs it.
func TestDatabaseIsCutShortUnderTheServer(t *testing.T) {
	t.Parallel()
	data := sampleData(t, 900)
	file := filepath.Join(data, "crms.db")
	p, w := serveWriter(t, data)
	require.True(t, w.create(), w.failure)
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(file, info.Size()/2))

	failed := w.ask(t, http.MethodGet, "/api/customers?limit=100&page=5", "")
	assert.Equal(t, http.StatusInternalServerError, failed.status)
	assert.Contains(t, failed.body, "Internal server error")
	ready := w.ask(t, http.MethodGet, "/readyz", "")
	assert.Regexp(t, `"store":\{"state":"(degraded","reason":"the database is damaged|unavailable","reason":"the store cannot be read)`, ready.body)
	assert.Equal(t, http.StatusOK, w.ask(t, http.MethodGet, "/healthz", "").status)
	p.signal(t, syscall.SIGTERM)
	ended := p.wait(t)
	assert.Contains(t, ended.stderr, "a page of it cannot be read, since the file was cut short or the disk fails")
	assert.NotContains(t, ended.stderr, "goroutine")
	assert.FileExists(t, file+"-redo0", "what is in the log may be all there is")
	got := execute(t, "verify", "--data", data)
	requireRefusal(t, got, exitFailed)
	assert.Contains(t, got.stderr, "crms restore --data "+data)
}
