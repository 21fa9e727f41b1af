package demo

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/demo/wire"
)

// childVariable makes this test binary a stand-in for the gateway's process.
const childVariable = "POSTERN_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childVariable) {
	case "":
		goleak.VerifyTestMain(m)
	case "lives":
		_, _ = io.Copy(io.Discard, os.Stdin)
	case "fails":
		os.Exit(3)
	}
}

// supervised is a gateway of stand-ins.
type supervised struct {
	*gateway
	stop  context.CancelFunc
	ended chan error // what run returned
}

// supervise runs one. What its process writes of itself in Redis is what node
// makes of the process id.
func supervise(t *testing.T, how string, node func(pid int) bus.Node) supervised {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{platform: platformName, log: wire.NewLog(), now: time.Now, ready: make(chan struct{})}
	g.open = func(context.Context, string) bool { return true }
	g.command = func() *exec.Cmd {
		cmd := exec.Command(program)
		cmd.Env = append(os.Environ(), childVariable+"="+how)
		return cmd
	}
	g.registry = func(context.Context) (bus.Node, error) {
		g.mutex.Lock()
		defer g.mutex.Unlock()
		if g.process == nil {
			return bus.Node{}, nil
		}
		return node(g.process.Pid()), nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := supervised{g, cancel, make(chan error, 1)}
	go func() { s.ended <- g.run(ctx) }()
	return s
}

// history is what the wire was told, up to n items.
func history(t *testing.T, log *wire.Log, n int) (states []standing) {
	t.Helper()
	for {
		items, more := log.After(0, 100)
		if len(items) >= n {
			for _, item := range items {
				var s standing
				if err := json.Unmarshal(item.Data, &s); err != nil {
					t.Fatal(err)
				}
				states = append(states, s)
			}
			return states
		}
		select {
		case <-more:
		case <-t.Context().Done():
			t.Fatal("the test ended first")
		}
	}
}

func active(pid int) bus.Node {
	return bus.Node{PID: pid, HTTP: "127.0.0.1:1", Active: []string{platformName}}
}

func TestAKilledGatewayComesBackAndItsAbsenceIsMeasured(t *testing.T) {
	t.Parallel()
	g := supervise(t, "lives", active)
	<-g.ready
	first, err := g.pull()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.dial(t.Context(), "tcp", ""); err == nil || !strings.Contains(err.Error(), "not running") {
		t.Errorf("a gateway that is away is connected to: %v", err)
	}
	states := history(t, g.log, 4)
	for i, want := range []string{"active", "killed", "back", "active"} {
		if states[i].State != want {
			t.Fatalf("%+v: %d is not %s", states, i, want)
		}
	}
	if states[0].PID != first || states[1].PID != first || states[3].PID == first {
		t.Errorf("pulled on %d: %+v", first, states)
	}
	if states[0].AfterMS != 0 || states[2].AfterMS < restartAfter.Milliseconds() || states[3].AfterMS < states[2].AfterMS {
		t.Errorf("measured wrong: %+v", states)
	}
	g.stop()
	if err := <-g.ended; err != nil {
		t.Error(err)
	}
	if _, err := g.pull(); err == nil {
		t.Error("the plug of an ended gateway was pulled")
	}
}

func TestAGatewayThatNeverDeliversIsGivenUp(t *testing.T) {
	t.Parallel()
	g := supervise(t, "fails", func(int) bus.Node { return bus.Node{} })
	defer g.stop()
	err := <-g.ended
	if err == nil || !strings.Contains(err.Error(), "before it could deliver") {
		t.Errorf("%v", err)
	}
	for _, s := range history(t, g.log, stillbornMost-1) {
		if s.State != "ended" || s.ExitStatus != 3 {
			t.Errorf("%+v", s)
		}
	}
}

func TestListenTakesAnotherPortOnlyIfItIsTaken(t *testing.T) {
	t.Parallel()
	first, taken, err := listen("127.0.0.1:0")
	if err != nil || taken {
		t.Fatal(taken, err)
	}
	defer first.Close() //nolint:errcheck // the test is over
	second, taken, err := listen(first.Addr().String())
	if err != nil || !taken {
		t.Fatal(taken, err)
	}
	defer second.Close() //nolint:errcheck // the test is over
	if host, _, _ := net.SplitHostPort(second.Addr().String()); host != "127.0.0.1" {
		t.Errorf("on another host: %s", second.Addr())
	}
	if _, _, err := listen("192.0.2.1:1"); err == nil || !strings.Contains(err.Error(), "--listen 192.0.2.1:1") {
		t.Errorf("%v", err)
	}
}
