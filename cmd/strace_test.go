package cmd

import (
	"os"
	"os/exec"
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
	said := new(output)
	c := exec.Command("strace", "-f", "-o", os.DevNull, "-p", strconv.Itoa(p.child.Pid), "-P", path,
		"-e", "trace="+calls, "-e", "inject="+calls+":error="+failure)
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

func cannotTrace(t *testing.T, why string) {
	t.Helper()
	require.Empty(t, os.Getenv("CI"), "strace must work in CI: %s", why)
	t.Skipf("a test of a failing disk needs strace: %s", why)
}
