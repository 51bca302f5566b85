//go:build linux && (amd64 || arm64)

package cmd

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
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

// moment is one at which a process is killed.
type moment struct {
	n    int
	done bool
}

// chosen are the moments at which a process with these steps is killed. In the
// long form of the tests that is before and after each; in the short one steps of
// a kind in a row stand for each other, and so do those that come again and again.
func chosen(steps []crashpoint.Step) (moments []moment) {
	if soaking() {
		for n := range steps {
			moments = append(moments, moment{n, false}, moment{n, true})
		}
		return moments
	}
	met := map[crashpoint.Step]int{}
	for from := 0; from < len(steps); {
		kind, to := kindOf(steps[from]), from+1
		for to < len(steps) && kindOf(steps[to]) == kind {
			to++
		}
		if met[kind]++; met[kind] <= mostOfAKind {
			moments = append(moments, moment{(from + to) / 2, false})
			if decides[kind.Call] {
				moments = append(moments, moment{to - 1, true})
			}
		}
		from = to
	}
	return append(moments, moment{len(steps) - 1, true})
}

// mostOfAKind is how many rows of the same step the short form looks at.
const mostOfAKind = 1

// decides says after which steps others see something else under a name.
var decides = map[string]bool{"rename": true, "link": true, "remove": true}

// kindOf is a step without what differs from run to run.
func kindOf(s crashpoint.Step) crashpoint.Step {
	return crashpoint.Step{Call: s.Call, Path: withoutNumbers(s.Path)}
}

// lastOf tells the last few steps.
func lastOf(steps []crashpoint.Step) string { return fmt.Sprint(steps[max(0, len(steps)-4):]) }

// numbers are what differs in the names of files from run to run.
var numbers = regexp.MustCompile(`[0-9a-f]{12}\.zap|\d+(T\d+Z)?`)

func withoutNumbers(path string) string { return numbers.ReplaceAllString(path, "#") }

// killed is the code of a process that a signal has ended.
const killed = -1

// of names the moment.
func (m moment) of(steps []crashpoint.Step) string {
	when := "before"
	if m.done {
		when = "after"
	}
	return fmt.Sprintf("%s %s (%d)", when, kindOf(steps[m.n]), m.n)
}
