// Package platforms runs the built program against the fakes of platforms: what
// a worker publishes and what a person then sees, over limits, crashes and
// hand-over.
package platforms

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
	dir, err := os.MkdirTemp("", "postern-platforms-")
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
