package harness

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/child"
	"github.com/posternhq/postern/internal/redistest"
)

const (
	readyWithin = 60 * time.Second // of a first start on a loaded machine
	probeWithin = 30 * time.Second // it only guards
	stopWithin  = 40 * time.Second // delivery.drain_timeout is 30 s
)

// Node is one gateway process, and what it is started with. Its methods are
// for the test's own goroutine.
type Node struct {
	ID         string
	ConfigPath string

	t       testing.TB
	program Program
	listen  string
	logPath string
	http    *http.Client
	proc    *child.Process
}

// Serve starts a node and waits until it is ready. If the test fails, the end
// of its log is shown.
func (s *Scene) Serve(t testing.TB, id string) *Node {
	t.Helper()
	return s.serve(t, id, s.Redis.URL())
}

// ServeBehind is Serve for a node that reaches Redis through a proxy.
func (s *Scene) ServeBehind(t testing.TB, id string, p *redistest.Proxy) *Node {
	t.Helper()
	return s.serve(t, id, p.URL())
}

func (s *Scene) serve(t testing.TB, id, redisURL string) *Node {
	t.Helper()
	n := s.program.Node(t, id)
	n.ConfigPath = s.writeConfig(t, id, n.listen, redisURL)
	n.Start()
	n.AwaitReady(readyWithin)
	return n
}

// Node returns a node that is not started yet and has no configuration: the
// caller sets ConfigPath. It ends with the test; if the test fails, the end of
// its log is shown.
func (p Program) Node(t testing.TB, id string) *Node {
	t.Helper()
	n := &Node{
		ID: id, t: t, program: p, listen: freeAddress(t),
		logPath: filepath.Join(t.TempDir(), id+".log"),
		http:    &http.Client{Timeout: probeWithin, Transport: &http.Transport{DisableKeepAlives: true}},
	}
	t.Cleanup(func() {
		n.Kill()
		if t.Failed() {
			t.Logf("the end of %s's log:\n%s", id, lastLines(n.Log(), 40))
		}
	})
	return n
}

// Addr is where the node's HTTP server listens: host:port.
func (n *Node) Addr() string { return n.listen }

// Start starts the process and returns at once.
func (n *Node) Start() {
	n.t.Helper()
	log, err := os.OpenFile(n.logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.t.Fatal(err)
	}
	defer log.Close() // the child has its own descriptor
	cmd := exec.Command(n.program.path, "serve", "--config", n.ConfigPath)
	cmd.Env = cleanEnviron()
	cmd.Dir = filepath.Dir(n.ConfigPath)
	cmd.Stdout, cmd.Stderr = log, log
	if n.proc, err = child.Start(cmd); err != nil {
		n.t.Fatal(err)
	}
}

// Kill ends the process as kill -9 does, and returns when it is gone.
func (n *Node) Kill() {
	if n.proc != nil {
		n.proc.Kill()
	}
}

// Ask asks the process to stop, as an operator does, and returns at once. One
// that has ended by itself meanwhile needs no asking.
func (n *Node) Ask() { n.t.Helper(); n.signal(syscall.SIGTERM) }

// Terminate asks the process to stop, as an operator does, and returns its
// exit status.
func (n *Node) Terminate() int {
	n.t.Helper()
	n.Ask()
	timer := time.NewTimer(stopWithin)
	defer timer.Stop()
	select {
	case <-n.proc.Gone():
		return n.proc.ExitCode()
	case <-timer.C:
		n.t.Fatalf("%s has not stopped %v after SIGTERM", n.ID, stopWithin)
		return -1
	}
}

// Freeze stops the process in its tracks, as a suspended machine does. Thaw
// lets it go on.
func (n *Node) Freeze() { n.t.Helper(); n.signal(syscall.SIGSTOP) }

// Thaw ends a Freeze.
func (n *Node) Thaw() { n.t.Helper(); n.signal(syscall.SIGCONT) }

func (n *Node) signal(sig syscall.Signal) {
	n.t.Helper()
	err := n.proc.Signal(sig)
	if ended := errors.Is(err, os.ErrProcessDone); err != nil && (!ended || sig != syscall.SIGTERM) {
		n.t.Fatalf("%s: %v", n.ID, err)
	}
}

// Running reports whether the process lives.
func (n *Node) Running() bool {
	select {
	case <-n.proc.Gone():
		return false
	default:
		return true
	}
}

// ExitCode is how the process ended: -1 = by a signal. It waits for the end.
func (n *Node) ExitCode() int { return n.proc.ExitCode() }

// Get asks the node's HTTP server, without following or retrying anything.
func (n *Node) Get(path string) (status int, body string, err error) {
	resp, err := n.http.Get(n.URL(path))
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// URL is where a path of the node's HTTP server is.
func (n *Node) URL(path string) string { return "http://" + n.listen + path }

// AwaitReady waits until /readyz says 200. A node that exits fails the test.
func (n *Node) AwaitReady(within time.Duration) {
	n.t.Helper()
	Await(n.t, within, n.ID+" is ready", func() (bool, string) {
		if !n.Running() {
			n.t.Fatalf("%s exited with status %d instead of becoming ready", n.ID, n.proc.ExitCode())
		}
		status, body, err := n.Get("/readyz")
		return status == http.StatusOK, fmt.Sprintf("/readyz: %d %s %v", status, strings.TrimSpace(body), err)
	})
}

// Log is all that the process has written, over all its starts.
func (n *Node) Log() string {
	b, err := os.ReadFile(n.logPath)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// given are the ports that nodes of this process were given: one that is free
// now may be another's that has not started yet.
var given sync.Map

// freeAddress draws a port from below Linux' ephemeral range, so that the
// port of a killed node cannot be taken by an outgoing connection.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range 50 {
		address := fmt.Sprintf("127.0.0.1:%d", 12000+rand.IntN(20000))
		ln, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		_ = ln.Close()
		if _, twice := given.LoadOrStore(address, true); !twice {
			return address
		}
	}
	t.Fatal("found no free port from 12000 to 31999")
	return ""
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// AwaitActive waits until exactly one of two nodes holds the lease, and
// returns that one first.
func AwaitActive(t testing.TB, a, b *Node, within time.Duration) (active, standby *Node) {
	t.Helper()
	Await(t, within, "one of two nodes is active", func() (bool, string) {
		heldA, heldB := a.Active(), b.Active()
		if active, standby = a, b; heldB {
			active, standby = b, a
		}
		return heldA != heldB, fmt.Sprintf("%s: %v, %s: %v", a.ID, heldA, b.ID, heldB)
	})
	return active, standby
}
