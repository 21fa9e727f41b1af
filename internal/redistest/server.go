// Package redistest runs a real redis-server for a test, and stands between
// it and its clients when the test is about a network that fails.
//
// A test that needs Redis fails without one: it never skips, so a green run
// means that everything ran.
package redistest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/posternhq/postern/internal/child"
)

// startTimeout bounds one start, from fork to the first PONG. A redis-server
// on an idle machine needs 20 ms; a loaded machine with two cores, a second.
const startTimeout = 20 * time.Second

// Server is one redis-server process on the loopback interface. Its methods
// fail the test instead of returning errors. They are for the test's own
// goroutine; the clients that Client returns are for any.
type Server struct {
	Addr string // host:port, the same over Restart

	t    testing.TB
	dir  string
	args []string
	env  []string       // added to this process's
	file string         // what a Sentinel keeps its state in; "" for a redis-server
	proc *child.Process // nil while stopped

	promoted atomic.Int64
}

// Start runs a redis-server on a free port, in a directory of its own, and
// returns when it answers. It keeps nothing on disk unless args (as on
// redis-server's command line: "--appendonly", "yes") ask for it. The process
// ends with the test, and also if the test's process is killed.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	s := newServer(t, args...)
	if err := s.startSomewhere(); err != nil {
		t.Fatal(err)
	}
	return s
}

// Promotions is how often the server, a replica then, has been made the master.
func (s *Server) Promotions() int { return int(s.promoted.Load()) }

// newServer returns a server that is not started yet, and ends with the test.
func newServer(t testing.TB, args ...string) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("redis-server is not on PATH: run make test, it installs redis-server")
	}
	s := &Server{t: t, dir: t.TempDir(), args: args}
	t.Cleanup(s.Stop)
	return s
}

// startAll starts servers side by side, each on a free port.
func startAll(t testing.TB, servers []*Server) {
	t.Helper()
	errs := make([]error, len(servers))
	var wait sync.WaitGroup
	for i, s := range servers {
		wait.Go(func() { errs[i] = s.startSomewhere() })
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// startSomewhere starts the server on a free port.
func (s *Server) startSomewhere() error {
	for attempt := 1; ; attempt++ {
		s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(somePort()))
		err := s.start()
		if err == nil {
			return nil
		}
		if !errors.Is(err, errAddrInUse) || attempt == 50 {
			return fmt.Errorf("start redis-server: %w", err)
		}
	}
}

// somePort draws from below Linux' ephemeral range (32768 and up). In that
// range, the port of a stopped server could be taken by anybody's outgoing
// connection, and a client that redials it could even connect to itself. It is
// tried by the server itself: child.FreePort, which tries it first, may be late.
func somePort() int { return 12000 + rand.IntN(20000) }

// URL is the server's address as a redis:// URL, database 0.
func (s *Server) URL() string { return "redis://" + s.Addr + "/0" }

// Client returns a new client that does not retry. It is closed with the test.
func (s *Server) Client() *redis.Client { return newClient(s.t, s.Addr) }

func newClient(t testing.TB, addr string) *redis.Client {
	c := dial(addr)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// dial returns a client for one question; the caller closes it.
func (s *Server) dial() *redis.Client { return dial(s.Addr) }

func dial(addr string) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr:                     addr,
		MaxRetries:               -1,
		ContextTimeoutEnabled:    true,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// Stop kills the server, as a crash would, and returns when it is gone. A
// stopped server may be stopped again.
func (s *Server) Stop() {
	if s.proc == nil {
		return
	}
	s.proc.Kill()
	s.proc = nil
}

// Restart stops the server if it runs, and starts it on the same port. It
// comes back empty, unless Start was asked for persistence.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	if err := s.start(); err != nil {
		s.t.Fatalf("restart redis-server: %v", err)
	}
}

// Pause freezes the server with SIGSTOP: connections stay open, nothing
// answers. Resume lets it go on.
func (s *Server) Pause() { s.t.Helper(); s.signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (s *Server) Resume() { s.t.Helper(); s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	if s.proc == nil {
		s.t.Fatalf("send %v to redis-server: it is stopped", sig)
	}
	if err := s.proc.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// Config sets a configuration parameter of the running server. A Restart
// forgets it.
func (s *Server) Config(parameter, value string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := s.Client().ConfigSet(ctx, parameter, value).Err(); err != nil {
		s.t.Fatalf("CONFIG SET %s %s: %v", parameter, value, err)
	}
}

// errAddrInUse is a start that lost the race for its port.
var errAddrInUse = errors.New("address already in use")

// start returns once the process that answers at Addr is the one it forked.
func (s *Server) start() error {
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return err
	}
	args, ready := []string{"--save", "", "--appendonly", "no"}, "Ready to accept connections"
	if s.file != "" {
		args, ready = []string{s.file, "--sentinel"}, "Sentinel ID is"
	}
	args = append(args, "--bind", host, "--port", port, "--dir", s.dir, "--daemonize", "no", "--logfile", "")
	cmd := exec.Command("redis-server", append(args, s.args...)...)
	cmd.Env = append(os.Environ(), s.env...)
	log := newServerLog(ready, &s.promoted)
	cmd.Stdout = log
	proc, err := child.Start(cmd)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	select {
	case <-log.accepting:
	case <-proc.Gone():
		if strings.Contains(log.String(), "Address already in use") {
			return fmt.Errorf("bind %s: %w", s.Addr, errAddrInUse)
		}
		return fmt.Errorf("it exited at once, its log:\n%s", log)
	case <-ctx.Done():
		proc.Kill()
		return fmt.Errorf("it accepts no connections after %v, its log:\n%s", startTimeout, log)
	}
	s.proc = proc
	if err := newClient(s.t, s.Addr).Ping(ctx).Err(); err != nil && !strings.HasPrefix(err.Error(), "NOAUTH") {
		s.Stop()
		return fmt.Errorf("it accepts connections at %s but PING says: %w", s.Addr, err)
	}
	return nil
}
