package media

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
)

// api is a store behind its handler, where the token is "key".
type api struct {
	*Store
	t      *testing.T
	server *httptest.Server
}

func newAPI(t *testing.T, change ...func(*Config)) *api {
	t.Helper()
	s := newStore(t, change...)
	server := httptest.NewServer(Handler(s, func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer key" }))
	t.Cleanup(server.Close)
	return &api{s, t, server}
}

// ask sends a request; headers are "Name: value".
func (a *api) ask(method, path, body string, headers ...string) (*http.Response, string) {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.server.URL+path, strings.NewReader(body))
	must(a.t, err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(r)
	must(a.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(a.t, err)
	return response, string(text)
}

func (a *api) wantError(response *http.Response, body string, status int, code envelope.Code) {
	a.t.Helper()
	var answer struct{ Error envelope.Error }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || response.StatusCode != status || answer.Error.Code != code ||
		answer.Error.Message == "" || response.Header.Get("Cache-Control") != "no-store" {
		a.t.Errorf("status %d, %s (%v), want %d, %s", response.StatusCode, body, err, status, code)
	}
}

const token = "Authorization: Bearer key"

func TestUploadAndDownload(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	path := Path + "/" + NewID()
	response, body := a.ask("PUT", path+"?filename=..%2Fcat.png", png, token, "Content-Type: text/html")
	var kept envelope.Attachment
	if err := json.Unmarshal([]byte(body), &kept); err != nil || response.StatusCode != 201 || response.Header.Get("Location") != path ||
		kept.Filename != "cat.png" || kept.Mimetype != "image/png" || kept.Size != int64(len(png)) || Path+"/"+kept.Blob != path {
		t.Fatalf("PUT: %d, %s, %v", response.StatusCode, body, err)
	}
	if response, body = a.ask("PUT", path, png, token); response.StatusCode != 200 || !strings.Contains(body, "cat.png") {
		t.Errorf("the same again: %d, %s", response.StatusCode, body)
	}
	response, body = a.ask("PUT", path, "other bytes", token)
	a.wantError(response, body, 409, envelope.CodeConflict)

	if response, body = a.ask("GET", path, "", token); response.StatusCode != 200 || body != png {
		t.Errorf("GET: %d, %q", response.StatusCode, body)
	}
	etag := response.Header.Get("ETag")
	if etag != `"`+sha(png)+`"` {
		t.Errorf("ETag %s", etag)
	}
	if response, body = a.ask("GET", path, "", token, "If-None-Match: "+etag); response.StatusCode != 304 || body != "" {
		t.Errorf("unchanged: %d, %q", response.StatusCode, body)
	}
	if response, body = a.ask("HEAD", path, "", token); response.StatusCode != 200 || body != "" || response.ContentLength != int64(len(png)) {
		t.Errorf("HEAD: %d, %d bytes", response.StatusCode, response.ContentLength)
	}

	response, body = a.ask("POST", Path+"?filename=notes.txt", "hello", token)
	if err := json.Unmarshal([]byte(body), &kept); err != nil || response.StatusCode != 201 || !ValidID(kept.Blob) || kept.Filename != "notes.txt" {
		t.Fatalf("POST: %d, %s, %v", response.StatusCode, body, err)
	}
	signed, err := url.Parse(kept.URL)
	must(t, err)
	if response, body = a.ask("GET", signed.RequestURI(), ""); response.StatusCode != 200 || body != "hello" {
		t.Errorf("by its signed address: %d, %q", response.StatusCode, body)
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b Backend) {
		a := newAPI(t, func(c *Config) { c.Backend = b })
		id := NewID()
		a.mustPut(t, id, "0123456789")
		for asked, want := range map[string]string{
			"bytes=2-4": "206 234 bytes 2-4/10", "bytes=8-": "206 89 bytes 8-9/10", "bytes=-3": "206 789 bytes 7-9/10",
			"bytes=9-100": "206 9 bytes 9-9/10", "bytes=10-": "416", "bytes=5-2": "416", "bytes=a-b": "416", "bytes=": "200 0123456789",
			"chapters=1-2": "416", "bytes=0-9,0-9,0-9": "200 0123456789",
		} {
			response, body := a.ask("GET", Path+"/"+id, "", token, "Range: "+asked)
			got := fmt.Sprint(response.StatusCode)
			if response.StatusCode < 300 {
				got = strings.TrimSpace(got + " " + body + " " + response.Header.Get("Content-Range"))
			}
			if got != want {
				t.Errorf("%s: %s, want %s", asked, got, want)
			}
		}
	})
}

func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	now := time.Now()
	a := newAPI(t, func(c *Config) { c.Links = testLinks(func() time.Time { return now }) })
	id, other := NewID(), NewID()
	a.mustPut(t, id, "x")
	a.mustPut(t, other, "y")
	path := Path + "/" + id
	link, err := url.Parse(a.Link(id, time.Minute))
	must(t, err)
	query := "?" + link.RawQuery
	for _, tt := range []struct {
		method, path string
		headers      []string
		status       int
		code         envelope.Code
	}{
		{"GET", path, nil, 401, envelope.CodeAuth},
		{"GET", path, []string{"Authorization: Bearer kex"}, 401, envelope.CodeAuth},
		{"HEAD", path, nil, 401, ""},
		{"PUT", path, nil, 401, envelope.CodeAuth},
		{"PUT", path + query, nil, 401, envelope.CodeAuth},
		{"POST", Path, nil, 401, envelope.CodeAuth},
		{"GET", path + query, nil, 200, ""},
		{"HEAD", path + query, nil, 200, ""},
		{"GET", Path + "/" + other + query, nil, 403, envelope.CodeForbidden},
		{"GET", path + query + "A", nil, 403, envelope.CodeForbidden},
		{"GET", path + "?sig=", nil, 403, envelope.CodeForbidden},
		{"GET", path + "?sig=x", []string{token}, 200, ""},
		{"GET", Path + "/" + NewID(), []string{token}, 404, envelope.CodeNotFound},
		{"GET", Path + "/" + NewID(), nil, 401, envelope.CodeAuth},
		{"PUT", path, []string{token, "Sec-Fetch-Site: cross-site"}, 403, envelope.CodeForbidden},
		{"POST", Path, []string{token, "Origin: https://evil.example"}, 403, envelope.CodeForbidden},
		{"DELETE", path, []string{token}, 405, ""},
		{"GET", Path, []string{token}, 405, ""},
	} {
		response, body := a.ask(tt.method, tt.path, "", tt.headers...)
		if tt.code != "" {
			a.wantError(response, body, tt.status, tt.code)
		} else if response.StatusCode != tt.status {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, response.StatusCode, tt.status)
		}
	}
	now = now.Add(time.Minute)
	response, body := a.ask("GET", path+query, "")
	a.wantError(response, body, 403, envelope.CodeForbidden)
}

// Nothing but an id is an id, whoever asks.
func TestPathTricks(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	id := NewID()
	a.mustPut(t, id, "x")
	for _, trick := range []string{
		"..%2f..%2fetc%2fpasswd", "%2e%2e", id + "%00", id[:31] + "%2f", strings.ToUpper(id), id + "a", id[:31], "%ff", ".", id + "%2f..%2f" + id,
	} {
		for _, method := range []string{"GET", "PUT"} {
			response, body := a.ask(method, Path+"/"+trick, "", token)
			if response.StatusCode == 307 || response.StatusCode == 301 || response.StatusCode == 404 && !strings.HasPrefix(body, "{") {
				continue // the mux cleans the path, and there is nothing
			}
			a.wantError(response, body, 400, envelope.CodeInvalid)
		}
	}
}

// Uploads never run, nor are they rendered, unless they are pictures of dots.
func TestServedSafely(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, tt := range []struct{ content, name, claimed, kind, served string }{
		{png, "a.png", "image/png", "inline", "image/png"},
		{avif, "a.avif", "", "inline", "image/avif"},
		{svg, "a.svg", "image/svg+xml", "attachment", "text/plain; charset=utf-8"},
		{"<?xml version='1.0'?>" + svg, "a.png", "image/png", "attachment", typeBytes},
		{html, "a.html", "text/html", "attachment", typeBytes},
		{html, "a.png", "image/png", "attachment", typeBytes},
		{"GIF" + html, "a.gif", "image/gif", "attachment", "text/plain; charset=utf-8"},
		{"alert(1)", "a.js", "text/javascript", "attachment", "text/plain; charset=utf-8"},
		{"%PDF-1.7", "a.pdf", "application/pdf", "attachment", "application/pdf"},
		{"\x00asm\x01\x00\x00\x00", "a.wasm", "application/wasm", "attachment", typeBytes},
	} {
		id := NewID()
		response, body := a.ask("PUT", Path+"/"+id+"?filename="+tt.name, tt.content, token, "Content-Type: "+tt.claimed)
		if response.StatusCode != 201 {
			t.Fatalf("%s: %d, %s", tt.name, response.StatusCode, body)
		}
		response, body = a.ask("GET", Path+"/"+id, "", token)
		kind, params, err := mime.ParseMediaType(response.Header.Get("Content-Disposition"))
		if err != nil || kind != tt.kind || params["filename"] != tt.name || response.Header.Get("Content-Type") != tt.served || body != tt.content {
			t.Errorf("%.15q as %s: %v, want %s as %s", tt.content, tt.claimed, response.Header, tt.kind, tt.served)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'",
			"Cross-Origin-Resource-Policy": "same-origin", "Referrer-Policy": "no-referrer",
		} {
			if got := response.Header.Get(name); got != want {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
		if !strings.HasPrefix(response.Header.Get("Cache-Control"), "private") {
			t.Errorf("Cache-Control: %s", response.Header.Get("Cache-Control"))
		}
	}
}

func TestUploadLimits(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(c *Config) { c.Types = []string{"image/*"} })
	path := Path + "/" + NewID()
	response, body := a.ask("PUT", path, strings.Repeat("x", 1001), token)
	a.wantError(response, body, 413, envelope.CodeTooLarge)
	r, err := http.NewRequest("PUT", a.server.URL+path, io.LimitReader(endless(png), 1<<20)) // no length is said
	must(t, err)
	r.Header.Set("Authorization", "Bearer key")
	recorder := httptest.NewRecorder()
	Handler(a.Store, func(*http.Request) bool { return true }).ServeHTTP(recorder, r)
	a.wantError(recorder.Result(), recorder.Body.String(), 413, envelope.CodeTooLarge)
	response, body = a.ask("PUT", path, html, token, "Content-Type: image/png")
	a.wantError(response, body, 400, envelope.CodeInvalid)
	response, body = a.ask("GET", path, "", token)
	a.wantError(response, body, 404, envelope.CodeNotFound)
}

// endless repeats a text.
type endless string

func (e endless) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		n += copy(p[n:], e)
	}
	return len(p), nil
}

// What went wrong inside stays inside.
func TestInnerErrorsAreNotShown(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(c *Config) { c.Backend = failing{} })
	for _, method := range []string{"GET", "PUT"} {
		response, body := a.ask(method, Path+"/"+NewID(), "x", token)
		a.wantError(response, body, 503, envelope.CodeTransient)
		if strings.Contains(body, hush) || response.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %s", method, body)
		}
	}
}
