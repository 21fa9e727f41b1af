package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/child"
	"github.com/posternhq/postern/internal/demo/wire"
)

const (
	restartAfter  = 300 * time.Millisecond // long enough to be seen
	lookEvery     = 10 * time.Millisecond  // at the registry, while a gateway starts
	stopWithin    = 4 * time.Second        // its drain_timeout and something
	stillbornMost = 3                      // gateways in a row that died before they could deliver
)

// gateway is the child process: the node that is killed and comes back. run
// owns the process; every other method may be called from any goroutine.
type gateway struct {
	command  func() *exec.Cmd                        // for one more process
	registry func(context.Context) (bus.Node, error) // what the node with our id writes of itself
	open     func(context.Context, string) bool      // whether the page is served at the node's address
	platform string
	log      *wire.Log
	now      func() time.Time

	mutex   sync.Mutex
	process *child.Process // nil while there is none
	addr    string         // where it answers HTTP, "" while it does not
	pulled  time.Time      // when the plug was pulled, of this process
	ready   chan struct{}  // closed when the first one can deliver
}

// standing is what the wire is told of a gateway.
type standing struct {
	State      string `json:"state"` // killed, ended, back, active
	PID        int    `json:"pid"`
	AfterMS    int64  `json:"after_ms,omitempty"` // since the one before was killed
	ExitStatus int    `json:"exit_status,omitempty"`
}

var errAway = errors.New("the gateway is not running at the moment")

// run keeps a gateway running until ctx ends, then stops it in order. It fails
// if none can be started.
func (g *gateway) run(ctx context.Context) error {
	var last death
	for stillborn := 0; stillborn < stillbornMost; {
		process, err := g.start()
		if err != nil {
			return err
		}
		last = g.live(ctx, process, last.at)
		if ctx.Err() != nil {
			return nil
		}
		if stillborn++; last.expected {
			stillborn = 0
		}
		select {
		case <-time.After(restartAfter):
		case <-ctx.Done():
			return nil
		}
	}
	return fmt.Errorf("the gateway ended %d times before it could deliver anything", stillbornMost)
}

// start starts one process.
func (g *gateway) start() (*held, error) {
	cmd := g.command()
	ownGroup(cmd)
	// Where the kernel does not do it, the end of this pipe ends the child
	// when we die, however we die.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the gateway: %w", err)
	}
	process, err := child.Start(cmd)
	if err != nil {
		return nil, fmt.Errorf("starting the gateway: %w", err)
	}
	return &held{Process: process, stdin: stdin}, nil
}

// held is a process and the pipe that it lives by.
type held struct {
	*child.Process
	stdin io.Closer
}

// death is how a process ended.
type death struct {
	at       time.Time
	expected bool // it had come so far that it could deliver, or was killed on purpose
}

// live is a process from its start to its end, which it waits for. before is
// when the one before went.
func (g *gateway) live(ctx context.Context, process *held, before time.Time) (d death) {
	g.mutex.Lock()
	g.process = process.Process
	g.mutex.Unlock()
	looking, stop := context.WithCancel(ctx)
	var look sync.WaitGroup
	look.Go(func() { d.expected = g.awaitDelivering(looking, process.Pid(), before) })
	select {
	case <-process.Gone():
	case <-ctx.Done():
		process.end()
	}
	stop()
	look.Wait()

	g.mutex.Lock()
	d.at, g.process, g.addr, g.pulled = g.pulled, nil, "", time.Time{}
	g.mutex.Unlock()
	d.expected = d.expected || !d.at.IsZero()
	if d.at.IsZero() && ctx.Err() == nil {
		d.at = g.now()
		g.tell(standing{State: "ended", PID: process.Pid(), ExitStatus: process.ExitCode()},
			fmt.Sprintf("ended by itself, status %d: its log says why", process.ExitCode()))
	}
	return d
}

// end asks a process to stop, and kills it if it does not.
func (p *held) end() {
	_ = p.Signal(syscall.SIGTERM) // where there is no such signal, the end of its input says the same
	_ = p.stdin.Close()
	late := time.NewTimer(stopWithin)
	defer late.Stop()
	select {
	case <-p.Gone():
	case <-late.C:
		p.Kill()
	}
}

// awaitDelivering looks at the registry until the process stands there as
// answering, then as active, and its page is there: a node has the lease a
// moment before its platform is open.
func (g *gateway) awaitDelivering(ctx context.Context, pid int, before time.Time) bool {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for back := false; ; {
		node, err := g.registry(ctx)
		if err == nil && node.PID == pid {
			if !back {
				back = true
				g.answering(pid, node.HTTP, before)
			}
			if slices.Contains(node.Active, g.platform) && g.open(ctx, node.HTTP) {
				g.delivering(pid, before)
				return true
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
}

func (g *gateway) answering(pid int, addr string, before time.Time) {
	g.mutex.Lock()
	g.addr = addr
	g.mutex.Unlock()
	if before.IsZero() {
		return // the first one: nothing was away
	}
	g.tell(standing{State: "back", PID: pid, AfterMS: g.since(before)}, "answers again; the lease is still the dead one's")
}

// delivering says so before it wakes whoever waits for it: what they do next
// stands after it on the wire.
func (g *gateway) delivering(pid int, before time.Time) {
	says := "runs"
	if !before.IsZero() {
		says = "has the lease, and goes on where the dead one stopped"
	}
	g.tell(standing{State: "active", PID: pid, AfterMS: g.since(before)}, says)

	g.mutex.Lock()
	defer g.mutex.Unlock()
	select {
	case <-g.ready:
	default:
		close(g.ready)
	}
}

// since is how many milliseconds ago something was, 0 if it never was.
func (g *gateway) since(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return g.now().Sub(t).Milliseconds()
}

// tell puts a change on the wire.
func (g *gateway) tell(s standing, says string) {
	says = fmt.Sprintf("process %d %s", s.PID, says)
	if s.AfterMS > 0 {
		says = fmt.Sprintf("after %.1f s: %s", float64(s.AfterMS)/1000, says)
	}
	g.log.Add(wire.GatewayItem(g.now(), s.State, says, s.State == "ended", s))
}

// pull kills the gateway as kill -9 does, and returns its process id. It is
// errAway while there is nothing to kill.
func (g *gateway) pull() (pid int, err error) {
	g.mutex.Lock()
	process := g.process
	if process == nil || !g.pulled.IsZero() {
		g.mutex.Unlock()
		return 0, errAway
	}
	g.pulled, g.addr = g.now(), ""
	g.mutex.Unlock()
	g.tell(standing{State: "killed", PID: process.Pid()}, "killed with signal 9")
	process.Kill()
	return process.Pid(), nil
}

// dial connects to the gateway's HTTP, wherever it is by now. It is errAway
// while it does not answer.
func (g *gateway) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	g.mutex.Lock()
	addr := g.addr
	g.mutex.Unlock()
	if addr == "" {
		return nil, errAway
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", addr)
}
