//go:build linux && (amd64 || arm64)

package crashpoint_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"crms/store/storetest/crashpoint"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestMain lets the test binary be the program that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("CRMS_TEST_STEPS"); dir != "" {
		takeSteps(dir)
		os.Exit(7)
	}
	os.Exit(m.Run())
}

// takeSteps makes, fills, syncs, renames and removes a file, each in another
// thread than the step before.
func takeSteps(dir string) {
	var f *os.File
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for _, step := range []func() error{
		func() (err error) { f, err = os.Create(a); return err },
		func() error { _, err := f.WriteString("x"); return err },
		func() error { return f.Sync() },
		func() error { return submit(f, []byte("y")) },
		func() error { return os.Rename(a, b) },
		func() error { return os.Remove(b) },
	} {
		var g sync.WaitGroup
		g.Go(func() {
			runtime.LockOSThread() // which ends with this function
			if err := step(); err != nil {
				panic(err)
			}
		})
		g.Wait()
	}
}

// submit writes through Linux AIO, which ends with the process.
func submit(f *os.File, b []byte) error {
	var context uintptr
	if _, _, errno := unix.Syscall(unix.SYS_IO_SETUP, 1, uintptr(unsafe.Pointer(&context)), 0); errno != 0 {
		return errno
	}
	call := &struct { // iocb
		_              uint64
		_, _           uint32
		opcode         uint16
		_              int16
		file           uint32
		buffer, length uint64
		offset         int64
		_              [2]uint64
	}{opcode: 1, file: uint32(f.Fd()), buffer: uint64(uintptr(unsafe.Pointer(&b[0]))), length: uint64(len(b)), offset: 1}
	_, _, errno := unix.Syscall(unix.SYS_IO_SUBMIT, context, 1, uintptr(unsafe.Pointer(&call)))
	runtime.KeepAlive(b)
	if errno != 0 {
		return errno
	}
	return nil
}

func start(t *testing.T, dir string, kill func(crashpoint.Moment) bool) *crashpoint.Process {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "CRMS_TEST_STEPS="+dir)
	p, err := crashpoint.Start(c, crashpoint.Watch{Below: dir, Kill: kill})
	require.NoError(t, err)
	return p
}

func TestStepsAreCounted(t *testing.T) {
	p := start(t, t.TempDir(), nil)
	ws, err := p.Wait()
	require.NoError(t, err)
	assert.Equal(t, 7, ws.ExitStatus())
	assert.Equal(t, []crashpoint.Step{{"create", "a"}, {"write", "a"}, {"sync", "a"}, {"submit", "a"}, {"rename", "b"}, {"remove", "b"}}, p.Steps())
}

func TestTheProcessDiesAtTheStep(t *testing.T) {
	for name, test := range map[string]struct {
		n     int
		done  bool
		files map[string]string
	}{
		"before the file is made":  {0, false, map[string]string{}},
		"when it is made":          {0, true, map[string]string{"a": ""}},
		"before it is written":     {1, false, map[string]string{"a": ""}},
		"when it is written":       {1, true, map[string]string{"a": "x"}},
		"before more is submitted": {3, false, map[string]string{"a": "x"}},
		"when that is submitted":   {3, true, map[string]string{"a": "xy"}},
		"before it is renamed":     {4, false, map[string]string{"a": "xy"}},
		"when it is renamed":       {4, true, map[string]string{"b": "xy"}},
		"before it is removed":     {5, false, map[string]string{"b": "xy"}},
		"when it is removed":       {5, true, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			p := start(t, dir, crashpoint.Moment{N: test.n, Done: test.done}.At())
			ws, err := p.Wait()
			require.NoError(t, err)
			assert.Equal(t, syscall.SIGKILL, ws.Signal())
			assert.Len(t, p.Steps(), test.n+1)
			files := map[string]string{}
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			for _, e := range entries {
				content, err := os.ReadFile(filepath.Join(dir, e.Name()))
				require.NoError(t, err)
				files[e.Name()] = string(content)
			}
			assert.Equal(t, test.files, files)
		})
	}
}

func TestMoments(t *testing.T) {
	write, again := crashpoint.Step{"write", "schema-1/a"}, crashpoint.Step{"write", "schema-2/a"}
	rename := crashpoint.Step{"rename", "a"}
	steps := []crashpoint.Step{write, again, rename, write}
	t.Run("a few take one of each kind, and what a rename has done", func(t *testing.T) {
		assert.Equal(t, []crashpoint.Moment{{again, 1, false}, {rename, 2, false}, {rename, 2, true}, {write, 3, true}}, crashpoint.FewMoments(steps))
	})
	t.Run("all are before and after each", func(t *testing.T) {
		assert.Len(t, crashpoint.AllMoments(steps), 8)
	})
}
