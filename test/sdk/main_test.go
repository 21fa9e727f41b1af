// Package sdk holds the Python and the TypeScript SDK, and the examples that
// are written with them, against a running gateway and a real Redis.
package sdk

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/test/harness"
)

// program is set once, before any test runs.
var program harness.Program

// root is the repository's, seen from here.
var root = filepath.Join("..", "..")

// need says what to do where the tests' languages are missing.
const need = "these tests need python3-redis, python3-msgpack, mypy and npm: run make test, which installs them"

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "postern-sdk-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if program, err = harness.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := compile(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// compile has tsc check and build the TypeScript SDK with its tests, the
// examples, and the workers that only tests need.
func compile() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	tsc := filepath.Join(root, "sdk", "typescript", "node_modules", ".bin", "tsc")
	for _, project := range []string{filepath.Join(root, "sdk", "typescript"), filepath.Join(root, "examples", "typescript"), "testdata"} {
		if out, err := exec.CommandContext(ctx, tsc, "--pretty", "false", "-p", project).CombinedOutput(); err != nil {
			return fmt.Errorf("%s\ntsc -p %s: %w\n%s", need, project, err, out)
		}
	}
	return nil
}
