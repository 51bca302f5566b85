package cmd

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store"
)

// backedUp is a backup of n customers.
func backedUp(t *testing.T, n int) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "crms.backup")
	requireDone(t, run(nil, "backup", "--data", sampleData(t, n), path))
	return path
}

func TestRestore(t *testing.T) {
	t.Parallel()
	data, path := sampleData(t, 12), backedUp(t, 30)
	got := requireDone(t, execute(t, "restore", "--data", data, path))

	t.Run("tells what was there and what is there now", func(t *testing.T) {
		assert.Regexp(t, `^restored 30 customers, \d+ orders, \d+ complaints as of 2026-01-25 12:00:00 UTC \(generation [0-9a-f]{8}, change 30\)
before: 12 customers, \d+ orders, \d+ complaints
now:    30 customers, \d+ orders, \d+ complaints
the database before is kept in `+regexp.QuoteMeta(data)+`/replaced-\d{8}T\d{6}Z
$`, got.stdout)
		assert.Empty(t, got.stderr)
	})
	t.Run("can be taken back", func(t *testing.T) {
		aside := got.stdout[strings.LastIndex(got.stdout, " ")+1 : len(got.stdout)-1]
		assert.Contains(t, requireDone(t, run(nil, "verify", "--data", aside)).stdout, "is sound: 12 customers")
	})
	t.Run("leaves nothing else behind", func(t *testing.T) {
		assert.Len(t, entries(t, data), 2)
	})
	t.Run("builds the search index again", func(t *testing.T) {
		p, w := serveWriter(t, data)
		assert.NotEmpty(t, w.search(t, "example.com"))

		refused := run(nil, "restore", "--data", data, path)
		requireRefusal(t, refused, exitFailed)
		assert.Equal(t, fmt.Sprintf("crms: a server runs on %s: stop it before a restore\n", data), refused.stderr)
		p.kill(t)
	})
	t.Run("works where a server was killed", func(t *testing.T) {
		assert.FileExists(t, filepath.Join(data, "crms.db"))
		requireDone(t, run(nil, "restore", "--data", data, path))
	})
}

func TestRestoreIsRefusedWhileTheStoreIsOpen(t *testing.T) {
	t.Parallel()
	data, path := sampleData(t, 1), backedUp(t, 2)
	s, err := store.Open(data, store.Options{})
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	got := execute(t, "restore", "--data", data, path)
	requireRefusal(t, got, exitFailed)
	assert.Contains(t, got.stderr, "is in use by another process")
	assert.Equal(t, []string{"crms.db"}, entries(t, data))
}

func TestRestoreReplacesAStoreThatIsDamaged(t *testing.T) {
	t.Parallel()
	data, path := t.TempDir(), backedUp(t, 2)
	require.NoError(t, os.WriteFile(filepath.Join(data, "crms.db"), []byte("Dear diary,"), 0o600))
	got := requireDone(t, run(nil, "restore", "--data", data, path))
	assert.Contains(t, got.stdout, "before: a store that cannot be opened (")
	assert.Contains(t, got.stdout, "is kept in ")
	requireSound(t, data)
}

func TestRestoreOfADamagedBackupTouchesNothing(t *testing.T) {
	t.Parallel()
	data, path := sampleData(t, 5), backedUp(t, 30)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	before, err := os.ReadFile(filepath.Join(data, "crms.db"))
	require.NoError(t, err)
	flip := func(from, to int) string {
		damaged := bytes.Clone(whole)
		for at := from; at < to; at++ {
			damaged[at] ^= 0xff
		}
		return string(damaged)
	}
	for name, test := range map[string]struct{ file, says string }{
		"empty":                  {"", "the backup is damaged: it is cut short"},
		"cut short":              {string(whole[:len(whole)/2]), "the backup is damaged: it is cut short"},
		"a byte short":           {string(whole[:len(whole)-1]), "the backup is damaged: it is cut short"},
		"damaged in the middle":  {flip(len(whole)/2, len(whole)/2+50), "the backup is damaged: "},
		"the last byte flipped":  {flip(len(whole)-1, len(whole)), "the backup is damaged: "},
		"the first byte flipped": {flip(0, 1), "this is not a backup of crms"},
		"something else":         {"Dear diary,\n", "this is not a backup of crms"},
	} {
		t.Run(name, func(t *testing.T) {
			file := writeFile(t, test.file)
			for _, args := range [][]string{{"restore", "--data", data, file}, {"verify", file}} {
				got := run(nil, args...)
				requireRefusal(t, got, exitFailed)
				assert.Contains(t, got.stderr, file+": "+test.says)
			}
			after, err := os.ReadFile(filepath.Join(data, "crms.db"))
			require.NoError(t, err)
			assert.True(t, bytes.Equal(before, after), "the database is as it was")
			assert.Equal(t, []string{"crms.db"}, entries(t, data))
		})
	}
	t.Run("wrong usage", func(t *testing.T) {
		requireRefusal(t, run(nil, "restore", "--data", data), exitUsage)
		requireRefusal(t, run(nil, "restore", "--data", data, filepath.Join(data, "missing")), exitFailed)
		requireRefusal(t, run(nil, "restore", "--data", data, "--identity", path, path), exitFailed)
	})
}

// TestRestoreThatIsKilled kills restores of two backups in turn. Each time the
// data folder must hold all of one of them.
func TestRestoreThatIsKilled(t *testing.T) {
	t.Parallel()
	const few, many = 100, 200
	backups := []string{backedUp(t, few), backedUp(t, many)}
	data := filepath.Join(t.TempDir(), "data")
	start := time.Now()
	requireDone(t, execute(t, "restore", "--data", data, backups[0]))
	whole := time.Since(start)
	counted := regexp.MustCompile(`is sound: (\d+) customers`)
	seen := map[string]int{}
	for round := range 8 {
		p := startProcess(t, nil, "restore", "--data", data, backups[(round+1)%2])
		time.Sleep(rand.N(whole * 5 / 4))
		p.kill(t)
		got := requireDone(t, run(nil, "verify", "--data", data))
		found := counted.FindStringSubmatch(got.stdout)
		require.NotNil(t, found, got.stdout)
		require.Contains(t, []string{fmt.Sprint(few), fmt.Sprint(many)}, found[1])
		seen[found[1]]++
		asides, err := filepath.Glob(filepath.Join(data, "replaced-*"))
		require.NoError(t, err)
		for _, aside := range asides {
			requireSound(t, aside)
			require.NoError(t, os.RemoveAll(aside)) // the next may be made in the same second
		}
		for _, name := range entries(t, data) {
			require.NotContains(t, name, "snapshot", "what the killed has left is gone")
		}
	}
	t.Logf("%v", seen)
}
