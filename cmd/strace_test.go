package cmd

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// sabotage makes system calls of the process on the path fail, from now until the
// function that it returns is called: calls is one or more of them, such as
// "pwrite64,fdatasync", failure an errno such as "EIO". A call that fails is not
// made at all: what was written before a sync that fails is in the file.
//
// It is done by strace. Where that may not trace, the test is skipped, but not in
// CI.
func sabotage(t *testing.T, p *process, path, calls, failure string) (mend func()) {
	t.Helper()
	return tamper(t, p, calls, "error="+failure, path)
}

// pretend makes system calls of the process on any file say that they are done,
// when they are not made at all, until the function that it returns is called.
func pretend(t *testing.T, p *process, calls string) (mend func()) {
	t.Helper()
	return tamper(t, p, calls, "retval=0")
}

// tamper gives system calls of the process another outcome: those on the paths, or
// on all when there are none.
func tamper(t *testing.T, p *process, calls, outcome string, paths ...string) (mend func()) {
	t.Helper()
	said := new(output)
	c := exec.Command("strace", append(straceArgs(calls, outcome, paths), "-p", strconv.Itoa(p.child.Pid))...)
	c.Stderr = said
	if err := c.Start(); err != nil {
		cannotTrace(t, err.Error())
	}
	ended := make(chan struct{})
	go func() {
		_ = c.Wait() // said tells why, should it have ended too early
		close(ended)
	}()
	mend = func() {
		_ = c.Process.Signal(os.Interrupt) // it has ended with the process otherwise
		<-ended
	}
	t.Cleanup(mend)
	for deadline := time.Now().Add(patience); !strings.Contains(said.String(), " attached"); time.Sleep(time.Millisecond) {
		select {
		case <-ended:
			cannotTrace(t, said.String())
		default:
			require.True(t, time.Now().Before(deadline), "strace does not attach: %s", said)
		}
	}
	return mend
}

func straceArgs(calls, outcome string, paths []string) []string {
	args := []string{"-f", "-o", os.DevNull, "-e", "trace=" + calls, "-e", "inject=" + calls + ":" + outcome}
	for _, path := range paths {
		args = append(args, "-P", path)
	}
	return args
}

// executeSabotaged runs a command line as a process of its own, to its end, whose
// system calls on the path fail from the start.
func executeSabotaged(t *testing.T, path, calls, failure string, args ...string) outcome {
	t.Helper()
	executable, err := os.Executable()
	require.NoError(t, err)
	if out, err := exec.Command("strace", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		cannotTrace(t, err.Error()+": "+string(out))
	}
	c := exec.Command("strace", slices.Concat(straceArgs(calls, "error="+failure, []string{path}), []string{executable}, args)...)
	c.Env = []string{asCRMS}
	return start(t, c).wait(t)
}

func cannotTrace(t *testing.T, why string) {
	t.Helper()
	require.Empty(t, os.Getenv("CI"), "strace must work in CI: %s", why)
	t.Skipf("a test of a failing disk needs strace: %s", why)
}
