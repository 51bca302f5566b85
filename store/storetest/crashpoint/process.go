//go:build linux && (amd64 || arm64)

package crashpoint

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Watch says which steps are watched, and when the process is to die.
type Watch struct {
	Below string            // folder
	Kill  func(Moment) bool // asked at both moments of each step, by one goroutine; nil for never
}

// Process runs under ptrace.
type Process struct {
	command *exec.Cmd
	watch   Watch
	started chan error
	ended   chan struct{}

	mu    sync.Mutex
	steps []Step

	// Of the goroutine that traces.
	threads map[int]*Moment // that it has; the step that each is in
	status  unix.WaitStatus // of the end
	failure error
}

// Start starts the command, which must not be started yet. It fails where
// ptrace is not permitted.
func Start(c *exec.Cmd, w Watch) (*Process, error) {
	below, err := filepath.EvalSymlinks(w.Below)
	if err != nil {
		return nil, err
	}
	w.Below = below
	p := &Process{command: c, watch: w, started: make(chan error), ended: make(chan struct{}), threads: map[int]*Moment{}}
	go p.run()
	return p, <-p.started
}

// Wait waits for the end of the process and returns how it ended.
func (p *Process) Wait() (syscall.WaitStatus, error) {
	<-p.ended
	return syscall.WaitStatus(p.status), p.failure
}

// Steps returns those that were begun so far.
func (p *Process) Steps() []Step {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Step{}, p.steps...)
}

// run starts and traces the process. All of ptrace is for the thread alone that
// started it; when the thread ends, with this goroutine, so does the process.
func (p *Process) run() {
	runtime.LockOSThread()
	defer close(p.ended)
	err := p.start()
	p.started <- err
	if err != nil {
		return
	}
	if p.failure = p.trace(); p.failure != nil {
		p.failure = errors.Join(p.failure, p.kill())
	}
	_ = p.command.Wait() // the trace knows how it ended; this ends the copying of its output
}

const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_EXITKILL

func (p *Process) start() error {
	if p.command.SysProcAttr == nil {
		p.command.SysProcAttr = new(syscall.SysProcAttr)
	}
	p.command.SysProcAttr.Ptrace = true
	p.command.SysProcAttr.Setpgid = true // by which all its threads are waited for, and nobody else's
	if err := p.command.Start(); err != nil {
		return fmt.Errorf("cannot start under ptrace: %w", err)
	}
	pid := p.command.Process.Pid
	p.threads[pid] = nil
	var ws unix.WaitStatus
	if _, err := wait(pid, &ws); err != nil {
		return fmt.Errorf("cannot wait for the traced process: %w", err)
	}
	if err := unix.PtraceSetOptions(pid, options); err != nil {
		return fmt.Errorf("cannot trace: %w", err)
	}
	return goOn(pid, 0)
}

// waitForAny waits for any thread of the process.
func (p *Process) waitForAny() (thread int, err error) {
	return wait(-p.command.Process.Pid, &p.status)
}

// wait waits for a thread that this one traces, or with a negative number for
// any of a process group.
func wait(thread int, ws *unix.WaitStatus) (int, error) {
	for {
		found, err := unix.Wait4(thread, ws, unix.WALL|unix.WNOTHREAD, nil)
		if !errors.Is(err, unix.EINTR) {
			return found, err
		}
	}
}

// goOn lets a thread run to its next system call. One that was killed meanwhile
// is no error.
func goOn(thread int, signal unix.Signal) error {
	if err := unix.PtraceSyscall(thread, int(signal)); !errors.Is(err, unix.ESRCH) {
		return err
	}
	return nil
}

func (p *Process) kill() error {
	if err := p.command.Process.Kill(); err != nil {
		return err
	}
	for {
		thread, err := p.waitForAny()
		if err != nil || thread == p.command.Process.Pid && ended(p.status) {
			return err
		}
	}
}

func ended(ws unix.WaitStatus) bool { return ws.Exited() || ws.Signaled() }

// trace follows the process to its end. The first thread is the last to be
// waited for.
func (p *Process) trace() error {
	for {
		thread, err := p.waitForAny()
		switch {
		case err != nil:
			return fmt.Errorf("cannot wait for a traced thread: %w", err)
		case ended(p.status) && thread == p.command.Process.Pid:
			return nil
		case ended(p.status):
			delete(p.threads, thread)
			continue
		}
		signal, err := p.stopped(thread)
		if err == nil {
			err = goOn(thread, signal)
		}
		if err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
}

// atSystemCall is the signal of a stop at a system call, with TRACESYSGOOD.
const atSystemCall = unix.SIGTRAP | 0x80

// stopped looks at what a thread was stopped for, and returns the signal to go
// on with.
func (p *Process) stopped(thread int) (unix.Signal, error) {
	_, known := p.threads[thread]
	if !known {
		p.threads[thread] = nil
	}
	switch signal := p.status.StopSignal(); {
	case signal == atSystemCall:
		return 0, p.systemCall(thread)
	case signal == unix.SIGTRAP: // a new thread was begun
		return 0, nil
	case signal == unix.SIGSTOP && !known: // it is that new thread
		return 0, nil
	default:
		return signal, nil
	}
}

// systemCallInfo is struct ptrace_syscall_info of the kernel.
type systemCallInfo struct {
	op     uint8
	_      [3]uint8
	_      uint32
	_, _   uint64
	number uint64
	args   [6]uint64
	_      uint64
}

func (p *Process) systemCall(thread int) error {
	var info systemCallInfo
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(thread), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return fmt.Errorf("cannot tell the system call of a thread: %w", errno)
	}
	switch info.op {
	case unix.PTRACE_SYSCALL_INFO_ENTRY:
		return p.begin(thread, info)
	case unix.PTRACE_SYSCALL_INFO_EXIT:
		return p.end(thread)
	}
	return nil
}

func (p *Process) begin(thread int, info systemCallInfo) error {
	step, is := stepOf(thread, info.number, info.args, p.watch.Below)
	if !is {
		return nil
	}
	p.mu.Lock()
	m := &Moment{Step: step, N: len(p.steps)}
	p.steps = append(p.steps, step)
	p.mu.Unlock()
	p.threads[thread] = m
	return p.ask(*m)
}

func (p *Process) end(thread int) error {
	m := p.threads[thread]
	if p.threads[thread] = nil; m == nil {
		return nil
	}
	m.Done = true
	return p.ask(*m)
}

func (p *Process) ask(m Moment) error {
	if p.watch.Kill == nil || !p.watch.Kill(m) {
		return nil
	}
	return p.command.Process.Kill()
}
