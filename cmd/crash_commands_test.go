//go:build linux && (amd64 || arm64)

package cmd

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/storetest/crashpoint"
)

// crashCase is a command that is killed at its durable steps.
type crashCase struct {
	args    []string                            // DIR is where it works, on the customers in DIR/data
	prepare func(t *testing.T, v victim) string // makes that folder
	see     func(t *testing.T, v victim, dir string) string
}

// crashCases are all commands that change anything. see tells what the command is
// to change as it is now, and fails the test for what is half done.
func crashCases() map[string]crashCase {
	return map[string]crashCase{
		"backup over an older one":   {[]string{"backup", "DIR/crms.backup"}, someCustomersAndABackup, seeBackup},
		"restore":                    {[]string{"restore", "DIR/crms.backup"}, someCustomersAndABackup, seeCustomers},
		"restore over a damaged one": {[]string{"restore", "DIR/crms.backup"}, damagedAndABackup, seeCustomers},
		"import":                     {[]string{"import", "DIR/customers.ndjson"}, someCustomersAndLines, seeCustomers},
		"import into a new folder":   {[]string{"import", "DIR/customers.ndjson"}, onlyLines, seeCustomers},
		"compact":                    {[]string{"compact"}, someCustomers, seeCustomers},
		"reindex":                    {[]string{"reindex"}, someCustomersIndexed, seeCustomers},
		"outbox drop":                {[]string{"outbox", "drop", "--all"}, fullWaitingRooms, seeOutbox},
		"parked drop":                {[]string{"parked", "drop", "--all"}, fullWaitingRooms, seeParked},
		"recovery after a kill":      {[]string{"verify"}, killedServer, seeCustomers},
	}
}

// likeOthers are those whose steps the other cases have too: they are for the
// long form of the tests.
func likeOthers() map[string]crashCase {
	return map[string]crashCase{
		"backup":                    {[]string{"backup", "DIR/crms.backup"}, someCustomers, seeBackup},
		"restore into a new folder": {[]string{"restore", "DIR/crms.backup"}, onlyABackup, seeCustomers},
		"compact after a kill":      {[]string{"compact"}, killedServer, seeCustomers},
		"the first index":           {[]string{"reindex"}, someCustomers, seeCustomers},
		"outbox retry":              {[]string{"outbox", "retry", "--all"}, fullWaitingRooms, seeHowManyWait},
	}
}

// TestCrashOfCommands kills every command before and after its durable steps.
// Each time what it changes must be as it was or as it is to be, the customers
// sound, and the same command again must complete it and leave nothing behind.
// The short form takes a step of each kind, the long one all.
func TestCrashOfCommands(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	cases := crashCases()
	if soaking() {
		maps.Copy(cases, likeOthers())
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := crashed{crashCase: c, victim: v, prepared: c.prepare(t, v)}
			k.before = c.see(t, v, k.copy(t))
			dir := k.copy(t)
			p, trace := v.watched(t, dir, nil, c.line(dir)...)
			requireDone(t, p.wait(t))
			k.after = c.see(t, v, dir)
			v.requireSound(t, dir)
			k.files = kindsBelow(t, dir)
			for _, m := range momentsOf(trace.Steps()) {
				t.Run(m.String(), func(t *testing.T) { k.dies(t, m) })
			}
		})
	}
}

// line is the command line in a folder.
func (c crashCase) line(dir string) (args []string) {
	for _, arg := range c.args {
		args = append(args, strings.ReplaceAll(arg, "DIR", dir))
	}
	return append(args, "--data", filepath.Join(dir, "data"))
}

// crashed is a case with what is right before and after the command.
type crashed struct {
	crashCase
	victim
	prepared      string // folder, which is copied for each kill
	before, after string // as see tells it
	files         []string
}

func (k crashed) copy(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(scratch(t), "copy")
	require.NoError(t, os.CopyFS(dir, os.DirFS(k.prepared)))
	return dir
}

// dies kills the command at the moment, and then runs it again.
func (k crashed) dies(t *testing.T, m crashpoint.Moment) {
	dir := k.copy(t)
	p, trace := k.watched(t, dir, m.At(), k.line(dir)...)
	got := p.wait(t)
	steps := lastOf(trace.Steps())
	if got.code != killed { // its threads took turns in another way, with fewer steps
		requireDone(t, got)
	}
	now := k.see(t, k.victim, dir)
	require.Contains(t, []string{k.before, k.after, k.between()}, now, steps)
	if now != noStore {
		k.requireSound(t, dir)
	}

	requireDone(t, k.run(t, k.line(dir)...))
	require.Equal(t, k.after, k.see(t, k.victim, dir), steps)
	proof := k.requireSound(t, dir)
	if k.args[0] == "reindex" {
		assert.NotContains(t, proof, "not compared", "the index is there: %s", steps)
	}
	k.assertNothingLeft(t, dir, steps)
}

// between is what there is, beside before and after, of a store that is new: it
// has nobody yet.
func (k crashed) between() string {
	if k.before == noStore && k.args[0] == "import" {
		return ""
	}
	return k.before
}

// assertNothingLeft wants no files but those that the command leaves where it is
// not killed. A restore that is done once more keeps the first one's customers
// aside.
func (k crashed) assertNothingLeft(t *testing.T, dir, steps string) {
	t.Helper()
	for _, kind := range kindsBelow(t, dir) {
		known := slices.Contains(k.files, kind) || k.args[0] == "restore" && strings.HasPrefix(kind, "/data/replaced-#")
		assert.True(t, known, "%s is left behind: %s", kind, steps)
	}
	indexes, err := filepath.Glob(filepath.Join(dir, "data/search/index-*"))
	require.NoError(t, err)
	assert.LessOrEqual(t, len(indexes), 1)
}

// requireSound proves DIR/data, with its search index if there is one, and returns
// what verify says.
func (v victim) requireSound(t *testing.T, dir string) string {
	t.Helper()
	got := requireDone(t, v.run(t, "verify", "--data", filepath.Join(dir, "data")))
	require.Contains(t, got.stdout, "is sound")
	return got.stdout
}

// noStore is what is seen of a folder that never had a store that can be opened.
const noStore = "no store"

// seeCustomers are all customers with their notes, orders and complaints.
func seeCustomers(t *testing.T, v victim, dir string) string {
	t.Helper()
	got := v.run(t, "export", "--data", filepath.Join(dir, "data"), "--format", "ndjson", "-")
	if got.code != exitOK {
		require.Regexp(t, "there is no store in this folder|is damaged|no such file", got.stderr)
		return noStore
	}
	return got.stdout
}

// seeBackup is how many customers are in DIR/crms.backup.
func seeBackup(t *testing.T, v victim, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "crms.backup")
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return "no backup"
	}
	got := requireDone(t, v.run(t, "verify", path))
	before, _, _ := strings.Cut(strings.TrimPrefix(got.stdout, path), " as of ")
	return before
}

func seeOutbox(t *testing.T, v victim, dir string) string {
	t.Helper()
	return requireDone(t, v.run(t, "outbox", "list", "--data", filepath.Join(dir, "data"))).stdout
}

func seeParked(t *testing.T, v victim, dir string) string {
	t.Helper()
	return requireDone(t, v.run(t, "parked", "list", "--data", filepath.Join(dir, "data"))).stdout
}

// seeHowManyWait is the last line of the outbox: the others have times.
func seeHowManyWait(t *testing.T, v victim, dir string) string {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(seeOutbox(t, v, dir)), "\n")
	return lines[len(lines)-1]
}

// kindsBelow lists the files below a folder without what differs from run to
// run, each kind once, and not those of a search index: verify begins to make one
// where there is none, and Bleve merges its files when it likes.
func kindsBelow(t *testing.T, dir string) []string {
	t.Helper()
	kinds := []string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		kind := crashpoint.WithoutNumbers(strings.TrimPrefix(path, dir))
		if kind != "/data/search/CURRENT" && !strings.HasPrefix(kind, "/data/search/index-#") {
			kinds = append(kinds, kind)
		}
		return err
	}))
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// scratch is a folder in memory, where there is such a thing: many small folders
// are filled, and a kill takes nothing from what the kernel has, on any disk.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "crms-crash-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// The folders in which the commands are killed.

const (
	few  = 20 // customers in a backup, and lines to import
	more = 60 // customers in the data folder
)

func someCustomers(t *testing.T, _ victim) string {
	t.Helper()
	dir := scratch(t)
	require.NoError(t, os.CopyFS(filepath.Join(dir, "data"), os.DirFS(sampleData(t, more))))
	return dir
}

func someCustomersIndexed(t *testing.T, v victim) string {
	t.Helper()
	dir := someCustomers(t, v)
	requireDone(t, v.run(t, "reindex", "--data", filepath.Join(dir, "data")))
	return dir
}

// backUpOthers makes DIR/crms.backup, of other customers than those in DIR/data.
func (v victim) backUpOthers(t *testing.T, dir string) {
	t.Helper()
	requireDone(t, v.run(t, "backup", "--data", sampleData(t, few), filepath.Join(dir, "crms.backup")))
}

func someCustomersAndABackup(t *testing.T, v victim) string {
	t.Helper()
	dir := someCustomersIndexed(t, v)
	v.backUpOthers(t, dir)
	return dir
}

func onlyABackup(t *testing.T, v victim) string {
	t.Helper()
	dir := scratch(t)
	v.backUpOthers(t, dir)
	return dir
}

// damagedAndABackup has a log beside a database that cannot be opened.
func damagedAndABackup(t *testing.T, v victim) string {
	t.Helper()
	dir := killedServer(t, v)
	f, err := os.OpenFile(filepath.Join(dir, "data", "crms.db"), os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteAt(make([]byte, 2*os.Getpagesize()), 0)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	v.backUpOthers(t, dir)
	return dir
}

func onlyLines(t *testing.T, v victim) string {
	t.Helper()
	dir := scratch(t)
	requireDone(t, v.run(t, "export", "--data", sampleData(t, few), filepath.Join(dir, "customers.ndjson")))
	return dir
}

func someCustomersAndLines(t *testing.T, v victim) string {
	t.Helper()
	dir := onlyLines(t, v)
	path := filepath.Join(dir, "customers.ndjson")
	lines, err := os.ReadFile(path)
	require.NoError(t, err)
	// Other users, so that there is something to create.
	others := strings.NewReplacer(`"userId":"6`, `"userId":"7`, `"customerId":"6`, `"customerId":"5`).Replace(string(lines))
	require.NoError(t, os.WriteFile(path, []byte(others), 0o600))
	require.NoError(t, os.CopyFS(filepath.Join(dir, "data"), os.DirFS(sampleData(t, more))))
	return dir
}

func fullWaitingRooms(t *testing.T, _ victim) string {
	t.Helper()
	dir := scratch(t)
	require.NoError(t, os.CopyFS(filepath.Join(dir, "data"), os.DirFS(waitingRooms(t))))
	return dir
}

// killedServer is a data folder as a server leaves it that was killed while it
// was written to.
func killedServer(t *testing.T, v victim) string {
	t.Helper()
	dir := scratch(t)
	data := filepath.Join(dir, "data")
	p := start(t, v.command("serve", "--data", data, "--addr", "127.0.0.1:0"))
	url := "http://" + p.find(t, p.stderr, `msg=serving addr=(\S+)`)
	writers := numbered(0, 4)
	each(writers, func(w *writer) { w.connect(url, "Bearer "+mint(t, someSecret, anAdmin, time.Now())) })
	underLoad(writers, 100, func() { p.signal(t, syscall.SIGKILL) })
	p.wait(t)
	require.NoError(t, os.Remove(filepath.Join(data, "crms.sock")))
	return dir
}
