package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

// alter changes a closed store behind its back.
func alter(t *testing.T, data string, change func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(data, "crms.db"), 0o600, &bolt.Options{Timeout: time.Second})
	require.NoError(t, err)
	require.NoError(t, db.Update(change))
	require.NoError(t, db.Close())
}

// loseIndexEntry makes one user impossible to find by its id.
func loseIndexEntry(tx *bolt.Tx) error {
	users := tx.Bucket([]byte("users"))
	key, _ := users.Cursor().First()
	return users.Delete(bytes.Clone(key))
}

// flipRecord damages the first customer's record.
func flipRecord(tx *bolt.Tx) error {
	customers := tx.Bucket([]byte("customers"))
	key, row := customers.Cursor().First()
	row = bytes.Clone(row)
	row[len(row)/2] ^= 1
	return customers.Put(bytes.Clone(key), row)
}

func TestVerifyNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	t.Run("in an index, which it can repair", func(t *testing.T) {
		data := sampleData(t, 10)
		alter(t, data, loseIndexEntry)
		got := execute(t, "verify", "--data", data)
		assert.Equal(t, exitFailed, got.code)
		assert.Regexp(t, `(?m)^index users: entry [0-9a-f]+ of customers [0-9a-f]{24} is missing, not [0-9a-f]{24}$`, got.stdout)
		assert.Regexp(t, `^crms: \S+ is not sound, findings: \d\n$`, got.stderr)

		got = requireDone(t, execute(t, "verify", "--data", data, "--repair"))
		assert.Contains(t, got.stdout, "indexes and counters were derived again; 0 customers had wrong figures\n")
		assert.Contains(t, got.stdout, data+" is sound: 10 customers")
		requireDone(t, execute(t, "verify", "--data", data))
	})
	t.Run("in an index, beside a running server", func(t *testing.T) {
		data := sampleData(t, 10)
		alter(t, data, loseIndexEntry)
		p, _ := serveProcess(t, data)
		got := execute(t, "verify", "--data", data)
		assert.Equal(t, exitFailed, got.code)
		assert.Contains(t, got.stdout, "index users: ")
		requireDone(t, execute(t, "verify", "--data", data, "--repair"))
		p.signal(t, syscall.SIGTERM)
		require.Equal(t, exitOK, p.wait(t).code)
		requireSound(t, data)
	})
	t.Run("in a record, which it cannot repair", func(t *testing.T) {
		data := sampleData(t, 10)
		alter(t, data, flipRecord)
		got := execute(t, "verify", "--data", data)
		assert.Equal(t, exitFailed, got.code)
		assert.Regexp(t, `(?m)^customers [0-9a-f]{24} is damaged: checksum does not match$`, got.stdout)

		got = execute(t, "verify", "--data", data, "--repair")
		requireRefusal(t, got, exitFailed)
		assert.Regexp(t, `customers [0-9a-f]{24} is damaged`, got.stderr)
	})
	t.Run("in a backup of a store that is not sound", func(t *testing.T) {
		data, path := sampleData(t, 10), filepath.Join(t.TempDir(), "crms.backup")
		alter(t, data, loseIndexEntry)
		requireDone(t, run(nil, "backup", "--data", data, path))
		fresh := filepath.Join(t.TempDir(), "data")
		for _, args := range [][]string{{"verify", path}, {"restore", "--data", fresh, path}} {
			got := run(nil, args...)
			requireRefusal(t, got, exitFailed)
			assert.Contains(t, got.stderr, path+" is not sound, findings: ")
			assert.Contains(t, got.stderr, "index users: ")
		}
		assert.Empty(t, entries(t, fresh))
	})
	t.Run("a file that is cut short", func(t *testing.T) {
		data := sampleData(t, 10)
		require.NoError(t, os.Truncate(filepath.Join(data, "crms.db"), 20_000))
		got := execute(t, "verify", "--data", data)
		requireRefusal(t, got, exitFailed)
		assert.Contains(t, got.stderr, "is damaged: the file has 20000 of at least")
	})
	t.Run("a backup is not repaired", func(t *testing.T) {
		requireRefusal(t, run(nil, "verify", "--repair", "crms.backup"), exitUsage)
	})
}

func TestCompact(t *testing.T) {
	t.Parallel()
	data := sampleData(t, 50)
	p, _ := serveProcess(t, data)
	refused := execute(t, "compact", "--data", data)
	requireRefusal(t, refused, exitFailed)
	assert.Contains(t, refused.stderr, "is in use by another process")
	p.kill(t)
	got := requireDone(t, execute(t, "compact", "--data", data))
	assert.Regexp(t, `^\S+: \d+ bytes before, \d+ now\n$`, got.stdout)
	requireSound(t, data)
}
