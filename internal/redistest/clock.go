package redistest

import (
	_ "embed" // the source of what is preloaded
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

//go:embed preload/clock.c
var clockSource []byte

// Clock is the wall clock of one server. It may be stepped from any goroutine,
// also while the server is stopped or paused.
type Clock struct {
	t    testing.TB
	path string
}

// StartWithClock is Start for a server with a wall clock of its own, which
// begins as the machine's. Its monotonic clock is the machine's. A compiler
// must be there: gcc makes what is preloaded.
//
// It is not libfaketime: preloaded into a redis-server with jemalloc, that
// waits for itself for ever, since jemalloc reads the time as it starts.
func StartWithClock(t testing.TB, args ...string) (*Server, *Clock) {
	t.Helper()
	s := newServer(t, args...)
	c := &Clock{t: t, path: filepath.Join(s.dir, "clock")}
	c.Set(0)
	source, library := filepath.Join(s.dir, "clock.c"), filepath.Join(s.dir, "clock.so")
	if err := os.WriteFile(source, clockSource, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "gcc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source).CombinedOutput(); err != nil {
		t.Fatalf("compile the clock: %v\n%s", err, out)
	}
	s.env = []string{"LD_PRELOAD=" + library, "REDISTEST_CLOCK=" + c.path}
	if err := s.startSomewhere(); err != nil {
		t.Fatal(err)
	}
	return s, c
}

// Set makes the server's clock the machine's plus d, at once.
func (c *Clock) Set(d time.Duration) {
	c.t.Helper()
	// In place: the server has the file mapped, and a new one would not be seen.
	f, err := os.OpenFile(c.path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteAt(binary.NativeEndian.AppendUint64(nil, uint64(d)), 0)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		c.t.Fatalf("set the server's clock: %v", err)
	}
}
