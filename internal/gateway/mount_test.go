package gateway

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

// paged is a fake with pages: a socket that echoes, which ends with the
// adapter, and any other path, which is answered with the path and the body.
type paged struct {
	*fake
	end    context.Context
	endNow context.CancelFunc
}

func newPaged() paged {
	end, endNow := context.WithCancel(context.Background())
	return paged{newFake(), end, endNow}
}

func (p paged) Close(ctx context.Context) error {
	p.endNow()
	return p.fake.Close(ctx)
}

func (p paged) ServePage(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/-/socket") {
		if strings.HasSuffix(r.URL.Path, "/-/files") {
			control := http.NewResponseController(w)
			_ = control.SetReadDeadline(time.Now().Add(patience)) // the test sees it
			_ = control.SetWriteDeadline(time.Now().Add(patience))
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, r.URL.Path+" "+string(body))
		return
	}
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow() //nolint:errcheck // the test sees it
	for {
		kind, text, err := c.Read(p.end)
		if err != nil {
			return
		}
		if err := c.Write(p.end, kind, text); err != nil {
			return
		}
	}
}

// socket opens the echoing socket of the platform chat.
func socket(t *testing.T, addr string) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), "ws://"+addr+"/chat/chat/-/socket", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func echo(t *testing.T, c *websocket.Conn) {
	t.Helper()
	if err := c.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := c.Read(t.Context()); err != nil || string(text) != "hello" {
		t.Fatalf("the socket answers %q, %v", text, err)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	chat := newPaged()
	open := make(chan struct{})
	chat.onOpen = func(ctx context.Context, host platform.Host, _ int) error {
		select {
		case <-open:
			host.State(platform.StateReady, "")
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	n := startNode(t, server.URL(), "n1", map[string]platform.Adapter{"chat": chat, "a": newFake()})
	for _, path := range []string{"/chat/a", "/chat/nobody/x"} {
		status, body := n.get(path, "")
		wantError(t, path, status, body, 404, envelope.CodeNotFound)
	}
	for _, path := range []string{"/chat/chat", "/"} {
		status, body := n.get(path, "")
		wantError(t, path+", not open yet", status, body, 503, envelope.CodeUnavailable)
	}
	close(open)
	chat.await(t, "opened")
	await(t, "the page", func() bool { status, _ := n.get("/chat/chat", ""); return status == 200 }, func() any { return nil })
	for path, want := range map[string]string{
		"/": "/chat/chat ", "/chat/chat": "/chat/chat ", "/chat/chat/": "/chat/chat/ ", "/chat/chat/-/app.js": "/chat/chat/-/app.js ",
	} {
		if status, body := n.get(path, ""); status != 200 || string(body) != want {
			t.Errorf("%s: %d, %q", path, status, body)
		}
	}
	c := socket(t, n.Addr())
	echo(t, c)
	n.stop(nil)
	if err := n.ended(); err != nil {
		t.Errorf("Run, with a socket open: %v", err)
	}
	if _, _, err := c.Read(t.Context()); err == nil {
		t.Error("the socket outlives the node")
	}
}

func TestFrontWithoutPages(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	(&Gateway{accounts: []*account{{name: "plain"}}}).front(w, httptest.NewRequest(http.MethodGet, "/", nil))
	wantError(t, "/", w.Code, w.Body.Bytes(), 404, envelope.CodeNotFound)
}

// The server's timeouts end who stalls, at a page too, and neither a socket nor
// a file that its adapter gives longer to come up.
func TestTimeoutsSpareSocketsAndUploads(t *testing.T) {
	t.Parallel()
	chat := newPaged()
	defer chat.endNow()
	g := &Gateway{accounts: []*account{{name: "chat", pages: chat, opened: true}}}
	mux := http.NewServeMux()
	mux.HandleFunc("/chat/{platform}/{rest...}", g.page)
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	server := httptest.NewUnstartedServer(mux)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
	server.Start()
	defer server.Close()
	addr := server.Listener.Addr().String()

	c := socket(t, addr)
	echo(t, c)
	upload := request(t, addr, "PUT /chat/chat/-/files HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nab")
	stalled := request(t, addr, "PUT /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")
	page := request(t, addr, "POST /chat/chat/-/session HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")
	_, _ = io.ReadAll(stalled) // ends when the server has given it up
	if answer, err := io.ReadAll(page); err != nil || strings.Contains(string(answer), " 200 ") {
		t.Errorf("a page's request that stalls: %q, %v", answer, err)
	}
	if _, err := upload.Write([]byte("cd")); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(upload); err != nil || !strings.HasSuffix(string(answer), "/chat/chat/-/files abcd") {
		t.Errorf("the slow upload: %q, %v", answer, err)
	}
	echo(t, c)
}

// request opens a connection and writes the beginning of a request.
func request(t *testing.T, addr, text string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return c
}
