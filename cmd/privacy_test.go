package cmd

import (
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFilesAreForTheirOwnerAlone looks at what a server makes that comes to a
// new folder, with customers, a search index, a secret, a socket and a backup.
func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	parent := t.TempDir()
	data, backups := filepath.Join(parent, "new", "crms-data"), filepath.Join(parent, "backups")
	p := startProcess(t, nil, "serve", "--dev", "--data", data, "--addr", "127.0.0.1:0", "--backup-dir", backups)
	url := "http://" + p.find(t, p.stderr, `msg=serving addr=(\S+)`)
	require.Eventually(t, func() bool {
		made, err := filepath.Glob(filepath.Join(backups, "crms-*"))
		response, failed := http.Get(url + "/readyz")
		if failed != nil {
			return false
		}
		defer response.Body.Close()
		ready, failed := io.ReadAll(response.Body)
		return err == nil && failed == nil && len(made) == 1 && strings.Contains(string(ready), `"search":{"state":"ok"}`)
	}, patience, 10*time.Millisecond)

	names := 0
	look := func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // merged away by the index
		}
		require.NoError(t, err)
		info, err := entry.Info()
		if os.IsNotExist(err) {
			return nil
		}
		require.NoError(t, err)
		names++
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		assert.Equal(t, want.String(), info.Mode().Perm().String(), path)
		return nil
	}
	require.NoError(t, filepath.WalkDir(filepath.Join(parent, "new"), look))
	require.NoError(t, filepath.WalkDir(backups, look))
	assert.Greater(t, names, 8, "there is something to look at")
}
