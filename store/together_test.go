package store

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"crms/store/internal/kv"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

// schema1 is a folder with a store that the program of schema version 1 has made:
// 24 customers with changes, notes, orders and complaints, of whom two were
// deleted.
func schema1(t *testing.T) (dir string) {
	t.Helper()
	packed, err := os.ReadFile(filepath.Join("testdata", "schema-1.db.zst"))
	require.NoError(t, err)
	r, err := zstd.NewReader(nil)
	require.NoError(t, err)
	defer r.Close()
	db, err := r.DecodeAll(packed, nil)
	require.NoError(t, err)
	dir = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, fileName), db, 0o600))
	return dir
}

// assertTold wants the store to tell of its customers what the program of before
// told of them, to the byte, and to be sound.
func assertTold(t *testing.T, s *Store) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join("testdata", "schema-1.ndjson"))
	require.NoError(t, err)
	var told strings.Builder
	lines := json.NewEncoder(&told)
	_, err = s.Export(func(row *ExportRow) error {
		entries, _, err := s.History(row.ID, 0, 1000)
		require.NoError(t, err)
		return lines.Encode(map[string]any{"customer": row, "history": entries})
	})
	require.NoError(t, err)
	analytics, err := s.Analytics(upgrade)
	require.NoError(t, err)
	require.NoError(t, lines.Encode(analytics))
	assert.Equal(t, string(want), told.String())

	findings, err := s.Verify()
	require.NoError(t, err)
	assert.Empty(t, findings)
}

func upgraded(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir, Options{Existing: true, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// change writes to the database of a folder as no program does.
func change(t *testing.T, dir string, fn func(tx *bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(dir, fileName), 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(fn))
	require.NoError(t, db.Close())
}

func TestRowsOfACustomerAreMovedTogether(t *testing.T) {
	dir := schema1(t)
	s := upgraded(t, dir)

	t.Run("with nothing lost", func(t *testing.T) { assertTold(t, s) })
	t.Run("as a store of the present version", func(t *testing.T) {
		facts, err := s.Facts()
		require.NoError(t, err)
		assert.Equal(t, schemaVersion, facts.Schema)
		declared := s.schema.buckets()
		slices.Sort(declared)
		require.NoError(t, s.db.View(func(tx *kv.Tx) error {
			assert.Equal(t, declared, tx.Buckets())
			return nil
		}))
	})
	t.Run("with a copy of what was before, and nothing else", func(t *testing.T) {
		copies, err := filepath.Glob(filepath.Join(dir, "schema-1-*"))
		require.NoError(t, err)
		require.Len(t, copies, 1)
		before, version, err := openAsItIs(copies[0])
		require.NoError(t, err)
		assert.Equal(t, 1, version)
		require.NoError(t, before.db.Close())
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, e := range entries {
			assert.False(t, strings.HasPrefix(e.Name(), snapshotPrefix), e.Name())
		}
		assertTold(t, upgraded(t, copies[0]))
	})
}

func TestABackupOfVersion1IsRestored(t *testing.T) {
	n := &Snapshot{Dir: schema1(t)}
	findings, err := n.Verify()
	require.NoError(t, err)
	require.Empty(t, findings)
	requireFiles(t, n.Dir, fileName)
	dir := t.TempDir()
	_, err = Install(n, dir, upgrade)
	require.NoError(t, err)
	assertTold(t, upgraded(t, dir))
}

func requireFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.Equal(t, want, names)
}

func TestADamagedRowIsMovedAndStaysDamaged(t *testing.T) {
	dir := schema1(t)
	change(t, dir, func(tx *bolt.Tx) error {
		orders := tx.Bucket([]byte("orders"))
		key, row := orders.Cursor().First()
		flipped := slices.Clone(row)
		flipped[3] ^= 1
		return orders.Put(key, flipped)
	})
	findings, err := upgraded(t, dir).Verify()
	require.NoError(t, err)
	require.Len(t, findings, 1)
	assert.Regexp(t, `^orders [0-9a-f]{24}03[0-9a-f]+ is damaged: checksum does not match$`, string(findings[0]))
}

func TestWhatCannotBeMovedIsLeftAsItWas(t *testing.T) {
	for what, test := range map[string]struct {
		plant func(tx *bolt.Tx) error
		want  string
	}{
		"a key without a customer": {
			func(tx *bolt.Tx) error { return tx.Bucket([]byte("notes")).Put([]byte("x"), []byte("y")) },
			"notes 78 is damaged: a key of 1 bytes",
		},
		"a key that is a customer's alone": {
			func(tx *bolt.Tx) error {
				return tx.Bucket([]byte("notes")).Put([]byte("no more of it"[:idSize]), []byte("y"))
			},
			"is damaged: a key of 12 bytes",
		},
		"a missing bucket": {
			func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("history")) },
			"is damaged: bucket history is missing",
		},
	} {
		t.Run(what, func(t *testing.T) {
			dir := schema1(t)
			change(t, dir, test.plant)
			for range 2 {
				_, err := Open(dir, Options{Log: slog.New(slog.DiscardHandler)})
				require.ErrorIs(t, err, ErrDamaged)
				assert.ErrorContains(t, err, "cannot migrate to schema version 2")
				assert.ErrorContains(t, err, test.want)
				assert.NotContains(t, err.Error(), "\n")
			}
			s, version, err := openAsItIs(dir)
			require.NoError(t, err)
			assert.Equal(t, 1, version)
			require.NoError(t, s.db.Close())
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			assert.Len(t, entries, 2, "the database and its copy")
		})
	}
}
