package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// errAddrInUse is a start that lost the race for its port.
var errAddrInUse = errors.New("address already in use")

func isAddrInUse(err error) bool { return errors.Is(err, errAddrInUse) }

// process is a running redis-server and the goroutine that owns it.
type process struct {
	cmd  *exec.Cmd
	gone chan struct{} // closed when the process is reaped and its log is read
}

// startProcess returns when the server's log says that it accepts
// connections. A server that could not bind, and so exited, is errAddrInUse.
func startProcess(cmd *exec.Cmd, timeout time.Duration) (*process, error) {
	cmd.SysProcAttr = dieWithParent()
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("open redis-server's log: %w", err)
	}
	p := &process{cmd: cmd, gone: make(chan struct{})}
	forked, accepting := make(chan error, 1), make(chan struct{})
	var log tail
	go func() {
		defer close(p.gone)
		// The kernel ties a parent-death signal to the forking thread, so
		// that thread is held until the child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		forked <- err
		if err != nil {
			return
		}
		log.read(out, "Ready to accept connections", accepting)
		_ = cmd.Wait() // how it ended is in the log, or it was killed
	}()
	if err := <-forked; err != nil {
		return nil, fmt.Errorf("fork redis-server: %w", err)
	}
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-accepting:
		return p, nil
	case <-p.gone:
		if strings.Contains(log.String(), "Address already in use") {
			return nil, fmt.Errorf("bind: %w", errAddrInUse)
		}
		return nil, fmt.Errorf("redis-server exited at once, its log:\n%s", log.String())
	case <-timer.C:
		p.kill()
		return nil, fmt.Errorf("redis-server did not accept connections within %v, its log:\n%s", timeout, log.String())
	}
}

// kill ends the process, a frozen one too, and waits until it is reaped.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // an error means that it is gone already
	<-p.gone
}

// tail keeps the last lines of a log.
type tail struct {
	mu    sync.Mutex
	lines []string
}

const tailLines = 30

// read takes in the log until its end, and closes seen at the first line that
// contains mark.
func (l *tail) read(r io.Reader, mark string, seen chan<- struct{}) {
	marked := false
	for lines := bufio.NewScanner(r); lines.Scan(); {
		line := lines.Text()
		l.mu.Lock()
		l.lines = append(l.lines, line)
		l.lines = l.lines[max(0, len(l.lines)-tailLines):]
		l.mu.Unlock()
		if !marked && strings.Contains(line, mark) {
			marked = true
			close(seen)
		}
	}
	_, _ = io.Copy(io.Discard, r) // a line too long for the scanner must not block the server
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}
