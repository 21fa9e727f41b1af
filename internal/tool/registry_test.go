//go:build unix

package tool

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/envelope"
)

func TestNewReadsNothing(t *testing.T) {
	t.Parallel()
	r := open(t, Config{Dir: filepath.Join(t.TempDir(), "none")})
	if problems := r.Problems(); len(problems) != 0 {
		t.Errorf("problems before the first use: %v", problems)
	}
	if _, err := r.List(t.Context()); err == nil || !strings.Contains(err.Error(), ManifestName) {
		t.Errorf("List = %v, want what to write where", err)
	}
}

func TestListDescribesEveryTool(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{})
	tools, err := r.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]Tool{}
	for _, tool := range tools {
		byName[tool.Name] = tool
	}
	echo := byName["echo"]
	if echo.Description != "Does echo." || !echo.ReadOnly || echo.Idempotent || !echo.RunsAgain() || echo.Server != "steady" || len(echo.SchemaHash) != 64 {
		t.Errorf("echo = %+v", echo)
	}
	if properties, ok := echo.InputSchema["properties"].(map[string]any); !ok || properties["text"] == nil {
		t.Errorf("echo's schema = %v", echo.InputSchema)
	}
	if pid := byName["pid"]; pid.ReadOnly || !pid.Idempotent || !pid.RunsAgain() {
		t.Errorf("pid = %+v", pid)
	}
	if byName["fails"].RunsAgain() {
		t.Error("a tool without annotations runs again")
	}
	found, err := r.Find(t.Context(), "echo")
	if err != nil || found.SchemaHash != echo.SchemaHash {
		t.Errorf("Find = %+v, %v", found, err)
	}
}

func TestFirstUsesShareOneBuild(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, fault := r.Execute(context.Background(), "echo", map[string]any{"text": "x"}, ""); fault != nil {
				t.Error(fault)
			}
		})
	}
	group.Wait()
	starts, err := os.ReadFile(filepath.Join(r.cfg.Dir, "starts"))
	if err != nil || len(starts) != 1 {
		t.Errorf("%d starts, %v; want one", len(starts), err)
	}
}

func TestABuildOutlivesTheCallThatBeganIt(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, fault := r.Execute(ctx, "echo", nil, ""); fault == nil || fault.Code != envelope.CodeInterrupted {
		t.Errorf("Execute with an ended context = %v, want interrupted", fault)
	}
	if got := run(t, r, "echo", map[string]any{"text": "hi"}); got != "hi" {
		t.Errorf("echo = %q", got)
	}
}

func TestAFailedBuildIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{})
	manifest := filepath.Join(r.cfg.Dir, ManifestName)
	write(t, manifest, `{"allow": "steady"}`)
	wantFault(t, r, "echo", nil, envelope.CodeUnavailable, ManifestName, `{"allow": [`)
	if problems := r.Problems(); len(problems) != 1 {
		t.Errorf("problems = %v, want one", problems)
	}
	write(t, manifest, `{"allow": ["steady"]}`)
	if got := run(t, r, "echo", map[string]any{"text": "hi"}); got != "hi" {
		t.Errorf("echo = %q", got)
	}
	if problems := r.Problems(); len(problems) != 0 {
		t.Errorf("problems = %v, want none", problems)
	}
}

func TestResultsArePlain(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{})
	got, fault := r.Execute(t.Context(), "echo", map[string]any{"text": "hä", "n": int8(3)}, "")
	if fault != nil {
		t.Fatal(fault)
	}
	want := map[string]any{
		"content":    []any{map[string]any{"type": "text", "text": "hä"}},
		"structured": map[string]any{"text": "hä", "n": int64(3)},
		"is_error":   false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got, fault = r.Execute(t.Context(), "picture", nil, "")
	if fault != nil {
		t.Fatal(fault)
	}
	want = map[string]any{
		"content":  []any{map[string]any{"type": "image", "mimeType": "image/png", "data": "aGk="}},
		"is_error": false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCallsThatNeverReachTheTool(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{})
	for name, c := range map[string]struct {
		tool, hash string
		arguments  map[string]any
		code       envelope.Code
		field      string
		words      string
	}{
		"missing argument": {tool: "echo", code: envelope.CodeInvalid, field: "arguments.text", words: "is missing"},
		"wrong type":       {tool: "echo", arguments: map[string]any{"text": 5}, code: envelope.CodeInvalid, field: "arguments.text", words: `string`},
		"unknown argument": {tool: "echo", arguments: map[string]any{"text": "x", "txet": "x"}, code: envelope.CodeInvalid, field: "arguments.txet", words: `"text"`},
		"no JSON value":    {tool: "echo", arguments: map[string]any{"text": func() {}}, code: envelope.CodeInvalid, field: "arguments", words: "JSON"},
		"other schema":     {tool: "echo", hash: "abc", arguments: map[string]any{"text": "x"}, code: envelope.CodeCatalogStale, field: "schema_hash", words: "list the tools again"},
		"no such tool":     {tool: "ecko", code: envelope.CodeNotFound, field: "name", words: `did you mean "echo"`},
	} {
		_, fault := r.Execute(t.Context(), c.tool, c.arguments, c.hash)
		if fault == nil || fault.Code != c.code || fault.Field != c.field || !strings.Contains(fault.Message, c.words) {
			t.Errorf("%s: %+v, want %s at %s with %q", name, fault, c.code, c.field, c.words)
		}
	}
	tool, err := r.Find(t.Context(), "echo")
	if err != nil {
		t.Fatal(err)
	}
	if _, fault := r.Execute(t.Context(), "echo", map[string]any{"text": "x"}, tool.SchemaHash); fault != nil {
		t.Errorf("with the right hash: %v", fault)
	}
}

func TestAToolSeesNothingOfOurEnvironment(t *testing.T) {
	t.Setenv("POSTERN_TEST_SECRET", "s3cret")
	r := steady(t, Config{})
	for line := range strings.Lines(run(t, r, "environment", nil)) {
		name, _, _ := strings.Cut(line, "=")
		switch name {
		case "PATH", "HOME", "LANG", "TMPDIR":
		default:
			t.Errorf("a tool sees %s", name)
		}
	}
}

func TestCloseEndsEveryGroupAndCall(t *testing.T) {
	t.Parallel()
	r := steady(t, Config{})
	pid, err := strconv.Atoi(run(t, r, "pid", nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !dead(pid) {
		t.Errorf("server %d lives on after Close", pid)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if _, err := r.List(t.Context()); err == nil {
		t.Error("List after Close succeeds")
	}
	wantFault(t, r, "echo", nil, envelope.CodeUnavailable, "shut down")
}

func TestCloseBeforeUse(t *testing.T) {
	t.Parallel()
	r := New(Config{Dir: t.TempDir()})
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestCloseOfNothingNeedsNoTime: a stop in a hurry has nothing to report.
func TestCloseOfNothingNeedsNoTime(t *testing.T) {
	t.Parallel()
	hurry, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 { // a select among two that are ready takes either
		unused := open(t, Config{Dir: t.TempDir()})
		failed := open(t, Config{Dir: t.TempDir()})
		if _, err := failed.List(t.Context()); err == nil {
			t.Fatal("a directory without an allow-list has tools")
		}
		for range 2 {
			if err := errors.Join(unused.Close(hurry), failed.Close(hurry)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestCloseEndsABuildUnderWay(t *testing.T) {
	t.Parallel()
	r := open(t, Config{Dir: toolsDir(t, "mute")})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.List(ended); err == nil { // the build goes on without it
		t.Fatal("List with an ended context succeeds")
	}
	b := r.building
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-b.done
	if !errors.Is(b.err, errClosed) {
		t.Errorf("the build ended with %v, want what Close did to it", b.err)
	}
}
