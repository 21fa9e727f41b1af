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
	"github.com/posternhq/postern/internal/demo/wire"
	"github.com/posternhq/postern/internal/redistest/child"
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
	State   string `json:"state"` // killed, ended, back, delivering
	PID     int    `json:"pid"`
	AfterMS int64  `json:"after_ms,omitempty"` // since the one before was killed
	Reason  string `json:"reason,omitempty"`
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
		if stillborn++; last.delivered {
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
	at        time.Time
	delivered bool // it had come so far that it could
}

// live is a process from its start to its end, which it waits for. before is
// when the one before went.
func (g *gateway) live(ctx context.Context, process *held, before time.Time) (d death) {
	g.mutex.Lock()
	g.process = process.Process
	g.mutex.Unlock()
	looking, stop := context.WithCancel(ctx)
	var look sync.WaitGroup
	look.Go(func() { d.delivered = g.awaitDelivering(looking, process.Pid(), before) })
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
	if d.at.IsZero() && ctx.Err() == nil {
		d.at = g.now()
		reason := fmt.Sprintf("exit status %d; its log says why", process.ExitCode())
		g.tell("ended", process.Pid(), time.Time{}, "ended by itself: "+reason, reason)
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
// answering, then as active.
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
			if slices.Contains(node.Active, g.platform) {
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
	g.tell("back", pid, before, "answers again, waits for the lease", "")
}

func (g *gateway) delivering(pid int, before time.Time) {
	g.mutex.Lock()
	select {
	case <-g.ready:
	default:
		close(g.ready)
	}
	g.mutex.Unlock()
	g.tell("delivering", pid, before, "has the lease, goes on", "")
}

// tell puts a change on the wire. before is when the process before went; of
// the first process nothing is told but that it delivers.
func (g *gateway) tell(state string, pid int, before time.Time, says, reason string) {
	now, s := g.now(), standing{State: state, PID: pid, Reason: reason}
	switch {
	case before.IsZero() && state == "back":
		return
	case before.IsZero() && state == "delivering":
		says = "runs"
	case !before.IsZero():
		after := now.Sub(before)
		s.AfterMS = after.Milliseconds()
		says = fmt.Sprintf("after %.1f s: %s", after.Seconds(), says)
	}
	g.log.Add(wire.GatewayItem(now, state, fmt.Sprintf("process %d %s", pid, says), reason != "", s))
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
	g.tell("killed", process.Pid(), time.Time{}, "killed with signal 9", "")
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
