package cmd

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/storetest/smalldisk"
)

// serveRefused starts a server that must not come up, and wants one line of why.
func serveRefused(t *testing.T, data string) (why string) {
	t.Helper()
	p := startProcess(t, []string{"CRMS_JWT_SECRET=" + someSecret}, "serve", "--data", data, "--addr", "127.0.0.1:0")
	got := p.wait(t)
	requireRefusal(t, got, exitFailed)
	return got.stderr
}

func TestTornDatabaseIsRefusedByServeAndVerify(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(filepath.Join(sampleData(t, 300), "crms.db"))
	require.NoError(t, err)
	page := os.Getpagesize()
	for name, file := range map[string][]byte{
		"empty":                 {},
		"cut to one byte":       whole[:1],
		"cut to half":           whole[:len(whole)/2],
		"without meta pages":    append(make([]byte, 2*page), whole[2*page:]...),
		"nothing but zeros":     make([]byte, len(whole)),
		"cut to its first page": whole[:page],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(data, "crms.db"), file, 0o600))
			verified := execute(t, "verify", "--data", data)
			requireRefusal(t, verified, exitFailed)
			for _, why := range []string{serveRefused(t, data), verified.stderr} {
				assert.Contains(t, why, filepath.Join(data, "crms.db")+": is damaged")
				assert.Contains(t, why, "crms restore --data "+data+" FILE")
			}
		})
	}
}

func TestServeRefusesADataFolderThatIsNone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		make func(t *testing.T, data string)
		says string
	}{
		"a file": {func(t *testing.T, data string) {
			require.NoError(t, os.WriteFile(data, nil, 0o600))
		}, "it is not a folder"},
		"a link to nothing": {func(t *testing.T, data string) {
			require.NoError(t, os.Symlink(data+"-elsewhere", data))
		}, "it is a symbolic link to a folder that is not there"},
		"a folder in the place of the database": {func(t *testing.T, data string) {
			require.NoError(t, os.MkdirAll(filepath.Join(data, "crms.db"), 0o700))
		}, "is not a regular file"},
		"a database that is a link": {func(t *testing.T, data string) {
			require.NoError(t, os.Mkdir(data, 0o700))
			require.NoError(t, os.Symlink(data+"-elsewhere", filepath.Join(data, "crms.db")))
		}, "is a symbolic link: let the folder be one"},
		"a file in the place of the index": {func(t *testing.T, data string) {
			require.NoError(t, os.Mkdir(data, 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(data, "search"), nil, 0o600))
		}, "cannot make the search folder"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(t.TempDir(), "data")
			test.make(t, data)
			assert.Contains(t, serveRefused(t, data), test.says)
			assert.NoFileExists(t, data+"-elsewhere")
		})
	}
}

func TestServeRefusesAFolderWhoseSocketWouldHaveTooLongAName(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	assert.Contains(t, serveRefused(t, data), "bytes, use a shorter data folder")
	assert.NoDirExists(t, data, "it is refused before a store is made")
}

func TestServeReplacesASocketThatWasLeft(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(data, "crms.sock"), Net: "unix"})
	require.NoError(t, err)
	l.SetUnlinkOnClose(false)
	require.NoError(t, l.Close())
	p, _ := serveProcess(t, data)
	requireDone(t, execute(t, "health", "--data", data))
	p.signal(t, syscall.SIGTERM)
	assert.Equal(t, exitOK, p.wait(t).code)
}

func TestReadOnlyDataFolderIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	d := smalldisk.Mount(t, "size=32m")
	data := filepath.Join(d.Dir, "data")
	require.NoError(t, os.CopyFS(data, os.DirFS(sampleData(t, 30))))
	require.NoError(t, syscall.Mount("", d.Dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	for _, args := range [][]string{
		{"verify", "--data", data},
		{"backup", "--data", data, filepath.Join(t.TempDir(), "crms.backup")},
		{"export", "--data", data, filepath.Join(t.TempDir(), "customers.ndjson")},
	} {
		got := execute(t, args...)
		requireRefusal(t, got, exitFailed)
		assert.Contains(t, got.stderr, "read-only file system (the folder must be writable: to verify, back up or export what is in it, work on a copy")
	}
	assert.Contains(t, serveRefused(t, data), "read-only file system")

	elsewhere := t.TempDir()
	require.NoError(t, os.CopyFS(elsewhere, os.DirFS(data)))
	assert.Contains(t, requireDone(t, execute(t, "verify", "--data", elsewhere)).stdout, "is sound: 30 customers")
}

// TestServiceGoesOnWithoutItsLog writes the log to a device that is always full.
func TestServiceGoesOnWithoutItsLog(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	executable, err := os.Executable()
	require.NoError(t, err)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	c := exec.Command(executable, "serve", "--data", data, "--addr", "127.0.0.1:0")
	c.Env = []string{asCRMS, "CRMS_JWT_SECRET=" + someSecret, "CRMS_OPS_ADDR=127.0.0.1:0"}
	c.Stderr = full
	require.NoError(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill() }) // it has ended already, unless the test has failed
	require.Eventually(t, func() bool { return execute(t, "health", "--data", data).code == exitOK }, patience, 50*time.Millisecond)
	requireDone(t, execute(t, "verify", "--data", data))
	require.NoError(t, c.Process.Signal(syscall.SIGTERM))
	assert.NoError(t, c.Wait())
}
