package command

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/posternhq/postern/internal/redistest"
)

// A node delivers what send publishes, and a signal drains it.
func TestServeDeliversUntilASignal(t *testing.T) {
	t.Parallel()
	got := make(chan string, 1)
	sinkServer := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a body cut short fails the comparison
		got <- string(body)
	}))
	defer sinkServer.Close()
	s := newShell(t, redistest.Start(t))
	s.write("http: { listen: '127.0.0.1:0' }\ndelivery: { lease: 1s }\nplatforms: [{ name: hook, kind: webhook, url: '" + sinkServer.URL + "' }]\n")

	var out, stderr sink
	code := make(chan int, 1)
	go func() { code <- s.start(&out, &stderr, "serve") }()
	receipt := s.must("send", "--channel", "c", "-t", "hello", "--wait=20s", "--json")
	if !strings.Contains(receipt, `"delivered"`) {
		t.Errorf("receipt %s", receipt)
	}
	var posted struct{ Text string }
	if body := <-got; json.Unmarshal([]byte(body), &posted) != nil || posted.Text != "hello" {
		t.Errorf("the webhook got %s", body)
	}
	if out := s.must("call", "hook", "identity"); !strings.Contains(out, `"hook"`) {
		t.Errorf("identity: %s", out)
	}
	if out := s.must("status"); !strings.Contains(out, "hook") {
		t.Errorf("status: %s", out)
	}
	s.signals <- syscall.SIGTERM
	if c := <-code; c != ExitDone {
		t.Errorf("exit %d:\n%s", c, stderr.String())
	}
}

func TestServeWithABadConfigIsUsage(t *testing.T) {
	t.Parallel()
	s := newShell(t, nil) // HOOK_SECRET is not set
	if r := s.run("serve"); r.code != ExitUsage || !strings.Contains(r.err, "HOOK_SECRET") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
	s.write("platforms: [{ name: hook, kind: webhook, url: 'ftp://x', timeout: 0s }]\n")
	if r := s.run("serve"); r.code != ExitUsage || !strings.Contains(r.err, `yaml:1:47: platforms[0].url: has the scheme "ftp"`) {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
}

// A receiver that never answers keeps a node draining; a second signal does
// not wait for it.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	posted, release := make(chan struct{}, 16), make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		posted <- struct{}{}
		<-release
	}))
	defer hanging.Close()
	defer close(release)
	s := newShell(t, redistest.Start(t))
	s.write("http: { listen: '127.0.0.1:0' }\ndelivery: { drain_timeout: 1h }\nplatforms: [{ name: hook, kind: webhook, timeout: 1h, url: '" + hanging.URL + "' }]\n")
	var out, stderr sink
	code := make(chan int, 1)
	go func() { code <- s.start(&out, &stderr, "serve") }()
	s.must("send", "--channel", "c", "-t", "hello")
	<-posted
	s.signals <- syscall.SIGTERM
	s.signals <- syscall.SIGTERM
	if c := <-code; c != ExitFailed || !strings.Contains(stderr.String(), "second signal") {
		t.Errorf("exit %d:\n%s", c, stderr.String())
	}
}
