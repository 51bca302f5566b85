package cmd

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store"
	"crms/store/sample"
	"crms/store/storetest"
)

// inShop is a data folder with sample customers.
func inShop(t *testing.T, customers int) (data string) {
	t.Helper()
	data = filepath.Join(t.TempDir(), "data")
	s, err := store.Open(data, store.Options{})
	require.NoError(t, err)
	for c := range sample.Customers(customers, 1, noon) {
		_, err := store.Do(context.Background(), s, loadOf(c))
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	return data
}

// mustRun runs a command that must succeed and returns what it says.
func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	got := run(nil, args...)
	require.Equal(t, exitOK, got.code, got.stderr)
	require.Empty(t, got.stderr)
	return got.stdout
}

// exported returns the export of a data folder in the format.
func exported(t *testing.T, data, format string) string {
	t.Helper()
	got := run(nil, "export", "-", "--format", format, "--data", data)
	require.Equal(t, exitOK, got.code, got.stderr)
	return got.stdout
}

func newFolder(t *testing.T) string { return filepath.Join(t.TempDir(), "new") }

func namedFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func TestTransferGoesRound(t *testing.T) {
	shop := inShop(t, 40)
	for _, format := range []string{"ndjson", "csv"} {
		t.Run(format, func(t *testing.T) {
			file, again, data := filepath.Join(t.TempDir(), "a."+format), filepath.Join(t.TempDir(), "b."+format), newFolder(t)
			assert.Contains(t, mustRun(t, "export", file, "--data", shop), "exported 40 customers\n")
			assert.Equal(t, "40 lines: 40 created, 0 updated, 0 unchanged, 0 skipped, 0 failed\n", mustRun(t, "import", file, "--data", data))
			storetest.Prove(t, data)
			mustRun(t, "export", again, "--data", data)
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			got, err := os.ReadFile(again)
			require.NoError(t, err)
			require.Equal(t, string(want), string(got))
			t.Run("and the same file again changes nothing", func(t *testing.T) {
				unchanged := "40 lines: 0 created, 0 updated, 40 unchanged, 0 skipped, 0 failed\n"
				assert.Equal(t, unchanged, mustRun(t, "import", file, "--data", data))
				assert.Equal(t, unchanged, mustRun(t, "import", file, "--data", shop), "nor where it comes from")
				assert.Equal(t, string(want), exported(t, data, format))
			})
		})
	}
}

func TestExport(t *testing.T) {
	shop := inShop(t, 3)
	t.Run("says on standard error how many lines it wrote to standard output", func(t *testing.T) {
		got := run(nil, "export", "-", "--format", "ndjson", "--data", shop)
		assert.Equal(t, 3, strings.Count(got.stdout, "\n"))
		assert.Equal(t, "exported 3 customers\n", got.stderr)
	})
	t.Run("leaves what was there when it fails", func(t *testing.T) {
		file := namedFile(t, "a.ndjson", "precious")
		got := run(nil, "export", file, "--data", newFolder(t))
		assert.Equal(t, exitFailed, got.code)
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, "precious", string(content))
	})
	t.Run("is for its owner alone", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "a.csv")
		mustRun(t, "export", file, "--data", shop)
		info, err := os.Stat(file)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	})
	t.Run("wants to know the format", func(t *testing.T) {
		requireRefusal(t, run(nil, "export", "-", "--data", shop), exitUsage)
		requireRefusal(t, run(nil, "export", "a.xlsx", "--data", shop), exitUsage)
		requireRefusal(t, run(nil, "export", "a.csv", "--format", "xml", "--data", shop), exitUsage)
	})
}

func line(userID, rest string) string {
	return fmt.Sprintf(`{"userId":%q,"email":"%s@example.com","fullName":"Some Body"%s}`, userID, userID, rest)
}

func TestImportKeepsWhatFails(t *testing.T) {
	file := namedFile(t, "in.ndjson", strings.Join([]string{
		line("u1", ""), `{"userId":"u2","email":"nobody"`, "", line("u3", `,"nickname":"x","customerStatus":"Gone"`), line("u4", ""),
		`{"userId":"` + strings.Repeat("x", 5<<20) + `"}`, line("u5", ""), "{\"userId\":\"\xff\"}",
	}, "\n"))
	data, rejects := newFolder(t), filepath.Join(t.TempDir(), "rejects.ndjson")
	got := run(nil, "import", file, "--data", data, "--rejects", rejects)
	reasons := `line 2 is malformed JSON at column 32: unexpected end of data
line 4 nickname is not a known field; customerStatus must be one of Active, Inactive, Suspended
line 6 has more than 4 MiB
line 8 is malformed JSON at column 12: invalid UTF-8
`
	t.Run("and tells each line with its number and all its problems", func(t *testing.T) {
		assert.Equal(t, exitPartial, got.code)
		assert.Equal(t, "7 lines: 3 created, 0 updated, 0 unchanged, 0 skipped, 4 failed\n", got.stdout)
		assert.True(t, strings.HasPrefix(got.stderr, reasons), got.stderr)
		assert.Contains(t, got.stderr, "crms: 4 of 7 lines failed: mend them in "+rejects)
		kept, err := os.ReadFile(rejects + errorsSuffix)
		require.NoError(t, err)
		assert.Equal(t, reasons, string(kept))
	})
	kept, err := os.ReadFile(rejects)
	require.NoError(t, err)
	t.Run("as it was, but for what is too long", func(t *testing.T) {
		assert.Equal(t, []string{`{"userId":"u2","email":"nobody"`, line("u3", `,"nickname":"x","customerStatus":"Gone"`), "{\"userId\":\"\xff\"}", ""},
			strings.Split(string(kept), "\n"))
	})
	t.Run("to be mended and imported", func(t *testing.T) {
		mended := namedFile(t, "mended.ndjson", strings.NewReplacer(
			`"nobody"`, `"u2@example.com","fullName":"Some Body"}`, `,"nickname":"x","customerStatus":"Gone"`, "", "{\"userId\":\"\xff\"}", line("u8", ""),
		).Replace(string(kept)))
		assert.Equal(t, "3 lines: 3 created, 0 updated, 0 unchanged, 0 skipped, 0 failed\n", mustRun(t, "import", mended, "--data", data))
		storetest.Prove(t, data)
	})
	t.Run("and does not overwrite what somebody mends", func(t *testing.T) {
		got := run(nil, "import", file, "--data", data, "--rejects", rejects)
		requireRefusal(t, got, exitFailed)
		assert.Contains(t, got.stderr, "exists already")
	})
	t.Run("of CSV with the header", func(t *testing.T) {
		file := namedFile(t, "in.csv", "userId,email,fullName\r\nu20,u20@example.com,Some Body\r\nu21,nobody,\"Some\nBody\"\r\n\"u22,x\nu23,u23@example.com,Some Body\r\n")
		rejects := filepath.Join(t.TempDir(), "rejects.csv")
		got := run(nil, "import", file, "--data", data, "--rejects", rejects)
		assert.Equal(t, exitPartial, got.code)
		assert.Equal(t, "4 lines: 2 created, 0 updated, 0 unchanged, 0 skipped, 2 failed\n", got.stdout)
		assert.Contains(t, got.stderr, "line 3 email must be an email address; fullName must not hold control characters\nline 5 opens a quote that is not closed\n")
		kept, err := os.ReadFile(rejects)
		require.NoError(t, err)
		assert.Equal(t, "userId,email,fullName\nu21,nobody,\"Some\nBody\"\n\"u22,x\n", string(kept))
		mended := namedFile(t, "mended.csv", strings.NewReplacer("nobody,\"Some\nBody\"", "u21@example.com,Some Body", "\"u22,x", "u22,u22@example.com,Some Body").Replace(string(kept)))
		assert.Equal(t, "2 lines: 2 created, 0 updated, 0 unchanged, 0 skipped, 0 failed\n", mustRun(t, "import", mended, "--data", data))
	})
	t.Run("and shows no more than a screenful", func(t *testing.T) {
		got := run(nil, "import", namedFile(t, "in.ndjson", strings.Repeat("x\n", 50)), "--data", data)
		assert.Equal(t, exitPartial, got.code)
		assert.Equal(t, maxShown+2, strings.Count(got.stderr, "\n"))
	})
	t.Run("and keeps it from playing tricks on a terminal", func(t *testing.T) {
		got := run(nil, "import", namedFile(t, "in.ndjson", `{"userId":"u","\u001b[2J":1}`), "--data", data)
		assert.NotContains(t, got.stderr, "\x1b")
	})
}

func TestImport(t *testing.T) {
	t.Run("a dry run changes nothing and says what the import would do", func(t *testing.T) {
		shop := inShop(t, 5)
		before := exported(t, shop, "ndjson")
		file := namedFile(t, "in.ndjson", before+line("new", "")+"\n"+line("new", "")+"\nx\n")
		got := run(nil, "import", file, "--data", shop, "--dry-run")
		assert.Equal(t, exitPartial, got.code)
		assert.Equal(t, "dry run, nothing was changed: 8 lines: 1 created, 0 updated, 6 unchanged, 0 skipped, 1 failed\n", got.stdout)
		assert.Equal(t, before, exported(t, shop, "ndjson"))
		left, err := filepath.Glob(filepath.Join(shop, "*"))
		require.NoError(t, err)
		assert.Equal(t, []string{filepath.Join(shop, "crms.db")}, left)
	})
	t.Run("a dry run makes no data folder", func(t *testing.T) {
		data := newFolder(t)
		got := mustRun(t, "import", namedFile(t, "in.ndjson", line("u1", "")), "--data", data, "--dry-run")
		assert.Contains(t, got, "1 created")
		assert.NoDirExists(t, data)
	})
	t.Run("skips or refuses customers who exist, when told to", func(t *testing.T) {
		data := newFolder(t)
		mustRun(t, "import", namedFile(t, "in.ndjson", line("u1", "")), "--data", data)
		file := namedFile(t, "in.ndjson", line("u1", `,"customerType":"VIP"`)+"\n"+line("u2", ""))
		assert.Contains(t, mustRun(t, "import", file, "--data", data, "--on-conflict", "skip"), "1 created, 0 updated, 0 unchanged, 1 skipped, 0 failed")
		got := run(nil, "import", file, "--data", data, "--on-conflict", "fail")
		assert.Equal(t, exitPartial, got.code)
		assert.Contains(t, got.stderr, "line 1 userId is that of a customer already\nline 2 userId is that of a customer already\n")
		assert.Contains(t, mustRun(t, "import", file, "--data", data), "0 created, 1 updated, 1 unchanged")
	})
	t.Run("takes a deleted user only when told to", func(t *testing.T) {
		data := newFolder(t)
		file := namedFile(t, "in.ndjson", line("u1", `,"customerId":"6979a1b1a6db796b4a1447e9"`))
		mustRun(t, "import", file, "--data", data)
		deleteCustomer(t, data, "u1")
		got := run(nil, "import", file, "--data", data)
		assert.Equal(t, exitPartial, got.code)
		assert.Contains(t, got.stderr, "line 1 userId was deleted at 2026-01-25T12:00:00.001Z\n",
			"the clock stands still, and a deletion is newer than the registration")
		assert.Contains(t, mustRun(t, "import", file, "--data", data, "--restore-deleted"), "1 created")
		storetest.Prove(t, data)
	})
	t.Run("ends at a CSV header that is wrong", func(t *testing.T) {
		file := namedFile(t, "in.csv", "userId,nickname\n"+strings.Repeat("u1,x\n", 1<<20))
		got := run(nil, "import", file, "--data", newFolder(t))
		requireRefusal(t, got, exitFailed)
		assert.Contains(t, got.stderr, `unknown column "nickname"`)
	})
	t.Run("takes an empty NDJSON file", func(t *testing.T) {
		assert.Contains(t, mustRun(t, "import", namedFile(t, "in.ndjson", ""), "--data", newFolder(t)), "0 lines")
	})
	t.Run("refuses what it cannot do", func(t *testing.T) {
		file := namedFile(t, "in.txt", line("u1", ""))
		requireRefusal(t, run(nil, "import", file, "--data", newFolder(t)), exitUsage)
		requireRefusal(t, run(nil, "import", file, "--format", "xml", "--data", newFolder(t)), exitUsage)
		requireRefusal(t, run(nil, "import", file, "--format", "csv", "--on-conflict", "ask", "--data", newFolder(t)), exitUsage)
		requireRefusal(t, run(nil, "import", "/no/such.csv", "--data", newFolder(t)), exitFailed)
	})
}

func deleteCustomer(t *testing.T, data, userID string) {
	t.Helper()
	s, err := store.Open(data, store.Options{})
	require.NoError(t, err)
	c, err := s.CustomerByUser(userID)
	require.NoError(t, err)
	_, err = store.Do(context.Background(), s, store.Delete{Change: store.Change{At: noon, By: "admin"}, ID: c.ID})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

func TestTransferBesideAServer(t *testing.T) {
	from := exported(t, inShop(t, 25), "ndjson")
	file := namedFile(t, "in.ndjson", from+"x\n")
	v := startService(t, noon)
	data := v.settings.Data
	t.Run("a dry run leaves the server's customers alone", func(t *testing.T) {
		got := run(nil, "import", file, "--data", data, "--dry-run")
		assert.Contains(t, got.stdout, "25 created")
		n, err := v.store.CountContacts()
		require.NoError(t, err)
		assert.Zero(t, n)
	})
	t.Run("imported customers are served", func(t *testing.T) {
		got := run(nil, "import", file, "--data", data)
		require.Equal(t, exitPartial, got.code, got.stderr)
		assert.Contains(t, got.stdout, "25 created")
		email := regexp.MustCompile(`"email":"([^"]+)"`).FindStringSubmatch(from)[1]
		status, answer := v.call(t, "GET", "/api/customers/search?q="+url.QueryEscape(email), "")
		assert.Equal(t, http.StatusOK, status)
		assert.Contains(t, answer, email)
	})
	t.Run("an export is the same, and leaves nothing behind", func(t *testing.T) {
		require.Equal(t, from, exported(t, data, "ndjson"))
		left, err := filepath.Glob(filepath.Join(data, "snapshot-*"))
		require.NoError(t, err)
		assert.Empty(t, left)
	})
}

// TestKilledImport kills the process in the middle, again and again: what it
// leaves is sound, and importing the file again completes it.
func TestKilledImport(t *testing.T) {
	const customers = 40_000
	lines := make([]string, customers)
	for i := range lines {
		lines[i] = line(fmt.Sprintf("user-%d", i), `,"totalOrders":1,"totalOrderValue":5`) + "\n"
	}
	data := newFolder(t)
	var seen []int
	// The process holds some lines in memory, the more the more CPUs it has: those
	// before them are stored when it has read this many.
	for _, read := range []int{28_000, 32_000, 36_000} {
		pipe := filepath.Join(t.TempDir(), "pipe")
		require.NoError(t, syscall.Mkfifo(pipe, 0o600))
		p := startProcess(t, []string{"GOMAXPROCS=2"}, "import", pipe, "--format", "ndjson", "--data", data)
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0)
		require.NoError(t, err)
		_, err = io.WriteString(w, strings.Join(lines[:read], ""))
		require.NoError(t, err)
		p.kill(t)
		require.NoError(t, w.Close())
		storetest.Prove(t, data)
		seen = append(seen, count(t, data))
	}
	assert.True(t, slices.IsSorted(seen), "nothing that was stored is lost: %v", seen)
	assert.Positive(t, seen[0])
	assert.Less(t, seen[2], customers, "it was killed in the middle")
	got := mustRun(t, "import", namedFile(t, "in.ndjson", strings.Join(lines, "")), "--data", data)
	assert.Contains(t, got, fmt.Sprintf("%d lines: %d created, 0 updated, %d unchanged", customers, customers-seen[2], seen[2]))
	storetest.Prove(t, data)
	assert.Equal(t, customers, count(t, data))
}

func count(t *testing.T, data string) int {
	t.Helper()
	s, err := store.Open(data, store.Options{})
	require.NoError(t, err)
	n, err := s.CountContacts()
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return n
}
