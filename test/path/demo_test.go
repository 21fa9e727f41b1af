package path

import (
	"strings"
	"testing"
)

// What the README promises about its first command.
func TestDemoEchoesAndEnds(t *testing.T) {
	t.Parallel()
	out := program.Run(t, "hello\n", "demo", "--console")
	if out.Exit != 0 || !strings.Contains(out.Stdout, "echo: hello") {
		t.Errorf("printf 'hello\\n' | postern demo --console: status %d\nstdout: %s\nstderr: %s", out.Exit, out.Stdout, out.Stderr)
	}
}
