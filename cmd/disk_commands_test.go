package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBackupOnADiskThatFails lets the disk refuse one kind of system call on what
// a backup writes. The schedule writes its files in the same way.
func TestBackupOnADiskThatFails(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct {
		on, calls string
		done      bool // though nobody was told
	}{
		"the file cannot be made":       {on: "crms.backup.partial", calls: "openat"},
		"the file cannot be written":    {on: "crms.backup.partial", calls: "write,pwrite64"},
		"the file cannot be synced":     {on: "crms.backup.partial", calls: "fsync,fdatasync"},
		"the file cannot be read back":  {on: "crms.backup.partial", calls: "read,pread64"},
		"the file cannot get its name":  {on: "crms.backup.partial", calls: "renameat,renameat2,rename"},
		"the folder cannot be synced":   {on: "", calls: "fsync,fdatasync", done: true},
		"the file cannot be cleaned up": {on: "crms.backup.partial", calls: "fsync,fdatasync,unlinkat,unlink"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, target := sampleData(t, 20), t.TempDir()
			path := filepath.Join(target, "crms.backup")
			requireDone(t, run(nil, "backup", "--data", sampleData(t, 5), path))

			got := executeSabotaged(t, filepath.Join(target, fault.on), fault.calls, "EIO", "backup", "--data", data, path)
			requireRefusal(t, got, exitFailed)
			assert.Contains(t, got.stderr, "cannot back up to "+path)
			assert.Contains(t, got.stderr, "input/output error")
			there := "is sound: 5 customers"
			if fault.done {
				there = "is sound: 20 customers"
			}
			assert.Contains(t, requireDone(t, run(nil, "verify", path)).stdout, there)
			if !strings.Contains(fault.calls, "unlink") {
				assert.Equal(t, []string{"crms.backup"}, entries(t, target))
			}
			assert.Equal(t, []string{"crms.db"}, entries(t, data))

			requireDone(t, run(nil, "backup", "--data", data, path))
			assert.Contains(t, requireDone(t, run(nil, "verify", path)).stdout, "is sound: 20 customers")
			assert.Equal(t, []string{"crms.backup"}, entries(t, target))
		})
	}
}

// TestRejectsOnADiskThatFails lets the disk refuse the files in which an import
// keeps the lines that failed. Nobody may believe that they are kept.
func TestRejectsOnADiskThatFails(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct{ on, calls string }{
		"the lines cannot be kept":      {"rejects.ndjson", "openat"},
		"the lines cannot be written":   {"rejects.ndjson", "write,pwrite64"},
		"the lines cannot be synced":    {"rejects.ndjson", "fsync,fdatasync"},
		"the reasons cannot be kept":    {"rejects.ndjson" + errorsSuffix, "openat"},
		"the reasons cannot be written": {"rejects.ndjson" + errorsSuffix, "write,pwrite64"},
		"the reasons cannot be synced":  {"rejects.ndjson" + errorsSuffix, "fsync,fdatasync"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := filepath.Join(t.TempDir(), "customers.ndjson")
			requireDone(t, run(nil, "export", "--data", sampleData(t, 20), lines))
			good, err := os.ReadFile(lines)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(lines, append(good, "no customer\n"...), 0o600))
			data, kept := filepath.Join(t.TempDir(), "data"), t.TempDir()

			got := executeSabotaged(t, filepath.Join(kept, fault.on), fault.calls, "EIO",
				"import", "--data", data, "--rejects", filepath.Join(kept, "rejects.ndjson"), lines)
			assert.Equal(t, exitFailed, got.code, got.stderr)
			assert.Contains(t, got.stderr, "crms: the import ended early, after ")
			assert.Contains(t, got.stderr, "import the file again to complete it: ")
			assert.Contains(t, got.stderr, "input/output error")
			requireSound(t, data)

			again := execute(t, "import", "--data", data, "--rejects", filepath.Join(kept, "again.ndjson"), lines)
			assert.Equal(t, exitPartial, again.code, again.stderr)
			rejected, err := os.ReadFile(filepath.Join(kept, "again.ndjson"))
			require.NoError(t, err)
			assert.Equal(t, "no customer\n", string(rejected))
			assert.Contains(t, requireDone(t, run(nil, "verify", "--data", data)).stdout, "is sound: 20 customers")
		})
	}
}
