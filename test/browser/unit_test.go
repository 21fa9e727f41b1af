package browser

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestModules runs what can be told of the page's modules without a browser.
func TestModules(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("unit/*.test.mjs")
	if err != nil || len(files) == 0 {
		t.Fatalf("no unit tests found: %v", err)
	}
	if out, err := exec.CommandContext(t.Context(), "node", append([]string{"--test"}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("node --test: %v\n%s", err, out)
	}
}
