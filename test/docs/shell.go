package docs

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/child"
)

const (
	blockWithin    = 4 * time.Minute // a block that compiles, on a loaded machine
	terminalWithin = 8 * time.Minute // one that compiles, beside others that do
)

// shell is what a reader types into, block after block: directory and
// exported variables stay from one to the next.
type shell struct {
	t     testing.TB
	dir   string   // where the reader begins
	env   []string // what the reader's machine is like
	state string   // a script that brings back directory and variables
	count int
	opens []*child.Process // the terminals, each a process group of its own
}

func newShell(t testing.TB, dir string, env []string) *shell {
	s := &shell{t: t, dir: dir, env: env, state: filepath.Join(t.TempDir(), "state")}
	if err := os.WriteFile(s.state, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// script is a block as a file that bash runs: with the state of the blocks
// before, stopping at the first error, leaving its state to the next.
func (s *shell) script(text string, keep bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "source %q\nset -euo pipefail\n", s.state)
	if keep {
		fmt.Fprintf(&b, "trap '{ export -p; printf \"cd %%q\\n\" \"$PWD\"; } > %s' EXIT\n", s.state)
	}
	b.WriteString(text)
	s.count++
	path := filepath.Join(filepath.Dir(s.state), fmt.Sprintf("block%d.sh", s.count))
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

func (s *shell) command(ctx context.Context, script string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "bash", script)
	cmd.Dir, cmd.Env, cmd.WaitDelay = s.dir, s.env, time.Second
	return cmd
}

// run runs a block to its end and returns what it printed.
func (s *shell) run(text string) (output string, err error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), blockWithin)
	defer cancel()
	out, err := s.command(ctx, s.script(text, true)).CombinedOutput()
	if ctx.Err() != nil {
		err = fmt.Errorf("it had not ended after %v", blockWithin)
	}
	return string(out), err
}

// open runs a block in a terminal of its own, until the test ends, and returns
// what it had printed when until was among it.
func (s *shell) open(text, until string) (output string, err error) {
	seen := &screen{changed: make(chan struct{}, 1)}
	cmd := s.command(context.WithoutCancel(s.t.Context()), s.script(lastReplaces(text), false))
	cmd.Stdout, cmd.Stderr = seen, seen
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	process, err := child.Start(cmd)
	if err != nil {
		return "", err
	}
	s.opens = append(s.opens, process)
	s.t.Cleanup(func() {
		_ = syscall.Kill(-process.Pid(), syscall.SIGKILL) // whatever it has started
		process.Kill()
	})
	timeout := time.NewTimer(terminalWithin)
	defer timeout.Stop()
	for !strings.Contains(seen.String(), until) {
		select {
		case <-seen.changed:
		case <-process.Gone():
			return seen.String(), fmt.Errorf("it ended, with status %d", process.ExitCode())
		case <-timeout.C:
			return seen.String(), fmt.Errorf("it had not printed %q after %v", until, terminalWithin)
		}
	}
	return seen.String(), nil
}

// interrupt ends all terminals as Ctrl-C does, and waits until they have ended.
func (s *shell) interrupt() error {
	for _, process := range s.opens {
		_ = syscall.Kill(-process.Pid(), syscall.SIGINT) // one that has ended is ended
		select {
		case <-process.Gone():
		case <-time.After(terminalWithin):
			return fmt.Errorf("a terminal had not ended %v after Ctrl-C", terminalWithin)
		}
	}
	s.opens = nil
	return nil
}

// lastReplaces makes a terminal's last command take the place of its shell, so
// that whoever kills the one has killed the other.
func lastReplaces(text string) string {
	text = strings.TrimRight(text, "\n")
	i := strings.LastIndex(text, "\n") + 1
	return text[:i] + "exec env " + text[i:] + "\n"
}

// screen is what a terminal shows.
type screen struct {
	mutex   sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func (s *screen) Write(b []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.String()
}
