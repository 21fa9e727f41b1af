// Package worker proves the Go SDK and its examples on the built gateway: real
// processes, a real redis-server, a real receiver.
package worker

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/internal/child"
	"github.com/posternhq/postern/test/harness"
)

// Set once, before any test runs.
var (
	program  harness.Program
	examples string // the folder that they are built to
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if os.Getenv(mortalEnv) != "" {
		return mortal()
	}
	dir, err := os.MkdirTemp("", "postern-worker-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if program, err = harness.Build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	examples = dir
	build := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "github.com/posternhq/postern/examples/go/...")
	build.Env = append(os.Environ(), harness.GoEnv...)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// start runs a worker until the test ends, or until it is killed. What it said
// is shown if the test fails.
func start(t *testing.T, command string, env ...string) *child.Process {
	t.Helper()
	var output bytes.Buffer
	cmd := exec.Command(command)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &output, &output
	process, err := child.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(command), &output)
		}
	})
	return process
}

// hear lets the webhook platform hear a message.
func hear(t *testing.T, node *harness.Node, channel, text string) {
	t.Helper()
	body := fmt.Sprintf(`{"event":"message","channel_id":%q,"content":%q,"user_id":"ann","event_id":"%s/%s"}`, channel, text, channel, text)
	resp, err := http.Post(node.URL("/hooks/"+harness.Platform), "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t.Fatalf("the hook answered %s", resp.Status)
	}
}
