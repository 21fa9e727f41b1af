// Package platforms runs the built program against the fakes of platforms: what
// a worker publishes and what a person then sees, over limits, crashes and
// hand-over.
package platforms

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/posternhq/postern/test/harness"
)

// program is set once, before any test runs.
var program harness.Program

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))) // most of the time they wait
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
