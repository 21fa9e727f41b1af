package demo

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/test/harness"
)

// node is what the gateway writes of itself in Redis.
type node struct {
	PID  int    `json:"pid"`
	HTTP string `json:"http"`
}

func (d *demo) node() node {
	d.t.Helper()
	text, err := d.client().Get(d.t.Context(), "postern:node:demo").Bytes()
	var n node
	if err != nil || json.Unmarshal(text, &n) != nil || n.PID == 0 {
		d.t.Fatalf("no gateway in the registry: %v, %s", err, text)
	}
	return n
}

// lifeline is a connection to the gateway's own port, which breaks when the
// gateway dies.
func (d *demo) lifeline(v *visitor) (broken func()) {
	d.t.Helper()
	n := d.node()
	socket, _, err := websocket.Dial(d.t.Context(), "ws://"+n.HTTP+"/chat/chat/-/socket", &websocket.DialOptions{
		HTTPClient: v.http, HTTPHeader: http.Header{"Origin": {"http://" + n.HTTP}},
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return func() {
		d.t.Helper()
		defer socket.CloseNow() //nolint:errcheck // it is broken
		ctx, cancel := context.WithTimeout(d.t.Context(), stopWithin)
		defer cancel()
		for {
			_, _, err := socket.Read(ctx)
			if ctx.Err() != nil {
				d.t.Fatal("the gateway lives on")
			}
			if err != nil {
				break
			}
		}
		// Its connections go a moment before its port does.
		harness.Await(d.t, stopWithin, "the gateway's port is free", func() (bool, string) {
			c, err := net.Dial("tcp", n.HTTP)
			if err == nil {
				_ = c.Close()
			}
			return err != nil, n.HTTP
		})
	}
}

func TestTheGatewayDiesWithAKilledParent(t *testing.T) {
	t.Parallel()
	d := start(t)
	broken := d.lifeline(d.visit())
	d.process.Kill()
	broken()
}

func TestASignalEndsItAndNothingIsLeft(t *testing.T) {
	t.Parallel()
	for name, sig := range map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := start(t)
			v := d.visit()
			v.say("/stream") // in the middle of an answer
			v.sees("the beginning", func(r record) bool { return r.Live })
			broken := d.lifeline(v)
			if len(d.left()) != 1 {
				t.Fatalf("%v", d.left())
			}
			if status := d.end(sig); status != 0 {
				t.Errorf("status %d", status)
			}
			broken()
			if left := d.left(); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestATakenPortIsAnotherPort(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // the test is over
	d := start(t, "--listen", taken.Addr().String())
	if d.page.Host == taken.Addr().String() || !strings.Contains(d.out.String(), taken.Addr().String()+" is taken") {
		t.Errorf("%s", d.out)
	}
	res, err := http.Get(d.url("/"))
	if err != nil {
		t.Fatal(err)
	}
	if text := readAll(t, res); res.StatusCode != http.StatusOK || res.Request.URL.Path != "/chat/chat" || !strings.Contains(text, "<!doctype html>") {
		t.Errorf("status %d at %s", res.StatusCode, res.Request.URL)
	}
}

func TestAnAddressThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	out := program.Run(t, "", "demo", "--listen", "nowhere")
	if out.Exit != 1 || !strings.Contains(out.Stderr, "--listen nowhere") || !strings.Contains(out.Stderr, "127.0.0.1:8080") {
		t.Errorf("status %d: %s", out.Exit, out.Stderr)
	}
}

// All that the first minute may need is Go: nothing else is on the PATH here,
// not even a shell by that name.
func TestGoRunEndsWithCtrlC(t *testing.T) {
	t.Parallel()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := exec.Command(goTool, "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	dirs := strings.Fields(string(cache))
	only := t.TempDir() // a PATH with go in it, and nothing else
	if err := os.Symlink(goTool, only+"/go"); err != nil {
		t.Fatal(err)
	}
	root, err := exec.Command(goTool, "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(goTool, "run", "github.com/posternhq/postern/cmd/postern", "demo", "--listen", "127.0.0.1:0")
	cmd.Env = []string{
		"PATH=" + only, "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "GOTOOLCHAIN=local",
		"GOCACHE=" + dirs[0], "GOMODCACHE=" + dirs[1], "GOROOT=" + strings.TrimSpace(string(root)),
	}
	cmd.Env = append(cmd.Env, harness.GoEnv...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a shell does with a job
	d := begin(t, cmd, ".", buildWithin)
	v := d.visit()
	v.say("/tool")
	v.seesBot("🎲")
	broken := d.lifeline(v)
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil { // as the terminal does
		t.Fatal(err)
	}
	broken()
	late := time.NewTimer(stopWithin)
	defer late.Stop()
	select {
	case <-d.process.Gone():
	case <-late.C:
		t.Fatal("go run does not end")
	}
	if left := d.left(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func readAll(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close() //nolint:errcheck // it is read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
