//go:build linux && (amd64 || arm64)

package cmd

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"crms/store/storetest/crashpoint"
)

// victim is the binary as users build it. It is killed at its durable steps, in
// or below a folder of its own.
type victim struct{ binary string }

func newVictim(t *testing.T) victim {
	t.Helper()
	v := victim{buildBinary(t)}
	p, err := crashpoint.Start(v.command("version"), crashpoint.Watch{Below: t.TempDir()})
	if err != nil && os.Getenv("CI") == "" {
		t.Skipf("crms cannot be killed at its steps, since ptrace is not permitted: %v", err)
	}
	require.NoError(t, err, "ptrace is needed")
	_, err = p.Wait()
	require.NoError(t, err)
	return v
}

// command is a command line of crms, to be started.
func (v victim) command(args ...string) *exec.Cmd {
	c := exec.Command(v.binary, args...)
	c.Env = []string{"CRMS_JWT_SECRET=" + someSecret}
	return c
}

// run runs a command line to its end.
func (v victim) run(t *testing.T, args ...string) outcome {
	t.Helper()
	return start(t, v.command(args...)).wait(t)
}

// watched starts a command line whose steps below the folder are counted, and
// which is killed at the moment that kill chooses.
func (v victim) watched(t *testing.T, below string, kill func(crashpoint.Moment) bool, args ...string) (*process, *crashpoint.Process) {
	t.Helper()
	c := v.command(args...)
	p := newProcess(c)
	traced, err := crashpoint.Start(c, crashpoint.Watch{Below: below, Kill: kill})
	require.NoError(t, err)
	p.child = c.Process
	go func() {
		ws, _ := traced.Wait()
		p.code = ws.ExitStatus()
		close(p.exited)
	}()
	p.endWith(t)
	return p, traced
}

// momentsOf are those at which a process with these steps is killed: a few, or
// all in the long form of the tests.
func momentsOf(steps []crashpoint.Step) []crashpoint.Moment {
	if soaking() {
		return crashpoint.AllMoments(steps)
	}
	return crashpoint.FewMoments(steps)
}

// lastOf tells the last few steps.
func lastOf(steps []crashpoint.Step) string { return fmt.Sprint(steps[max(0, len(steps)-4):]) }

// killed is the code of a process that a signal has ended.
const killed = -1
