package mutation

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/posternhq/postern/test/harness"
)

// last is the highest number of a pitfall.
const last = 20

// TestPitfallsFit: each pitfall has an answer that can be taken away: what that
// replaces stands in our source, once.
func TestPitfallsFit(t *testing.T) {
	t.Parallel()
	answered := map[int]bool{}
	for _, p := range pitfalls() {
		answered[p.number] = true
		for _, e := range p.edits {
			if _, err := p.edits.read(e.file); err != nil {
				t.Errorf("%d, %s: %v", p.number, p.says, err)
			}
		}
	}
	for n := 1; n <= last; n++ {
		if !answered[n] {
			t.Errorf("pitfall %d has no answer that can be taken away", n)
		}
	}
}

// TestPitfalls: without our answer to a pitfall its test fails.
func TestPitfalls(t *testing.T) {
	t.Parallel()
	for _, p := range pitfalls() {
		if !*all {
			return
		}
		t.Run(fmt.Sprintf("%d %s", p.number, p.says), func(t *testing.T) {
			list, err := p.edits.overlay(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "go", "test", "-overlay", list, "-vet=off", "-count=1", "-timeout=2m",
				"-run", "^"+p.test+"$", "github.com/posternhq/postern/internal/"+p.pkg)
			cmd.Env = append(os.Environ(), harness.GoEnv...)
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatalf("%s passes without the answer", p.test)
			}
			if !strings.Contains(string(out), "--- FAIL: "+p.test) && !strings.Contains(string(out), "panic: test timed out") {
				t.Fatalf("%s did not fail, it did not run:\n%s", p.test, out)
			}
		})
	}
}
