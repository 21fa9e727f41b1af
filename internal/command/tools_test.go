package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestToolsSayWhyNoneLoads(t *testing.T) {
	t.Parallel()
	s := newShell(t, nil)
	r := s.run("tools", "list")
	if r.code != ExitFailed || strings.Count(r.err, "\n") != 1 || !strings.Contains(r.err, "_manifest.json") {
		t.Errorf("without a directory: exit %d:\n%s", r.code, r.err)
	}
	dir := filepath.Join(filepath.Dir(s.config), "tools")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "_manifest.json"), []byte(`{"allow": []}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := s.must("tools", "list"); out != "" {
		t.Errorf("nothing is allowed, and it lists:\n%s", out)
	}
	if r := s.run("tools", "run", "add", "{}"); r.code != ExitFailed || !strings.Contains(r.err, "not_found") {
		t.Errorf("a tool that is not there: exit %d:\n%s", r.code, r.err)
	}
	if r := s.run("tools", "run", "add", "[1]"); r.code != ExitUsage {
		t.Errorf("a list for arguments: exit %d:\n%s", r.code, r.err)
	}
}
