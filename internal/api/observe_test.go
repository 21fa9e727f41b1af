package api

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/respond"
)

func TestObserve(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h := Observe(log, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/panics":
			panic("no way out")
		case "/fails":
			respond.Refuse(w, http.StatusTeapot, envelope.CodeInvalid, "no")
		default:
			_, _ = io.WriteString(w, "hello "+of(r).id)
		}
	}))
	get := func(path, id string) *httptest.ResponseRecorder {
		text.Reset()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		if id != "" {
			r.Header.Set("X-Request-Id", id)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, id := range []string{"a", "7/x_y=.~:+@Z-", strings.Repeat("x", 128)} {
		if w := get("/", id); w.Header().Get("X-Request-Id") != id || w.Body.String() != "hello "+id {
			t.Errorf("%q is answered under %q: %s", id, w.Header().Get("X-Request-Id"), w.Body)
		}
	}
	seen := map[string]bool{}
	for _, id := range []string{"", " ", "a b", "a\tb", "é", `"`, strings.Repeat("x", 129)} {
		made := get("/", id).Header().Get("X-Request-Id")
		if made == id || !requestID.MatchString(made) || seen[made] {
			t.Errorf("%q is answered under %q", id, made)
		}
		seen[made] = true
	}
	w := get("/some/path?sig=hush", "r1")
	if line := text.String(); !strings.Contains(line, "request_id=r1") || !strings.Contains(line, "status=200") || !strings.Contains(line, "bytes=8") || strings.Contains(line, "hush") {
		t.Errorf("the log of %d: %s", w.Code, line)
	}
	if f := wantFailure(t, "an error", get("/fails", "r2"), http.StatusTeapot, envelope.CodeInvalid); f.RequestID != "r2" {
		t.Errorf("an error bears the id %q", f.RequestID)
	}
	if f := wantFailure(t, "a panic", get("/panics", "r3"), 500, envelope.CodeInternal); f.RequestID != "r3" || strings.Contains(f.Error.Message, "no way out") {
		t.Errorf("a panic is told as %+v", f)
	}
	if line := text.String(); !strings.Contains(line, "no way out") || !strings.Contains(line, "observe_test.go") || !strings.Contains(line, "request_id=r3") {
		t.Errorf("the log of a panic: %s", line)
	}
}

// A panic in the middle of an answer cuts it off: it is not taken for whole.
func TestPanicInTheMiddleCutsOff(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(Observe(slog.New(slog.DiscardHandler), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/whole" {
			return
		}
		_, _ = io.WriteString(w, "half")
		panic("in the middle")
	})))
	defer server.Close()
	resp, err := server.Client().Get(server.URL + "/half")
	if err == nil {
		defer resp.Body.Close()
		_, err = io.ReadAll(resp.Body)
	}
	if err == nil {
		t.Error("half an answer is taken for a whole one")
	}
	if resp, err := server.Client().Get(server.URL + "/whole"); err != nil || resp.Body.Close() != nil || resp.StatusCode != 200 {
		t.Errorf("after a panic: %v", err)
	}
}

func TestMuxAnswersWithErrors(t *testing.T) {
	t.Parallel()
	h := NewMux([]Route{{"GET /a", ok}, {"PUT /a", ok}, {"/b/{c}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.PathValue("c"))
	})}})
	do := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		return w
	}
	if w := do("POST", "/b/x"); w.Code != 200 || w.Body.String() != "x" {
		t.Errorf("a route: %d, %s", w.Code, w.Body)
	}
	wantFailure(t, "no route", do("GET", "/c"), 404, envelope.CodeNotFound)
	w := do("DELETE", "/a")
	wantFailure(t, "no method", w, 405, envelope.CodeInvalid)
	if allow := w.Header().Get("Allow"); allow != "GET, HEAD, PUT" {
		t.Errorf("Allow: %s", allow)
	}
}
