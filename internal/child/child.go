// Package child runs a program that must not outlive this one, which needs it:
// the demo's gateway, and the servers of tests and measurements. It finds them
// ports, and waits until they do what they are there for.
package child

import (
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
)

// Process is a running program and the goroutine that owns it. Its methods may
// be called from any goroutine, also after the program has ended.
type Process struct {
	cmd  *exec.Cmd
	gone chan struct{}
}

// Start forks the command. On Linux, the kernel kills the child when this
// process dies, however it dies; elsewhere, only Kill does.
func Start(cmd *exec.Cmd) (*Process, error) {
	dieWithParent(cmd)
	p := &Process{cmd: cmd, gone: make(chan struct{})}
	forked := make(chan error, 1)
	go func() {
		defer close(p.gone)
		// The kernel ties a parent-death signal to the forking thread, so
		// that thread is held until the child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		forked <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in cmd.ProcessState
		}
	}()
	if err := <-forked; err != nil {
		return nil, fmt.Errorf("fork %s: %w", cmd.Path, err)
	}
	return p, nil
}

// Pid is the process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Gone is closed when the program has ended and all its output is written.
func (p *Process) Gone() <-chan struct{} { return p.gone }

// ExitCode waits for the end and returns the exit status, -1 after a signal.
func (p *Process) ExitCode() int {
	<-p.gone
	return p.cmd.ProcessState.ExitCode()
}

// Signal sends a signal.
func (p *Process) Signal(sig syscall.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil {
		return fmt.Errorf("send %v to %s: %w", sig, p.cmd.Path, err)
	}
	return nil
}

// Kill ends the program, a frozen one too, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // an error means that it is gone already
	<-p.gone
}
