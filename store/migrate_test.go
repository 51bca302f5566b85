package store

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// upgrade is when the tests migrate.
var upgrade = time.Date(2026, 1, 25, 12, 0, 0, 0, time.UTC)

const copyBefore = "schema-3-20260125T120000Z"

// mark is a migration that writes its version into meta.
func mark(to int) migration {
	return migration{to: to, what: "a mark", apply: func(s *schema, tx *kv.Tx) error {
		before, _, err := s.meta.Get(tx, "marks")
		if err != nil {
			return err
		}
		return s.meta.Put(tx, "marks", before+string(rune('0'+to)))
	}}
}

var errMigration = errors.New("there is an order that it cannot understand")

// fails is a migration that writes and then fails.
func fails(to int) migration {
	return migration{to: to, what: "a failure", apply: func(s *schema, tx *kv.Tx) error {
		return errors.Join(mark(to).apply(s, tx), errMigration)
	}}
}

func (p *plot) meta(t *testing.T, key string) (value string) {
	t.Helper()
	require.NoError(t, p.db.View(func(tx *kv.Tx) (err error) { value, _, err = p.schema.meta.Get(tx, key); return err }))
	return value
}

// assertCopy wants a copy of the database as it was before, which the program of
// the present version opens.
func (p *plot) assertCopy(t *testing.T) {
	t.Helper()
	before, err := Open(filepath.Join(p.dir, copyBefore), Options{Existing: true, Log: p.log})
	require.NoError(t, err)
	defer func() { assert.NoError(t, before.Close()) }()
	facts, err := before.Facts()
	require.NoError(t, err)
	assert.Equal(t, schemaVersion, facts.Schema)
	assert.Equal(t, Counts{Customers: 1, Orders: 1, Complaints: 1}, facts.Counts)
	assert.Equal(t, p.generation, facts.Generation)
	_, err = before.Profile(p.id)
	assert.NoError(t, err)
	findings, err := before.Verify()
	require.NoError(t, err)
	assert.Empty(t, findings)
}

func (p *plot) files(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(p.dir)
	require.NoError(t, err)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "crms.db-redo") {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestMigrationsRunInOrderAfterACopy(t *testing.T) {
	p := newPlot(t)
	require.NoError(t, p.migrate(3, []migration{mark(4), mark(5), mark(6)}, upgrade))
	assert.Equal(t, "456", p.meta(t, "marks"))
	assert.Equal(t, "6", p.meta(t, metaSchema))
	p.assertCopy(t)

	t.Run("the program of before refuses what they have made", func(t *testing.T) {
		n, err := p.Snapshot(upgrade)
		require.NoError(t, err)
		defer func() { assert.NoError(t, n.Remove()) }()
		_, err = Open(n.Dir, Options{Log: p.log})
		assert.ErrorContains(t, err, "the database has schema version 6, this program knows up to 3: use a newer crms")
		assert.NotContains(t, err.Error(), "\n")
	})
}

func TestOnlyMigrationsThatAreDueRun(t *testing.T) {
	p := newPlot(t)
	require.NoError(t, p.migrate(5, []migration{fails(4), fails(5), mark(6)}, upgrade))
	assert.Equal(t, "6", p.meta(t, "marks"))
}

func TestNothingIsCopiedWhenNoMigrationIsDue(t *testing.T) {
	p := newPlot(t)
	require.NoError(t, p.migrate(3, nil, upgrade))
	require.NoError(t, p.migrate(6, []migration{fails(4), fails(6)}, upgrade))
	assert.Equal(t, "3", p.meta(t, metaSchema))
	assert.Equal(t, []string{"crms.db"}, p.files(t))
}

func TestMigrationThatFailsLeavesTheVersionBefore(t *testing.T) {
	p := newPlot(t)
	err := p.migrate(3, []migration{mark(4), fails(5), mark(6)}, upgrade)
	require.ErrorIs(t, err, errMigration)
	assert.EqualError(t, err, "cannot migrate to schema version 5 (a failure); the database before is in "+
		filepath.Join(p.dir, copyBefore)+": there is an order that it cannot understand")
	assert.Equal(t, "4", p.meta(t, metaSchema))
	assert.Equal(t, "4", p.meta(t, "marks"), "nothing of the one that failed is left")
	p.assertCopy(t)

	t.Run("and goes on from there when it is mended", func(t *testing.T) {
		require.NoError(t, p.migrate(4, []migration{mark(4), mark(5), mark(6)}, upgrade))
		assert.Equal(t, "456", p.meta(t, "marks"))
		assert.Equal(t, "6", p.meta(t, metaSchema))
	})
}

func TestMigrationThatFailsAtEveryStartKeepsOneCopy(t *testing.T) {
	p := newPlot(t)
	for start := range 3 {
		err := p.migrate(3, []migration{fails(4)}, upgrade.Add(time.Duration(start-2)*time.Hour))
		require.ErrorIs(t, err, errMigration)
	}
	assert.Equal(t, []string{"crms.db", copyBefore}, p.files(t))
	p.assertCopy(t)
}

func TestMigrationThatIsDoneAgainWithinTheSecondHasACopyOfItsOwn(t *testing.T) {
	p := newPlot(t)
	require.Error(t, p.migrate(3, []migration{fails(4)}, upgrade))
	require.NoError(t, p.migrate(3, []migration{mark(4)}, upgrade))
	assert.Equal(t, []string{"crms.db", copyBefore + "-2"}, p.files(t))
}

func TestNothingIsMigratedWithoutACopy(t *testing.T) {
	p := newPlot(t)
	require.NoError(t, os.Rename(p.dir, p.dir+"-elsewhere"))
	err := p.migrate(3, []migration{mark(4)}, upgrade)
	require.NoError(t, os.Rename(p.dir+"-elsewhere", p.dir))
	assert.ErrorContains(t, err, "cannot migrate to schema version 4")
	assert.Equal(t, "3", p.meta(t, metaSchema))
	assert.Empty(t, p.meta(t, "marks"))
}

// TestMigrationsLeadToTheSchema holds the list to the version: one migration for
// each step, in order.
func TestMigrationsLeadToTheSchema(t *testing.T) {
	all := migrations()
	require.Len(t, all, schemaVersion-1)
	for i, m := range all {
		assert.Equal(t, i+2, m.to)
		assert.NotEmpty(t, m.what)
	}
}

func TestAMigratedStoreIsWrittenAsBefore(t *testing.T) {
	p := newPlot(t)
	require.NoError(t, p.migrate(3, []migration{mark(4)}, upgrade))
	_, err := Do(context.Background(), p.Store, SetStatus{Change: Change{At: upgrade}, ID: p.id, Status: crm.Inactive})
	require.NoError(t, err)
	findings, err := p.Verify()
	require.NoError(t, err)
	assert.Empty(t, findings)
}

// rewrites is a migration that writes all rows anew.
func rewrites(to int) migration {
	return migration{to: to, what: "a new file", move: &kv.Move{Into: customersBucket, From: []kv.Source{{Bucket: customersBucket}}}}
}

// MigrateElsewhere is the process that is killed while it brings the store in the
// folder to version 5.
func MigrateElsewhere(dir string) { migrateElsewhere(dir, []migration{mark(4), mark(5)}) }

// RewriteElsewhere is the process whose steps are looked at while it changes the
// store in the folder, and then moves its rows.
func RewriteElsewhere(dir string) { migrateElsewhere(dir, []migration{mark(4), rewrites(5)}) }

func migrateElsewhere(dir string, all []migration) {
	s, version, err := openAsItIs(dir)
	if err == nil {
		err = errors.Join(s.migrate(version, all, time.Now()), s.db.Close())
	}
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
	os.Exit(0)
}

// openAsItIs opens a store of whatever version without bringing it to another.
func openAsItIs(dir string) (s *Store, version int, err error) {
	s = &Store{dir: dir, log: slog.New(slog.DiscardHandler)}
	if s.db, err = kv.Open(filepath.Join(dir, fileName)); err != nil {
		return nil, 0, err
	}
	s.setZone(time.UTC)
	s.committer = newCommitter(s)
	err = s.db.View(func(tx *kv.Tx) (err error) { version, err = s.storedVersion(tx); return err })
	return s, version, err
}
