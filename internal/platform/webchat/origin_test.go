package webchat

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

// TestRebinding: a page that has its own name lead to this machine is of the
// chat's origin, as far as the browser knows. A chat that asks for no token
// does not take it in; what a proxy brings, it does.
func TestRebinding(t *testing.T) {
	t.Parallel()
	open := map[string]any{"token": ""}
	for what, c := range map[string]struct {
		settings map[string]any
		remote   bool // the gateway listens on every address
		host     string
		header   string
		status   int
	}{
		"localhost":             {open, false, "localhost:8080", "", 200},
		"its address":           {open, false, "127.0.0.1:8080", "", 200},
		"its other address":     {open, false, "[::1]:8080", "", 200},
		"another name":          {open, false, "evil.example:8080", "", 403},
		"one like it":           {open, false, "localhost.evil.example", "", 403},
		"a proxy that says so":  {open, false, "chat.example", "X-Forwarded-For", 200},
		"another that does":     {open, false, "chat.example", "Forwarded", 200},
		"a listener for all":    {open, true, "chat.example", "", 200},
		"a token":               {map[string]any{"token": "sesame"}, false, "chat.example", "", 200},
		"an origin":             {map[string]any{"token": "", "origins": []string{"https://chat.example"}}, false, "chat.example", "", 200},
		"another than origins'": {map[string]any{"token": "", "origins": []string{"https://chat.example"}}, false, "evil.example", "", 403},
	} {
		n := startNode(t, platformtest.NewHost(), c.settings)
		for _, path := range []string{"session", "files", "socket"} {
			method, status := http.MethodPost, c.status
			switch {
			case path == "socket":
				method = http.MethodGet
				status = map[int]int{200: http.StatusUpgradeRequired, 403: 403}[status]
			case path == "files":
				status = map[int]int{200: http.StatusUnauthorized, 403: 403}[status]
			}
			r := httptest.NewRequest(method, "/chat/chat/-/"+path, strings.NewReader(`{"token": "sesame"}`))
			r.Host = c.host
			r.Header.Set("Origin", "http://"+c.host)
			if c.header != "" {
				r.Header.Set(c.header, "for=192.0.2.7")
			}
			w := httptest.NewRecorder()
			n.adapter.ServePage(w, r.WithContext(platform.WithHookLocal(r.Context(), !c.remote)))
			if w.Code != status || status == 403 && !strings.Contains(w.Body.String(), "origins") {
				t.Errorf("%s, %s: %d %s, want %d", what, path, w.Code, w.Body, status)
			}
		}
	}
}
