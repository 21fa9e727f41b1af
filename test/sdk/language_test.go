package sdk

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/child"
)

// debianPython is the interpreter that sees Debian's python3-redis. Another
// python3 may stand before it on PATH.
const debianPython = "/usr/bin/python3"

// language is how the SDK of one language is run.
type language struct {
	name        string
	suite       []string // its own tests
	interpreter string
	examples    string // the folder of its examples, and that of the workers
	testdata    string // that only tests need
	suffix      string
}

// example is the command of an example.
func (l language) example(name string) []string {
	return []string{l.interpreter, filepath.Join(l.examples, name+l.suffix)}
}

// test is the command of a worker that only tests need.
func (l language) test(name string) []string {
	return []string{l.interpreter, filepath.Join(l.testdata, name+l.suffix)}
}

func languages() []language {
	python := filepath.Join(root, "sdk", "python")
	built := filepath.Join(root, "sdk", "typescript", "dist")
	return []language{
		{
			name:        "python",
			suite:       []string{debianPython, "-W", "error", "-m", "unittest", "discover", "-b", "-t", python, "-s", filepath.Join(python, "tests")},
			interpreter: debianPython,
			examples:    filepath.Join(root, "examples", "python"),
			testdata:    "testdata",
			suffix:      ".py",
		},
		{
			name:        "typescript",
			suite:       append([]string{"node", "--test"}, glob(filepath.Join(built, "test", "*.test.js"))...),
			interpreter: "node",
			examples:    filepath.Join(built, "examples"),
			testdata:    filepath.Join(built, "testdata"),
			suffix:      ".js",
		},
	}
}

func glob(pattern string) []string {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		panic("no files like " + pattern) // a suite of nothing would pass
	}
	return files
}

// each runs a test for both languages.
func each(t *testing.T, test func(*testing.T, language)) {
	t.Helper()
	for _, l := range languages() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			test(t, l)
		})
	}
}

// environ is the test's own environment, and what the SDK's programs read.
func environ(more ...string) []string {
	env := append(os.Environ(), "PYTHONPATH="+filepath.Join(root, "sdk", "python"), "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1")
	return append(env, more...)
}

// start runs a worker until the test ends, or until it is killed. What it said
// is shown if the test fails.
func start(t *testing.T, command []string, env ...string) *child.Process {
	t.Helper()
	var output bytes.Buffer
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = environ(env...)
	cmd.Stdout, cmd.Stderr = &output, &output
	process, err := child.Start(cmd)
	if err != nil {
		t.Fatalf("%s\n%v", need, err)
	}
	t.Cleanup(func() {
		process.Kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", strings.Join(command, " "), &output)
		}
	})
	return process
}
