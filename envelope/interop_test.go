package envelope

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// debianPython is the interpreter that sees python3-msgpack. Another python3
// may stand before it on PATH.
const debianPython = "/usr/bin/python3"

func TestPythonReadsAndWritesBack(t *testing.T) {
	t.Parallel()
	need := "this test needs Debian's python3-msgpack: run make test, which installs it"
	if out, err := exec.CommandContext(t.Context(), debianPython, "-c", "import msgpack").CombinedOutput(); err != nil {
		t.Fatalf("%s\n%v: %s", need, err, out)
	}
	roundtrip(t, debianPython, "testdata/interop/roundtrip.py")
}

func TestNodeReadsAndWritesBack(t *testing.T) {
	t.Parallel()
	need := "this test needs node and @msgpack/msgpack: run make test, which installs it (npm ci in envelope/testdata/interop)"
	if _, err := exec.LookPath("node"); err != nil {
		t.Fatalf("%s\n%v", need, err)
	}
	if _, err := os.Stat("testdata/interop/node_modules/@msgpack/msgpack"); err != nil {
		t.Fatalf("%s\n%v", need, err)
	}
	roundtrip(t, "node", "testdata/interop/roundtrip.mjs")
}

// roundtrip runs a script over the golden files, and expects it to have seen
// all of them.
func roundtrip(t *testing.T, interpreter, script string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), interpreter, script, goldenDir).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	if got, want := strings.TrimSpace(string(out)), strconv.Itoa(len(goldenSamples())); got != want {
		t.Errorf("%s went over %s pairs, there are %s", script, got, want)
	}
}
