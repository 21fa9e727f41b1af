package demo

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/posternhq/postern/internal/demo/wire"
)

func TestNamesOfThisMachine(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:8080": true, "demo.localhost": true, "[::1]:8080": true, "[::1]": true, "127.9.9.9": true,
		"example.com": false, "localhost.example.com:80": false, "192.168.1.7:8080": false, "": false, "127.0.0.1.nip.io:8080": false,
	} {
		if got := thisMachine(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}

// Elsewhere than on this machine, only the chat is passed on: the gateway
// takes the parent for this machine, and asks it for no token.
func TestTheAPIIsNotPassedOnToTheNetwork(t *testing.T) {
	t.Parallel()
	for _, local := range []bool{true, false} {
		handler := (&front{gateway: &gateway{}, local: local}).handler(wire.NewLog(), nil)
		for path, passed := range map[string]bool{
			"/chat/chat": true, "/chat/chat/lobby": true, "/v1/outbound/chat": local, "/metrics": local, "/hooks/chat": local, "/chat/other": local,
		} {
			r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8080"+path, nil)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if got := w.Code == http.StatusServiceUnavailable; got != passed { // there is no gateway to pass it to
				t.Errorf("local %v, %s: status %d", local, path, w.Code)
			}
		}
	}
}

func TestThePaneIsServedAndNothingBesideIt(t *testing.T) {
	t.Parallel()
	handler := (&front{gateway: &gateway{}, local: true}).handler(wire.NewLog(), nil)
	for path, want := range map[string]string{
		"/demo/pane.js": "text/javascript", "/demo/pane.css": "text/css", "/demo/away.css": "text/css",
		"/demo/": "", "/demo/demo.go": "", "/demo/..%2fdemo.go": "", "/demo/x/y": "",
	} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil))
		if kind := w.Header().Get("Content-Type"); want != "" && (w.Code != http.StatusOK || !strings.HasPrefix(kind, want)) {
			t.Errorf("%s: status %d, %s", path, w.Code, kind)
		}
		if want == "" && w.Code != http.StatusNotFound && w.Code != http.StatusBadRequest {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
}
