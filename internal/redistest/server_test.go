package redistest

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRestartComesBackEmptyOnTheSamePort(t *testing.T) {
	t.Parallel()
	s := Start(t)
	addr := s.Addr
	c := s.Client()
	if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	if err := s.Client().Ping(t.Context()).Err(); err == nil {
		t.Fatal("a stopped server answers")
	}
	s.Restart()
	if s.Addr != addr {
		t.Errorf("address after Restart: %s, was %s", s.Addr, addr)
	}
	if n, err := s.Client().DBSize(t.Context()).Result(); n != 0 || err != nil {
		t.Errorf("DBSIZE after Restart: %d, %v; expected 0", n, err)
	}
}

func TestRestartKeepsWhatPersistenceWasAskedFor(t *testing.T) {
	t.Parallel()
	s := Start(t, "--appendonly", "yes", "--appendfsync", "always")
	if err := s.Client().Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	s.Restart()
	if v, err := s.Client().Get(t.Context(), "k").Result(); v != "v" || err != nil {
		t.Errorf("GET k after Restart: %q, %v; expected v", v, err)
	}
}

func TestPausedServerDoesNotAnswerUntilResumed(t *testing.T) {
	t.Parallel()
	s := Start(t)
	c := s.Client()
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	s.Pause()
	answered := make(chan error, 1)
	go func() { answered <- c.Do(t.Context(), "BLPOP", "nothing", "0.05").Err() }()
	select {
	case err := <-answered:
		t.Errorf("a paused server answered: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	s.Resume()
	if err := <-answered; err == nil {
		t.Error("BLPOP on an empty list returned something")
	}
}

func TestConfigReachesTheServer(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.Config("maxmemory", "5000000")
	got, err := s.Client().ConfigGet(t.Context(), "maxmemory").Result()
	if err != nil || got["maxmemory"] != "5000000" {
		t.Errorf("CONFIG GET maxmemory: %v, %v", got, err)
	}
}

// childEnv makes this test binary a process that starts a server and dies.
const childEnv = "REDISTEST_CHILD"

func TestServerDiesWithAKilledTest(t *testing.T) {
	if os.Getenv(childEnv) != "" {
		s := Start(t)
		_, _ = os.Stdout.WriteString("\naddr " + s.Addr + "\n")
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), childEnv+"=1", "TMPDIR="+t.TempDir())
	out, err := cmd.Output()
	if err == nil {
		t.Fatalf("the child was to die by SIGKILL, it said:\n%s", out)
	}
	_, addr, found := strings.Cut(string(out), "\naddr ")
	if !found {
		t.Fatalf("the child did not start a server, it said:\n%s", out)
	}
	c := newClient(t, strings.TrimSpace(addr))
	for tick, deadline := time.NewTicker(10*time.Millisecond), time.After(10*time.Second); ; {
		if c.Ping(t.Context()).Err() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("the server at %s outlives the test that started it", addr)
		}
	}
}

func TestStartTakesAnotherPortWhenItsIsTaken(t *testing.T) {
	t.Parallel()
	taken := Start(t)
	s := &Server{t: t, dir: t.TempDir(), Addr: taken.Addr}
	if err := s.start(); !errors.Is(err, errAddrInUse) {
		t.Errorf("start on a taken port: %v; expected %v", err, errAddrInUse)
	}
}

func TestStartSaysWhatTheServerSaid(t *testing.T) {
	t.Parallel()
	s := &Server{t: t, dir: t.TempDir(), Addr: "127.0.0.1:1", args: []string{"--no-such-option", "x"}}
	if err := s.start(); err == nil || !strings.Contains(err.Error(), "exited at once") {
		t.Errorf("start with a bad option: %v", err)
	}
}
