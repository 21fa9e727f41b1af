package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Program is the built command.
type Program struct{ path string }

// GoEnv is what a go command of a test has in its environment: all that tests
// build is built as a release is, so that one build cache serves them all, also
// in a clone at another path.
var GoEnv = []string{"CGO_ENABLED=0", "GOFLAGS=-trimpath"}

// Build compiles cmd/postern into dir as it is released: static, without the
// race detector.
func Build(dir string) (Program, error) {
	return BuildPackage(dir, "github.com/posternhq/postern/cmd/postern")
}

// BuildPackage is Build for another package that is a postern, with platforms
// of its own.
func BuildPackage(dir, pkg string) (Program, error) {
	p := Program{path: filepath.Join(dir, "postern")}
	cmd := exec.Command("go", "build", "-o", p.path, pkg)
	cmd.Env = append(os.Environ(), GoEnv...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return Program{}, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return p, nil
}

// Path is the program's file.
func (p Program) Path() string { return p.path }

// Outcome is how a command that ran to its end, ended.
type Outcome struct {
	Stdout, Stderr string
	Exit           int
}

// runWithin bounds a command that is to end by itself.
const runWithin = 2 * time.Minute

// Run runs one command to its end. A command that does not end fails the test.
func (p Program) Run(t testing.TB, stdin string, args ...string) Outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Env = cleanEnviron()
	cmd.Dir = t.TempDir()
	cmd.Stdin = strings.NewReader(stdin)
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if ctx.Err() != nil || (err != nil && !errors.As(err, &exit)) {
		t.Fatalf("postern %s: %v (%v)\nstdout: %s\nstderr: %s", strings.Join(args, " "), err, ctx.Err(), &stdout, &stderr)
	}
	return Outcome{Stdout: stdout.String(), Stderr: stderr.String(), Exit: cmd.ProcessState.ExitCode()}
}

// cleanEnviron is the environment without variables that configure a gateway:
// a developer's own must not reach a test.
func cleanEnviron() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "POSTERN_") {
			env = append(env, kv)
		}
	}
	return env
}
