//go:build unix

package tool

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/envelope"
)

// processOf returns the process that offers a tool.
func processOf(t *testing.T, r *Registry, name string) *process {
	t.Helper()
	c, err := r.catalog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c.byName[name].current.process
}

func TestATimeoutEndsTheWholeGroup(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{Timeout: time.Second})
	first := run(t, r, "pid", nil)
	p := processOf(t, r, "pid")
	wantFault(t, r, "hangs", nil, envelope.CodeTimeout, "hangs")
	<-p.gone
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if child := childOf(t, r); !dead(child) || !dead(pid) {
		t.Errorf("after the timeout: server %d dead %t, its child %d dead %t; want both dead", pid, dead(pid), child, dead(child))
	}
	if again := run(t, r, "pid", nil); again == first {
		t.Errorf("the server is %s as before, want a new one", again)
	}
}

// A process that leaves its group is out of reach; but it holds up nobody,
// though our pipes are in its hand.
func TestAProcessThatLeavesItsGroupHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{})
	run(t, r, "escapes", nil)
	child := childOf(t, r)
	t.Cleanup(func() { _ = syscall.Kill(child, syscall.SIGKILL) })
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if dead(child) {
		t.Fatal("the child is dead: it was in the group, and this test shows nothing")
	}
}

func TestADeadlineEndsTheCallAtOnce(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{Grace: time.Minute}) // the server heeds no SIGTERM
	names(t, r)
	p := processOf(t, r, "hangs")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, fault := r.Execute(ctx, "hangs", nil, ""); fault == nil || fault.Code != envelope.CodeTimeout {
		t.Errorf("Execute = %v, want timeout", fault)
	}
	select {
	case <-p.gone:
		t.Error("the call waited for the end of the server")
	default:
	}
	killGroup(p.cmd.Process.Pid)
}

func TestACancelledCallIsInterrupted(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{})
	names(t, r)
	p := processOf(t, r, "hangs")
	ctx, cancel := context.WithCancel(t.Context())
	go cancel()
	if _, fault := r.Execute(ctx, "hangs", nil, ""); fault == nil || fault.Code != envelope.CodeInterrupted {
		t.Errorf("Execute = %v, want interrupted", fault)
	}
	p.end(nil)
	<-p.gone
}

func TestAnEndInTheMiddleOfACall(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{MaxOutput: 100_000})
	for tool, want := range map[string]struct {
		code  envelope.Code
		words string
	}{
		"dies":   {envelope.CodeToolError, "exit status 3"},
		"prints": {envelope.CodeToolError, "progress: 50 %"},
		"floods": {envelope.CodeTooLarge, "100000 bytes"},
	} {
		names(t, r)
		wantFault(t, r, tool, nil, want.code, want.words)
		if got := run(t, r, "echo", map[string]any{"text": tool}); got != tool {
			t.Errorf("after %s: echo = %q, want a server started again", tool, got)
		}
	}
	if child := childOf(t, r); !dead(child) {
		t.Errorf("child %d outlived the server that died", child)
	}
}

func TestAnotherCallsTimeoutInterrupts(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{})
	names(t, r)
	p := processOf(t, r, "hangs")
	done := make(chan *envelope.Error, 1)
	go func() {
		_, fault := r.Execute(context.Background(), "hangs", nil, "")
		done <- fault
	}()
	// The first call is in the server once its child is there.
	for !exists(filepath.Join(r.cfg.Dir, "child")) && p.running() {
		run(t, r, "pid", nil)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, fault := r.Execute(ctx, "hangs", nil, ""); fault == nil || fault.Code != envelope.CodeTimeout {
		t.Errorf("the call with a deadline: %v, want timeout", fault)
	}
	if fault := <-done; fault == nil || fault.Code != envelope.CodeInterrupted {
		t.Errorf("the call without one: %v, want interrupted", fault)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestAToolsOwnError(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{})
	wantFault(t, r, "fails", nil, envelope.CodeToolError, "fails", "the moon is full")
}

func TestOutputIsCapped(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{MaxOutput: 10_000})
	first := run(t, r, "pid", nil)
	wantFault(t, r, "big", map[string]any{"bytes": 10_001}, envelope.CodeTooLarge, "10000 bytes")
	if got := run(t, r, "pid", nil); got != first {
		t.Errorf("the server is %s, was %s: an answer that could be read must not end it", got, first)
	}
	if got := run(t, r, "big", map[string]any{"bytes": 9_000}); len(got) != 9_000 {
		t.Errorf("%d bytes, want 9000", len(got))
	}
	wantFault(t, r, "big", map[string]any{"bytes": 10 << 20}, envelope.CodeTooLarge)
	if got := run(t, r, "pid", nil); got == first {
		t.Error("the server lives on after an answer that could not be read")
	}
}

func TestStandardErrorIsLoggedWithinLimits(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r := steady(t, Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	run(t, r, "chatters", nil) // 10,000 lines, 50 MB
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := log.String()
	for _, want := range []string{"tool wrote to standard error", "server=steady", "lines_not_shown"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %q", want)
		}
	}
	for line := range strings.Lines(text) {
		if len(line) > 2*maxLogLine {
			t.Fatalf("a log line of %d bytes", len(line))
		}
	}
	if shown := strings.Count(text, "tool wrote to standard error"); shown >= 10_000 {
		t.Errorf("%d lines shown, want them capped", shown)
	}
}

func TestWhatCannotStartIsReportedAndTheRestLoads(t *testing.T) {
	t.Parallel()
	dir := toolsDir(t, "twin", "exits", "greets", "broken", "nothing", "badschema", "absent")
	r := open(t, Config{Dir: dir})
	if diff := cmp.Diff([]string{"echo", "good", "twin_only"}, names(t, r)); diff != "" {
		t.Error(diff)
	}
	problems := strings.Join(r.Problems(), "\n")
	for _, want := range []string{
		`"exits" does not start as an MCP server: it ended by itself: exit status 7`,
		`"greets" does not start as an MCP server: it wrote "Welcome to my tool!" to its standard output`,
		`"broken" does not start as an MCP server: `,
		`"nothing" offers no tool`,
		`"badschema" tool "endless": its inputSchema`,
		`"absent" is not there`,
	} {
		if !strings.Contains(problems, want) {
			t.Errorf("problems lack %q:\n%s", want, problems)
		}
	}
	wantFault(t, r, "endless", nil, envelope.CodeNotFound, "did not load", "absent")
}

func TestAServerThatNeverAnswersIsGivenUp(t *testing.T) {
	t.Parallel()
	r := open(t, Config{Dir: toolsDir(t, "mute"), StartTimeout: 100 * time.Millisecond})
	if _, err := r.List(t.Context()); err == nil || !strings.Contains(err.Error(), "did not answer within 100ms") {
		t.Errorf("List = %v, want how long it was given", err)
	}
}

func TestTheSameNameTwiceLoadsFromNeither(t *testing.T) {
	t.Parallel()
	r := open(t, Config{Dir: toolsDir(t, "steady", "twin")})
	wantFault(t, r, "echo", nil, envelope.CodeNotFound, "steady and twin")
	if got := run(t, r, "twin_only", nil); got != "twin" {
		t.Errorf("twin_only = %q", got)
	}
	run(t, r, "pid", nil)
}

func TestAServerThatComesBackChanged(t *testing.T) {
	t.Parallel()
	r := open(t, Config{Dir: toolsDir(t, "changing")})
	before, err := r.Find(t.Context(), "turns")
	if err != nil {
		t.Fatal(err)
	}
	wantFault(t, r, "stop", nil, envelope.CodeToolError, "exit status 0")
	if _, fault := r.Execute(t.Context(), "turns", map[string]any{"a": "x"}, before.SchemaHash); fault == nil || fault.Code != envelope.CodeCatalogStale {
		t.Errorf("with the old hash: %v, want catalog_stale", fault)
	}
	if got := run(t, r, "turns", map[string]any{"b": "x"}); got != "b" {
		t.Errorf("turns = %q", got)
	}
	wantFault(t, r, "leaves", nil, envelope.CodeNotFound)
	wantFault(t, r, "comes", nil, envelope.CodeNotFound)
}

func TestARestartSaysWhyItWasNeeded(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	r := steady(t, Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	wantFault(t, r, "dies", nil, envelope.CodeToolError)
	run(t, r, "pid", nil)
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), `why="it ended by itself: exit status 3"`) {
		t.Errorf("the log does not say why:\n%s", log.String())
	}
}
