package redistest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Sentinel is one master with two replicas, watched by three Sentinels, which
// need two to agree. A master that does not answer for a second is failed over.
type Sentinel struct {
	// MasterName is what the Sentinels call the master. It is no other's: one of
	// another test may come upon a port that its own master had, and Sentinels
	// that watch the same name make each other's acquaintance through the master.
	MasterName string

	Nodes    []*Server // the first began as the master
	Watchers []*Server // the Sentinels; each may be stopped and restarted as any server

	t testing.TB
}

// StartSentinel runs the six processes and returns when the replicas are in
// sync and every Sentinel knows all. args are for master and replicas, as in
// Start.
func StartSentinel(t testing.TB, args ...string) *Sentinel {
	t.Helper()
	s := &Sentinel{t: t, MasterName: fmt.Sprintf("postern-%08x", rand.Uint32())}
	for range 3 {
		s.Nodes = append(s.Nodes, newServer(t, append([]string{
			"--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1",
		}, args...)...))
	}
	startAll(t, s.Nodes)
	for _, replica := range s.Nodes[1:] {
		replica.follow(s.Nodes[0])
	}
	for _, replica := range s.Nodes[1:] {
		await(t, "a replica gets in sync", func(ctx context.Context) error { return replica.replicates(ctx, s.Nodes[0]) })
	}
	for range 3 {
		s.Watchers = append(s.Watchers, newWatcher(t, s.MasterName, s.Nodes[0]))
	}
	startAll(t, s.Watchers)
	for _, w := range s.Watchers {
		w.hasten()
	}
	s.awaitKnown(len(s.Nodes) - 1)
	return s
}

// StartWatcher runs one Sentinel more for a master, which calls it as it is told
// and talks only to who has its password. It needs a second one to agree, and
// knows none.
func StartWatcher(t testing.TB, masterName string, master *Server, password string) *Server {
	t.Helper()
	w := newWatcher(t, masterName, master, "requirepass "+password)
	startAll(t, []*Server{w})
	return w
}

// newWatcher returns a Sentinel for a master. lines are added to its
// configuration.
func newWatcher(t testing.TB, masterName string, master *Server, lines ...string) *Server {
	t.Helper()
	host, port, _ := net.SplitHostPort(master.Addr)
	w := newServer(t)
	w.file = filepath.Join(w.dir, "sentinel.conf")
	text := strings.Join(append([]string{
		"sentinel monitor " + masterName + " " + host + " " + port + " 2",
		"sentinel down-after-milliseconds " + masterName + " 1000",
		"sentinel failover-timeout " + masterName + " 5000",
		"sentinel parallel-syncs " + masterName + " 2",
	}, lines...), "\n")
	if err := os.WriteFile(w.file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return w
}

// hasten makes a Sentinel look and talk ten times as often as it does by
// default: they find each other, and an old master its place, in a fraction of
// a second. A pause of the machine does not make it stand still for long.
func (s *Server) hasten() {
	s.t.Helper()
	s.do("SENTINEL", "DEBUG", "INFO-PERIOD", "500", "PUBLISH-PERIOD", "200", "ASK-PERIOD", "200", "TILT-PERIOD", "500")
}

// follow makes the server a replica of master.
func (s *Server) follow(master *Server) {
	s.t.Helper()
	host, port, _ := net.SplitHostPort(master.Addr)
	s.do("REPLICAOF", host, port)
}

// do sends one command, and fails the test if that fails.
func (s *Server) do(args ...any) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	c := s.dial()
	defer func() { _ = c.Close() }()
	if err := c.Do(ctx, args...).Err(); err != nil {
		s.t.Fatalf("%v at %s: %v", args, s.Addr, err)
	}
}

// URL leads to the master through the Sentinels, database 0.
func (s *Sentinel) URL() string {
	return "redis://" + s.Watchers[0].Addr + "/0?master_name=" + s.MasterName +
		"&addr=" + s.Watchers[1].Addr + "&addr=" + s.Watchers[2].Addr
}

// Master is the node that the Sentinels that run call the master now.
func (s *Sentinel) Master() *Server {
	s.t.Helper()
	var master *Server
	await(s.t, "the Sentinels agree on a master", func(ctx context.Context) (err error) {
		master, err = s.agreed(ctx)
		return err
	})
	return master
}

// agreed is the one master that all the Sentinels that run name.
func (s *Sentinel) agreed(ctx context.Context) (*Server, error) {
	named := map[string]bool{}
	for _, w := range s.Watchers {
		if w.proc == nil {
			continue
		}
		c := w.dial()
		addr, err := c.Do(ctx, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", s.MasterName).StringSlice()
		_ = c.Close()
		if err != nil || len(addr) != 2 {
			return nil, fmt.Errorf("%s names %v: %w", w.Addr, addr, errors.Join(err))
		}
		named[net.JoinHostPort(addr[0], addr[1])] = true
	}
	for _, n := range s.Nodes {
		if len(named) == 1 && named[n.Addr] {
			return n, nil
		}
	}
	return nil, fmt.Errorf("they name %v", named)
}

// Failover kills the master, as a crash would, and returns when another takes
// writes and the Sentinels agree on it.
func (s *Sentinel) Failover() (killed, master *Server) {
	s.t.Helper()
	killed = s.Master()
	killed.Stop()
	return killed, s.AwaitFailover(killed)
}

// AwaitFailover returns the new master once the Sentinels agree on one that is
// not old, it is a master by its own word, and every replica that runs is in
// sync with it. Old may be stopped or paused.
func (s *Sentinel) AwaitFailover(old *Server) (master *Server) {
	s.t.Helper()
	await(s.t, "a failover", func(ctx context.Context) (err error) {
		master, err = s.agreed(ctx)
		switch {
		case err != nil:
			return err
		case master == old:
			return fmt.Errorf("%s is still the master", old.Addr)
		}
		running := 0
		for _, n := range s.Nodes {
			if n == old || n == master || n.proc == nil {
				continue
			}
			running++
			if err := n.replicates(ctx, master); err != nil {
				return err
			}
		}
		return master.feeds(ctx, running)
	})
	return master
}

// Rejoin brings a killed node back as a replica of the master, and returns
// when it is in sync.
func (s *Sentinel) Rejoin(node *Server) {
	s.t.Helper()
	node.Restart()
	s.AwaitReplica(node)
}

// AwaitReplica returns when a node that came back, or goes on after a pause,
// has been made a replica by the Sentinels, and is in sync.
func (s *Sentinel) AwaitReplica(node *Server) {
	s.t.Helper()
	await(s.t, "a node comes back as a replica", func(ctx context.Context) error {
		master, err := s.agreed(ctx)
		if err != nil {
			return err
		}
		return node.replicates(ctx, master)
	})
}

// awaitKnown returns when every Sentinel knows so many replicas and the other
// Sentinels: before that, a master that dies is not failed over.
func (s *Sentinel) awaitKnown(replicas int) {
	s.t.Helper()
	want := fmt.Sprintf("status=ok,address=%s,slaves=%d,sentinels=%d", s.Nodes[0].Addr, replicas, len(s.Watchers))
	for _, w := range s.Watchers {
		await(s.t, "the Sentinels find each other", func(ctx context.Context) error {
			info, err := w.info(ctx, "sentinel")
			if err == nil && !strings.HasSuffix(info["master0"], want) {
				err = fmt.Errorf("%s says %q, expected %q", w.Addr, info["master0"], want)
			}
			return err
		})
	}
}
