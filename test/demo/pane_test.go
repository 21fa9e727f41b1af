package demo

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

// playWithin bounds the whole story, on a loaded machine.
const playWithin = 3 * time.Minute

// TestThePaneInABrowser plays pane.mjs. Its pictures are kept where
// POSTERN_ARTIFACTS says.
func TestThePaneInABrowser(t *testing.T) {
	t.Parallel()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is not on PATH: run make test-deps, it installs chromium")
	}
	pictures := os.Getenv("POSTERN_ARTIFACTS")
	if pictures == "" {
		pictures = t.TempDir()
	} else if err := os.MkdirAll(pictures, 0o755); err != nil {
		t.Fatal(err)
	}
	d := start(t)
	ctx, cancel := context.WithTimeout(t.Context(), playWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "pane.mjs")
	cmd.Env = append(os.Environ(), "BASE="+d.page.String(), "CHROMIUM="+chromium, "ARTIFACTS="+pictures)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &complaint, &complaint
	if err := cmd.Run(); err != nil {
		t.Errorf("%v\n%s", err, &complaint)
	}
}
