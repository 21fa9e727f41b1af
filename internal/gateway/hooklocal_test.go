package gateway

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/config"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

// telling answers a callback with whether it was told that hooks are local.
type telling struct{ *fake }

func (telling) ServeHook(w http.ResponseWriter, r *http.Request) {
	if platform.HookLocal(r.Context()) {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.WriteHeader(http.StatusForbidden)
}

func (f telling) ServePage(w http.ResponseWriter, r *http.Request) { f.ServeHook(w, r) }

// A hook is local by where the gateway listens, not by where a connection
// comes from: what stands in between is not seen.
func TestHooksAreLocalByTheListener(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for listen, want := range map[string]int{"127.0.0.1:0": http.StatusOK, "0.0.0.0:0": http.StatusForbidden} {
		chat, opened := newFake(), make(chan bool, 1)
		chat.onOpen = func(ctx context.Context, host platform.Host, _ int) error {
			opened <- platform.HookLocal(ctx)
			host.State(platform.StateReady, "")
			return nil
		}
		n := startNode(t, server.URL(), "at-"+listen, map[string]platform.Adapter{"chat": telling{chat}}, func(c *config.Config) { c.HTTP.Listen = listen })
		chat.await(t, "opened")
		if local := <-opened; local != (want == http.StatusOK) {
			t.Errorf("listening on %s: Open was told that hooks are local: %v", listen, local)
		}
		_, port, err := net.SplitHostPort(n.Addr())
		if err != nil {
			t.Fatal(err)
		}
		var status int
		await(t, "the hook", func() bool {
			status = statusOf(t, "http://127.0.0.1:"+port+"/hooks/chat")
			return status != http.StatusServiceUnavailable
		}, func() any { return status })
		if page := statusOf(t, "http://127.0.0.1:"+port+"/chat/chat"); page != want {
			t.Errorf("a page, listening on %s: %d, want %d", listen, page, want)
		}
		if status != want {
			t.Errorf("listening on %s, asked from 127.0.0.1: %d, want %d", listen, status, want)
		}
	}
}

func statusOf(t *testing.T, url string) int {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}
