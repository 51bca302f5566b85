package cmd

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asCRMS, in its environment, makes the test binary be crms.
const asCRMS = "CRMS_TEST_PROCESS=yes"

// TestMain lets tests start crms as a process of its own, to be stopped and
// killed. It is the test binary itself, so that it has the race detector when
// the tests have it; TestBinary runs what users build.
func TestMain(m *testing.M) {
	if os.Getenv("CRMS_TEST_PROCESS") != "" {
		os.Exit(Run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// process is crms running by itself.
type process struct {
	child          *os.Process
	stdout, stderr *output
	exited         chan struct{}
	code           int // when it has exited; -1 if a signal has ended it
}

// patience is how long tests wait for what should come at once.
const patience = 60 * time.Second

// startProcess starts a command line. The process does not outlive the test.
func startProcess(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	executable, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(executable, args...)
	c.Env = append([]string{asCRMS}, env...)
	return start(t, c)
}

// start starts the command, which ends with the test at the latest.
func start(t *testing.T, c *exec.Cmd) *process {
	t.Helper()
	p := newProcess(c)
	require.NoError(t, c.Start())
	p.child = c.Process
	go func() {
		_ = c.Wait() // ProcessState tells how it ended
		p.code = c.ProcessState.ExitCode()
		close(p.exited)
	}()
	p.endWith(t)
	return p
}

// newProcess is that of a command that is still to be started.
func newProcess(c *exec.Cmd) *process {
	p := &process{stdout: new(output), stderr: new(output), exited: make(chan struct{})}
	c.Env = append([]string{"CRMS_OPS_ADDR=127.0.0.1:0"}, c.Env...)
	c.Stdout, c.Stderr = io.Writer(p.stdout), io.Writer(p.stderr)
	return p
}

// endWith kills the process when the test ends.
func (p *process) endWith(t *testing.T) {
	t.Cleanup(func() {
		p.kill(t)
		assert.NotContains(t, p.stderr.String(), "DATA RACE")
	})
}

// serveProcess starts a server with the secret that tests know, on a free port,
// and returns when it listens.
func serveProcess(t *testing.T, data string) (p *process, url string) {
	t.Helper()
	p = startProcess(t, []string{"CRMS_JWT_SECRET=" + someSecret}, "serve", "--data", data, "--addr", "127.0.0.1:0")
	return p, "http://" + p.find(t, p.stderr, `msg=serving addr=(\S+)`)
}

// find waits until the output matches the pattern and returns its first group.
func (p *process) find(t *testing.T, o *output, pattern string) string {
	t.Helper()
	match, deadline := regexp.MustCompile(pattern), time.Now().Add(patience)
	for {
		ended := p.hasExited()
		if found := match.FindStringSubmatch(o.String()); found != nil {
			return found[len(found)-1]
		}
		require.False(t, ended, "crms has ended without %q:\n%s%s", pattern, p.stdout, p.stderr)
		require.True(t, time.Now().Before(deadline), "no %q after %v:\n%s%s", pattern, patience, p.stdout, p.stderr)
		time.Sleep(time.Millisecond)
	}
}

func (p *process) hasExited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// wait waits for the end of the process.
func (p *process) wait(t *testing.T) outcome {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		require.Fail(t, "crms does not end", p.stderr.String())
	}
	return outcome{p.code, p.stdout.String(), p.stderr.String()}
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.child.Signal(s); !errors.Is(err, os.ErrProcessDone) {
		require.NoError(t, err)
	}
}

// kill ends the process in the middle of whatever it does.
func (p *process) kill(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGKILL)
	p.wait(t)
}
