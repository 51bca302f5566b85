//go:build linux && (amd64 || arm64)

package store

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"crms/store/internal/kv"
	"crms/store/storetest/crashpoint"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCrashOfAMigration kills the process at its durable steps. Each time the database is of the version before or of a later one, whole,
// and with a copy of the one before; and the next start completes it.
func TestCrashOfAMigration(t *testing.T) {
	t.Parallel()
	p := newPlot(t)
	n, err := p.Snapshot(upgrade)
	require.NoError(t, err)
	before := filepath.Join(t.TempDir(), "before")
	require.NoError(t, os.CopyFS(before, os.DirFS(n.Dir)))
	require.NoError(t, n.Remove())

	whole := copied(t, before)
	steps := migrateAndKill(t, whole, nil)
	requireMigrated(t, whole)
	moments := crashpoint.FewMoments(steps)
	if os.Getenv("CRMS_SOAK") != "" {
		moments = crashpoint.AllMoments(steps)
	}
	for _, m := range moments {
		t.Run(m.String(), func(t *testing.T) {
			dir := copied(t, before)
			migrateAndKill(t, dir, m.At())
			requireWhole(t, dir)
			migrateAndKill(t, dir, nil)
			requireMigrated(t, dir)
		})
	}
}

// TestCrashOfAMove kills the process while it brings a store of version 1 to the
// present one. Each time the folder has the old store or the new one, and the next
// start completes it.
func TestCrashOfAMove(t *testing.T) {
	t.Parallel()
	before := schema1(t)
	steps := startAndKill(t, "CRMS_TEST_OPEN", copied(t, before), nil)
	moments := crashpoint.FewMoments(steps)
	if os.Getenv("CRMS_SOAK") != "" {
		moments = crashpoint.AllMoments(steps)
	}
	for _, m := range moments {
		t.Run(m.String(), func(t *testing.T) {
			dir := copied(t, before)
			startAndKill(t, "CRMS_TEST_OPEN", dir, m.At())
			assertTold(t, upgraded(t, dir))
			left, err := filepath.Glob(filepath.Join(dir, "*"))
			require.NoError(t, err)
			for _, file := range left {
				assert.Regexp(t, `^(crms\.db(-redo[01])?|schema-[12]-.*)$`, filepath.Base(file))
			}
		})
	}
}

// TestCrashOfTheBar kills the process while it sets a bar in a store of version 2.
// Each time the next start finds all customers in top or those above the bar, and
// completes it.
func TestCrashOfTheBar(t *testing.T) {
	t.Parallel()
	m := newMarket(t, t.TempDir())
	m.join(valuesOf(topMost+1, 1<<20)...)
	m.degrade()
	require.NoError(t, m.db.Settle())
	before := copied(t, m.dir)
	m.reopen() // the one that is closed at the end of the test
	for _, moment := range crashpoint.FewMoments(startAndKill(t, "CRMS_TEST_OPEN", copied(t, before), nil)) {
		t.Run(moment.String(), func(t *testing.T) {
			dir := copied(t, before)
			startAndKill(t, "CRMS_TEST_OPEN", dir, moment.At())
			next := newMarket(t, dir)
			next.values = m.values
			next.check("after the kill")
			assert.Equal(t, topKept, next.entries())
			assert.NotNil(t, next.schema.bar)
		})
	}
}

func copied(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, os.CopyFS(to, os.DirFS(dir)))
	return to
}

// migrateAndKill runs the migration to the moment that kill chooses, and returns
// the steps that it took.
func migrateAndKill(t *testing.T, dir string, kill func(crashpoint.Moment) bool) []crashpoint.Step {
	t.Helper()
	return startAndKill(t, "CRMS_TEST_MIGRATE", dir, kill)
}

// startAndKill starts this test binary as the process that the variable chooses.
func startAndKill(t *testing.T, variable, dir string, kill func(crashpoint.Moment) bool) []crashpoint.Step {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env, c.Stderr = append(os.Environ(), variable+"="+dir), os.Stderr
	p, err := crashpoint.Start(c, crashpoint.Watch{Below: dir, Kill: kill})
	if err != nil && os.Getenv("CI") == "" {
		t.Skipf("a migration cannot be killed at its steps, since ptrace is not permitted: %v", err)
	}
	require.NoError(t, err)
	ws, err := p.Wait()
	require.NoError(t, err)
	require.True(t, ws.Exited() && ws.ExitStatus() == 0 || kill != nil && ws.Signal() == syscall.SIGKILL, "%v", ws)
	return p.Steps()
}

// requireWhole wants a sound store of some version with what its migrations
// make, and of a later one the copies of those before.
func requireWhole(t *testing.T, dir string) (version int) {
	t.Helper()
	s, version, err := openAsItIs(dir)
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.db.Close()) }()
	var marks string
	require.NoError(t, s.db.View(func(tx *kv.Tx) (err error) { marks, _, err = s.schema.meta.Get(tx, "marks"); return err }))
	require.Equal(t, map[int]string{3: "", 4: "4", 5: "45"}[version], marks)
	findings, err := s.Verify()
	require.NoError(t, err)
	require.Empty(t, findings)
	if version > 3 {
		requireCopy(t, dir)
	}
	return version
}

// requireCopy wants one copy of version 3, which the program of that version
// opens.
func requireCopy(t *testing.T, dir string) {
	t.Helper()
	copies, err := filepath.Glob(filepath.Join(dir, "schema-3-*"))
	require.NoError(t, err)
	require.Len(t, copies, 1)
	s, version, err := openAsItIs(copies[0])
	require.NoError(t, err)
	assert.Equal(t, 3, version)
	findings, err := s.Verify()
	require.NoError(t, err)
	assert.Empty(t, findings)
	require.NoError(t, s.db.Close())
}

func requireMigrated(t *testing.T, dir string) {
	t.Helper()
	require.Equal(t, 5, requireWhole(t, dir))
	for _, version := range []string{"3", "4"} {
		copies, err := filepath.Glob(filepath.Join(dir, "schema-"+version+"-*"))
		require.NoError(t, err)
		assert.LessOrEqual(t, len(copies), 1, "copies do not grow in number")
	}
}
