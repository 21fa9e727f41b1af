//go:build unix

package tool

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/envelope"
)

const samples = "../../tools"

// The samples are driven as a fresh checkout has them: the Go one built from
// its source, the Python one and the allow-list as they are.
func TestSamples(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Fatal("python3 is needed for the sample in Python: apt-get install python3")
	}
	dir := t.TempDir()
	for _, name := range []string{ManifestName, "dice.py"} {
		from, err := filepath.Abs(filepath.Join(samples, name))
		if err != nil {
			t.Fatal(err)
		}
		copyFile(t, from, filepath.Join(dir, name))
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "dates"), "./src/dates")
	build.Dir = samples
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath") // as all tests do: see harness.GoEnv
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building dates: %v\n%s", err, out)
	}

	r := open(t, Config{Dir: dir})
	if diff := cmp.Diff([]string{"days_between", "roll_dice", "time_in"}, names(t, r)); diff != "" {
		t.Error(diff)
	}
	if problems := r.Problems(); len(problems) != 0 {
		t.Errorf("problems: %v", problems)
	}
	if got := run(t, r, "days_between", map[string]any{"from": "2026-02-27", "to": "2026-03-01"}); got != `{"days":2}` {
		t.Errorf("days_between = %s", got)
	}
	wantFault(t, r, "days_between", map[string]any{"from": "tomorrow", "to": "2026-03-01"}, envelope.CodeToolError, `from is "tomorrow"`)
	wantFault(t, r, "days_between", map[string]any{"from": "2026-03-01"}, envelope.CodeInvalid, "is missing")
	run(t, r, "time_in", map[string]any{"zone": "UTC"})
	if got := run(t, r, "roll_dice", map[string]any{"count": 3, "sides": 2}); len(got) == 0 {
		t.Error("roll_dice says nothing")
	}
	wantFault(t, r, "roll_dice", map[string]any{"count": 0}, envelope.CodeInvalid, "minimum")
}

// copyFile is cp -p: done by another process, so that the copy is never open
// for writing in one that forks.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "cp", "-p", from, to).CombinedOutput(); err != nil {
		t.Fatalf("copying %s: %v\n%s", from, err, out)
	}
	if _, err := os.Stat(to); err != nil {
		t.Fatal(err)
	}
}
