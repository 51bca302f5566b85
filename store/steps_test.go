//go:build linux && (amd64 || arm64)

package store

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"crms/store/storetest/crashpoint"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stepsOf are what a process, which the variable chooses, changes of the store in the
// folder data of parent. A kill shows nothing of a sync that is left out: only the
// order of the steps does.
func stepsOf(t *testing.T, variable, parent string) []crashpoint.Step {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env, c.Stderr = append(os.Environ(), variable+"="+filepath.Join(parent, "data")), os.Stderr
	p, err := crashpoint.Start(c, crashpoint.Watch{Below: parent})
	if err != nil && os.Getenv("CI") == "" {
		t.Skipf("the steps of a process cannot be seen, since ptrace is not permitted: %v", err)
	}
	require.NoError(t, err)
	ws, err := p.Wait()
	require.NoError(t, err)
	require.Zero(t, ws.ExitStatus())
	return p.Steps()
}

// stepRule says that between the latest step like first and each one like then
// there is one like by.
type stepRule struct{ first, by, then string }

func (r stepRule) assertIn(t *testing.T, steps []crashpoint.Step) {
	t.Helper()
	like := func(pattern string) func(crashpoint.Step) bool {
		matches := regexp.MustCompile("^" + pattern + "$").MatchString
		return func(s crashpoint.Step) bool { return matches(s.String()) }
	}
	checked := 0
	for i, s := range steps {
		if !like(r.then)(s) {
			continue
		}
		before := slices.Clone(steps[:i])
		slices.Reverse(before)
		first := slices.IndexFunc(before, like(r.first))
		if first < 0 {
			continue
		}
		checked++
		assert.True(t, slices.ContainsFunc(before[:first], like(r.by)), "step %d: %s", i, s)
	}
	assert.Positive(t, checked, "no such steps")
}

func TestStepsAreDurableInTheirOrder(t *testing.T) {
	const (
		copied = `data/schema-1-[^/]*/crms\.db`
		fresh  = `data/snapshot-[^/]*/crms\.db`
	)
	stores := map[string]struct {
		process string
		make    func(t *testing.T, data string)
		rules   map[string]stepRule
	}{
		"of a new store": {"CRMS_TEST_OPEN", func(*testing.T, string) {}, map[string]stepRule{
			"an empty database before it has its name":   {`write data/crms\.db\.new`, `sync data/crms\.db\.new`, `rename data/crms\.db`},
			"its name before there is a log":             {`rename data/crms\.db`, `sync data`, `create .*redo.*`},
			"the beginning of a log before its name":     {`write data/crms\.db-redo0\.new`, `sync data/crms\.db-redo0\.new`, `rename data/crms\.db-redo0`},
			"the name of a log before the first record":  {`rename data/crms\.db-redo0`, `sync data`, `(submit|sync) data/crms\.db-redo0`},
			"the database before its log is removed":     {`write data/crms\.db`, `sync data/crms\.db`, `remove data/crms\.db-redo0`},
			"the first segment's end before the other's": {`write data/crms\.db`, `remove data/crms\.db-redo0`, `remove data/crms\.db-redo1`},
		}},
		"of a migration": {"CRMS_TEST_OPEN", func(t *testing.T, data string) {
			require.NoError(t, os.CopyFS(data, os.DirFS(schema1(t))))
		}, map[string]stepRule{
			"the copy before the new file is begun":              {`write ` + copied, `sync ` + copied, `create ` + fresh},
			"the name of the copy, too":                          {`create ` + copied, `sync data/schema-1-[^/]*`, `create ` + fresh},
			"the name of its folder, too":                        {`mkdir data/schema-1-.*`, `sync data`, `create ` + fresh},
			"the new file before its version is raised":          {`write ` + fresh, `sync ` + fresh, `create ` + fresh + `-redo1`},
			"the new file before it has the name of the old one": {`write ` + fresh, `sync ` + fresh, `rename data/crms\.db`},
			"its name before the log of the old one is removed":  {`rename data/crms\.db`, `sync data`, `remove data/crms\.db-redo0`},
		}},
		"of a change and a migration": {"CRMS_TEST_REWRITE", func(t *testing.T, data string) {
			n, err := newPlot(t).Snapshot(upgrade)
			require.NoError(t, err)
			require.NoError(t, os.CopyFS(data, os.DirFS(n.Dir)))
		}, map[string]stepRule{
			"no log of the old file when the new one gets its name": {`create data/crms\.db-redo0\.new`, `remove data/crms\.db-redo0`, `rename data/crms\.db`},
		}},
	}
	for what, store := range stores {
		t.Run(what, func(t *testing.T) {
			parent := t.TempDir()
			store.make(t, filepath.Join(parent, "data"))
			steps := stepsOf(t, store.process, parent)
			for name, rule := range store.rules {
				t.Run(name, func(t *testing.T) { rule.assertIn(t, steps) })
			}
		})
	}
}
