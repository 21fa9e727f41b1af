// Package webchat puts web chat under load as it is run: the built program, a
// real redis-server, pages that are real sockets, and a worker that echoes.
package webchat

import (
	"fmt"
	"os"
	"runtime/debug"
	"testing"

	"github.com/posternhq/postern/test/harness"
)

// program is set once, before any test runs.
var program harness.Program

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "postern-webchat-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	debug.SetGCPercent(400) // the pages share the machine with what they measure
	if program, err = harness.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
