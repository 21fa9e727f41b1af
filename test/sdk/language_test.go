package sdk

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/redistest/child"
)

// debianPython is the interpreter that sees Debian's python3-redis. Another
// python3 may stand before it on PATH.
const debianPython = "/usr/bin/python3"

// language is how the SDK of one language is run.
type language struct {
	name  string
	suite []string // its own tests
	// run is the command of a program: an example's or a testdata worker's name.
	run func(name string) []string
}

func languages() []language {
	typescript := filepath.Join(root, "sdk", "typescript")
	return []language{
		{
			name:  "python",
			suite: []string{debianPython, "-W", "error", "-m", "unittest", "discover", "-b", "-t", filepath.Join(root, "sdk", "python"), "-s", filepath.Join(root, "sdk", "python", "tests")},
			run: func(name string) []string {
				if name == "patient" {
					return []string{debianPython, filepath.Join("testdata", "patient.py")}
				}
				return []string{debianPython, filepath.Join(root, "examples", "python", name+".py")}
			},
		},
		{
			name:  "typescript",
			suite: append([]string{"node", "--test"}, glob(filepath.Join(typescript, "dist", "test", "*.test.js"))...),
			run: func(name string) []string {
				return []string{"node", filepath.Join(typescript, "dist", "examples", name+".js")}
			},
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
