// Package scale measures what a node bears: conversations that are stuck or
// hang, a platform that is down, and a million entries that wait. It runs the
// built program against a real redis-server and a receiver in a process of its
// own. A measurement asserts no time, but that nothing is lost, comes twice or
// out of order.
package scale

import (
	"fmt"
	"os"
	"testing"

	"github.com/posternhq/postern/test/harness"
)

// program is set once, before anything runs.
var program harness.Program

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv(asReceiver) != "" {
		if err := receive(os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	dir, err := os.MkdirTemp("", "postern-scale-")
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
