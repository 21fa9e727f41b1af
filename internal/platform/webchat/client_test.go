package webchat

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

// patience bounds every wait for something that must happen.
const patience = 10 * time.Second

// chatNode is one gateway node, as far as web chat is concerned.
type chatNode struct {
	t       testing.TB
	adapter *Adapter
	host    *platformtest.Host
	server  *httptest.Server
	buffer  atomic.Int64 // bytes of each connection's buffers; 0 = the system's
}

// startNode opens an adapter behind an HTTP server. Nodes with the same host
// share its rooms.
func startNode(t testing.TB, host *platformtest.Host, settings map[string]any, times ...func(*timing)) *chatNode {
	t.Helper()
	return openNode(t, host, host, settings, times...)
}

// openNode is startNode for an adapter that sees its host through another.
func openNode(t testing.TB, through platform.Host, host *platformtest.Host, settings map[string]any, times ...func(*timing)) *chatNode {
	t.Helper()
	all := map[string]any{"token": ""}
	for k, v := range settings {
		all[k] = v
	}
	n := &chatNode{t: t, adapter: newAdapter(t, all), host: host}
	n.adapter.timing.tick = 5 * time.Millisecond
	for _, set := range times {
		set(&n.adapter.timing)
	}
	if err := n.adapter.Open(t.Context(), through); err != nil {
		t.Fatalf("Open: %v", err)
	}
	n.server = httptest.NewUnstartedServer(http.HandlerFunc(n.adapter.ServePage))
	n.server.Config.ConnState = func(c net.Conn, state http.ConnState) {
		if tcp, ok := c.(*net.TCPConn); ok && state == http.StateNew && n.buffer.Load() > 0 {
			_ = tcp.SetWriteBuffer(int(n.buffer.Load()))
		}
	}
	n.server.Start()
	t.Cleanup(n.stop)
	return n
}

func (n *chatNode) stop() {
	if err := n.adapter.Close(context.Background()); err != nil {
		n.t.Errorf("Close: %v", err)
	}
	n.server.Close()
}

func (n *chatNode) url(path string) string { return n.server.URL + "/chat/chat" + path }

// request asks the node over HTTP. headers are pairs.
func (n *chatNode) request(method, path, body string, headers ...string) (int, http.Header, string) {
	n.t.Helper()
	r, err := http.NewRequestWithContext(n.t.Context(), method, n.url(path), strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := n.server.Client().Do(r)
	if err != nil {
		n.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		n.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer.StatusCode, answer.Header, string(b)
}

// session gets a new one.
func (n *chatNode) session() string {
	n.t.Helper()
	status, _, body := n.request(http.MethodPost, "/-/session", `{"keep": true}`)
	var answer struct{ Session string }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK || answer.Session == "" {
		n.t.Fatalf("session: %d %s", status, body)
	}
	return answer.Session
}

// dial opens a socket and says nothing.
func (n *chatNode) dial(session string, headers ...string) (*websocket.Conn, error) {
	n.t.Helper()
	h := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	if session != "" {
		h.Set("Cookie", cookieName+"="+session)
	}
	ctx, cancel := context.WithTimeout(n.t.Context(), patience)
	defer cancel()
	dialer := &net.Dialer{}
	if size := int(n.buffer.Load()); size > 0 {
		dialer.Control = func(_, _ string, c syscall.RawConn) error {
			return c.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, size) })
		}
	}
	transport := &http.Transport{DialContext: dialer.DialContext}
	n.t.Cleanup(transport.CloseIdleConnections)
	conn, answer, err := websocket.Dial(ctx, n.url("/-/socket"), &websocket.DialOptions{HTTPHeader: h, HTTPClient: &http.Client{Transport: transport}})
	if err != nil {
		if answer != nil {
			err = fmt.Errorf("%d: %w", answer.StatusCode, err)
		}
		return nil, err
	}
	conn.SetReadLimit(8 << 20)
	n.t.Cleanup(func() { _ = conn.CloseNow() })
	return conn, nil
}
