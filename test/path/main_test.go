// Package path proves the promise on the built program: real processes, a real
// redis-server, a real receiver, one file per thing that must show.
package path

import (
	"fmt"
	"os"
	"testing"

	"github.com/posternhq/postern/test/harness"
)

// program is set once, before any test runs.
var program harness.Program

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "postern-path-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if program, err = harness.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
