//go:build unix

package tool

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
)

// toolsDir makes a tools directory that holds and allows the given roles.
func toolsDir(t *testing.T, allow ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range allow {
		if _, ok := roles[name]; ok {
			if err := os.Link(filepath.Join(scripts, name), filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	manifest, err := json.Marshal(map[string]any{"allow": allow})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, ManifestName), string(manifest))
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// open makes a registry that is closed with the test, and times that suit one.
func open(t *testing.T, cfg Config) *Registry {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Grace == 0 {
		cfg.Grace = 50 * time.Millisecond
	}
	if cfg.StartTimeout == 0 {
		cfg.StartTimeout = time.Minute // a busy machine is no failure
	}
	r := New(cfg)
	t.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return r
}

func steady(t *testing.T, cfg Config) *Registry {
	t.Helper()
	cfg.Dir = toolsDir(t, "steady")
	return open(t, cfg)
}

func names(t *testing.T, r *Registry) []string {
	t.Helper()
	tools, err := r.List(t.Context())
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	var all []string
	for _, tool := range tools {
		all = append(all, tool.Name)
	}
	return all
}

// run calls a tool that must succeed, and returns its first text.
func run(t *testing.T, r *Registry, name string, arguments map[string]any) string {
	t.Helper()
	result, fault := r.Execute(t.Context(), name, arguments, "")
	if fault != nil {
		t.Fatalf("Execute(%s): %v", name, fault)
	}
	content := result.(map[string]any)["content"].([]any)
	return content[0].(map[string]any)["text"].(string)
}

// wantFault calls a tool that must fail with a code and words in its message.
func wantFault(t *testing.T, r *Registry, name string, arguments map[string]any, code envelope.Code, words ...string) *envelope.Error {
	t.Helper()
	result, fault := r.Execute(t.Context(), name, arguments, "")
	if fault == nil {
		t.Fatalf("Execute(%s) = %v, want %s", name, result, code)
	}
	if fault.Code != code {
		t.Errorf("Execute(%s) = %v, want the code %s", name, fault, code)
	}
	for _, w := range words {
		if !strings.Contains(fault.Message, w) {
			t.Errorf("Execute(%s) = %v, want %q in it", name, fault, w)
		}
	}
	return fault
}

// dead reports whether no process of that number runs; one that is dead and
// not yet reaped by init does not.
func dead(pid int) bool {
	if syscall.Kill(pid, 0) == syscall.ESRCH {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return os.IsNotExist(err)
	}
	_, after, _ := bytes.Cut(stat, []byte(") "))
	return bytes.HasPrefix(after, []byte("Z")) || bytes.HasPrefix(after, []byte("X"))
}

func childOf(t *testing.T, r *Registry) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.cfg.Dir, "child"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}
