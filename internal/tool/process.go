package tool

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"time"
)

// drainTime is how long the pipes of an ended group are still read. It only
// matters if a process left the group with a pipe in its hand: for all others
// the pipes end with them.
const drainTime = 200 * time.Millisecond

// process is a running tool server, and whatever it starts: one process group.
//
// One goroutine, supervise, owns the group: it alone sends signals and reaps,
// so that no signal goes to a group whose number the system has given away.
type process struct {
	cmd    *exec.Cmd
	stdin  *os.File
	stdout *os.File
	stderr *os.File
	grace  time.Duration

	hangup chan struct{} // closed when it will send nothing more: it should be exiting
	stop   chan struct{} // closed when it is to end
	gone   chan struct{} // closed when the whole group has ended

	hangupOnce sync.Once
	stopOnce   sync.Once
	cause      error // why stop was closed; read after stop
	why        error // why it ended; read after gone
}

// startProcess runs the executable at path in dir, with the environment of
// environment and its standard error going to log, line by line.
func startProcess(path, dir string, grace time.Duration, log *slog.Logger) (*process, error) {
	p := &process{
		cmd:    exec.Command(path),
		grace:  grace,
		hangup: make(chan struct{}),
		stop:   make(chan struct{}),
		gone:   make(chan struct{}),
	}
	p.cmd.Dir, p.cmd.Env = dir, environment()
	if err := ownGroup(p.cmd); err != nil {
		return nil, err
	}
	theirs, err := p.connect()
	defer closeAll(theirs)
	if err != nil {
		closeAll([]*os.File{p.stdin, p.stdout, p.stderr})
		return nil, fmt.Errorf("making its pipes: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		closeAll([]*os.File{p.stdin, p.stdout, p.stderr})
		return nil, fmt.Errorf("starting it: %w", err)
	}
	go p.supervise(log)
	return p, nil
}

// connect makes the three pipes and returns the server's ends, which are
// closed here once it has its copies.
func (p *process) connect() (theirs []*os.File, err error) {
	var in, out, diag *os.File
	var errs [3]error
	in, p.stdin, errs[0] = os.Pipe()
	p.stdout, out, errs[1] = os.Pipe()
	p.stderr, diag, errs[2] = os.Pipe()
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = in, out, diag
	return []*os.File{in, out, diag}, errors.Join(errs[:]...)
}

// end asks for the whole group's end and returns at once; the first cause
// given counts. It may be called at any time, from any goroutine.
func (p *process) end(cause error) {
	p.stopOnce.Do(func() {
		p.cause = cause
		close(p.stop)
	})
}

// hungUp tells that the server has closed its output. It should be exiting by
// itself and has the grace to do so.
func (p *process) hungUp() { p.hangupOnce.Do(func() { close(p.hangup) }) }

// running reports whether the process can be used.
func (p *process) running() bool {
	select {
	case <-p.hangup:
	case <-p.stop:
	case <-p.gone:
	default:
		return true
	}
	return false
}

// epitaph says why the process ended. It waits until it has.
func (p *process) epitaph() error {
	<-p.gone
	return p.why
}

func (p *process) supervise(log *slog.Logger) {
	defer close(p.gone)
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		logLines(p.stderr, log)
	}()
	exited := make(chan error, 1)
	go func() { exited <- p.cmd.Wait() }()

	err := p.await(exited)
	// The leader is reaped this moment. Whoever it left behind goes with it,
	// and keeps the group's number from being given away until then.
	killGroup(p.cmd.Process.Pid)
	awaitGroup(p.cmd.Process.Pid, drainTime)

	_ = p.stdin.Close()
	deadline := time.Now().Add(drainTime)
	_ = p.stdout.SetReadDeadline(deadline)
	_ = p.stderr.SetReadDeadline(deadline)
	<-logged
	_ = p.stderr.Close()
	select {
	case <-p.stop:
		p.why = p.cause
	default:
		p.why = errors.New("it ended by itself: " + status(err))
	}
}

// await returns when the leader has exited, seeing to it that it does once
// that is asked for.
func (p *process) await(exited <-chan error) error {
	select {
	case err := <-exited:
		return err
	case <-p.hangup:
		_ = p.stdin.Close()
		select {
		case err := <-exited:
			return err
		case <-p.stop:
		case <-time.After(p.grace):
		}
	case <-p.stop:
	}
	_ = p.stdin.Close()
	terminateGroup(p.cmd.Process.Pid)
	select {
	case err := <-exited:
		return err
	case <-time.After(p.grace):
	}
	killGroup(p.cmd.Process.Pid)
	return <-exited
}

// awaitGroup returns when a killed group is empty, or after limit: the dead
// count until the system's init has reaped them, which not every one does.
func awaitGroup(leader int, limit time.Duration) {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	again := time.NewTicker(limit / 100)
	defer again.Stop()
	for !groupEmpty(leader) {
		select {
		case <-again.C:
		case <-deadline.C:
			return
		}
	}
}

func status(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// environment is all that a tool sees of ours: never the gateway's secrets.
func environment() []string {
	env := []string{} // not nil, which would mean all of it
	for _, name := range []string{"PATH", "HOME", "LANG", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func closeAll[C io.Closer](files []C) {
	for _, f := range files {
		_ = f.Close() // a nil *os.File says so and does nothing
	}
}
