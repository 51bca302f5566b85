package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/storetest/smalldisk"
)

// TestWritesOnAFullDisk lets a server write until its disk is full, and then
// makes room.
func TestWritesOnAFullDisk(t *testing.T) {
	t.Parallel()
	d, data, p, w := serveOnASmallDisk(t)
	d.Fill(t, 300<<10)
	refused := w.untilRefused(t)

	t.Run("the write that finds it full says so", func(t *testing.T) {
		assert.Equal(t, http.StatusServiceUnavailable, refused.status)
		assert.JSONEq(t, `{"success":false,"message":"The disk is full: the change was not saved","data":null}`, refused.body)
		assert.Equal(t, "1", refused.header.Get("Retry-After"))
	})
	t.Run("whatever was answered before is read", func(t *testing.T) {
		for _, c := range w.customers {
			found, there := w.fetch(t, c.id)
			require.True(t, there)
			require.Equal(t, c.seen(), found)
		}
		list := w.ask(t, http.MethodGet, "/api/customers?limit=1", "")
		assert.Equal(t, http.StatusOK, list.status)
		assert.Contains(t, list.body, fmt.Sprintf(`"totalCount":%d`, len(w.customers)))
		assert.Equal(t, http.StatusOK, w.ask(t, http.MethodGet, "/readyz", "").status)
	})
	t.Run("when there is room again, writes work and all is found", func(t *testing.T) {
		d.Free(t)
		for range 5 {
			require.True(t, w.create(), w.failure)
		}
		w.check(t)
	})
	p.signal(t, syscall.SIGTERM)
	require.Equal(t, exitOK, p.wait(t).code)
	assert.Regexp(t, `^\S+ is sound: 25 customers, .*\n$`, requireDone(t, run(nil, "verify", "--data", data)).stdout)
}

// serveOnASmallDisk starts a server with 20 customers whose disk can be filled.
func serveOnASmallDisk(t *testing.T) (d smalldisk.Disk, data string, p *process, w *writer) {
	t.Helper()
	d = smalldisk.Mount(t, "size=64m")
	data = filepath.Join(d.Dir, "data")
	p, w = serveWriter(t, data)
	for range 20 {
		require.True(t, w.create(), w.failure)
	}
	w.check(t)
	return d, data, p, w
}

// reply is an answer with its header.
type reply struct {
	status int
	header http.Header
	body   string
}

func (w *writer) ask(t *testing.T, method, path, body string) reply {
	t.Helper()
	r, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", w.token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, errors.Join(err, response.Body.Close()))
	return reply{response.StatusCode, response.Header, string(answer)}
}

// untilRefused gives customers new names and notes until the server refuses.
func (w *writer) untilRefused(t *testing.T) reply {
	t.Helper()
	content := strings.TrimSpace(strings.Repeat("A long note. ", 70))
	for n := range 10_000 {
		c := w.customers[n%len(w.customers)]
		if got := w.tryRename(t, c); got.status != http.StatusOK {
			return got
		}
		noted := *c
		noted.notes = append(slices.Clone(c.notes), content)
		if got := w.try(t, c, noted, http.MethodPost, "/notes", object("content", content)); got.status != http.StatusOK {
			return got
		}
	}
	require.Fail(t, "the disk does not get full")
	return reply{}
}

func TestOperationsOnAFullDisk(t *testing.T) {
	t.Parallel()
	full, small := smalldisk.Mount(t, "size=48m"), smalldisk.Mount(t, "size=64k")
	data, compact := filepath.Join(full.Dir, "data"), sampleData(t, 300)
	requireDone(t, run(nil, "compact", "--data", compact)) // so that the file itself has no room
	require.NoError(t, os.CopyFS(data, os.DirFS(compact)))
	backup, lines := backedUp(t, 300), filepath.Join(t.TempDir(), "customers.ndjson")
	before, err := os.ReadFile(filepath.Join(data, "crms.db"))
	require.NoError(t, err)
	requireDone(t, run(nil, "export", "--data", sampleData(t, 900), lines))
	full.Fill(t, 100<<10)

	for name, args := range map[string][]string{
		"backup, with no room for the copy":      {"backup", "--data", data, filepath.Join(t.TempDir(), "crms.backup")},
		"backup, with no room for the file":      {"backup", "--data", sampleData(t, 300), filepath.Join(small.Dir, "crms.backup")},
		"backup to a pipe, with no room to copy": {"backup", "--data", data, "-"},
		"restore":                                {"restore", "--data", data, backup},
		"compact":                                {"compact", "--data", data},
	} {
		t.Run(name, func(t *testing.T) {
			got := execute(t, args...)
			requireRefusal(t, got, exitFailed)
			assert.Contains(t, got.stderr, "no space left on device")
			after, err := os.ReadFile(filepath.Join(data, "crms.db"))
			require.NoError(t, err)
			assert.True(t, bytes.Equal(before, after), "the customers are as they were")
			assert.Equal(t, []string{"crms.db"}, entries(t, data))
			assert.Empty(t, entries(t, small.Dir))
		})
	}
	t.Run("import, which can be completed when there is room", func(t *testing.T) {
		got := execute(t, "import", "--data", data, lines)
		requireRefusal(t, got, exitFailed)
		assert.Contains(t, got.stderr, "The disk is full")
		full.Free(t)
		requireSound(t, data)
		requireDone(t, execute(t, "import", "--data", data, lines))
		assert.Contains(t, requireDone(t, run(nil, "verify", "--data", data)).stdout, "is sound: ")
	})
}
