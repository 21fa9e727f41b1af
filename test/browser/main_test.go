// Package browser tries the web chat's page as people do: in Chromium, against
// the built program and a real redis-server.
//
// A scenario is a story in JavaScript (scenarios/*.mjs), told with
// playwright-core. What it needs beyond the browser, it asks of its test over
// its standard output: to publish an envelope as a worker, to wait for an event,
// to kill the gateway and start it again.
package browser

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/test/harness"
)

// need says what to do where a tool is missing.
const need = "these tests need chromium, node and their packages: run make test-deps, which installs them"

// program and chromium are set once, before any test runs.
var (
	program  harness.Program
	chromium string
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "postern-browser-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	if err := findTools(); err != nil {
		return fail(fmt.Errorf("%s\n%w", need, err))
	}
	if program, err = harness.Build(dir); err != nil {
		return fail(err)
	}
	code := m.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		return fail(err)
	}
	return code
}

func findTools() (err error) {
	if chromium, err = exec.LookPath("chromium"); err != nil {
		return err
	}
	if _, err = exec.LookPath("node"); err != nil {
		return err
	}
	_, err = os.Stat("node_modules/playwright-core")
	return err
}
