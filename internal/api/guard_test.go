package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/posternhq/postern/envelope"
)

// ok answers 200 and nothing.
var ok = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

func call(h http.Handler, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:8080/v1/outbound/chat", nil)
	r.RemoteAddr = "127.0.0.1:1234"
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// failure is what every error looks like.
type failure struct {
	Error     envelope.Error `json:"error"`
	RequestID string         `json:"request_id"`
}

// wantFailure asserts that an answer is an error of that code.
func wantFailure(t *testing.T, what string, w *httptest.ResponseRecorder, status int, code envelope.Code) failure {
	t.Helper()
	var f failure
	if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil || w.Code != status || f.Error.Code != code || f.Error.Message == "" {
		t.Errorf("%s: %d, %s (%v); want %d, %s", what, w.Code, w.Body, err, status, code)
	}
	return f
}

func TestGuardAsksForATokenOfTheScope(t *testing.T) {
	t.Parallel()
	g := NewGuard([]Token{
		NewToken("ops", "hush", []string{"admin", "metrics"}, 0),
		NewToken("app", "psst", []string{"publish"}, 0),
		NewToken("app too", "twice", []string{"media"}, 0),
		NewToken("and again", "twice", []string{"publish"}, 0),
		NewToken("empty", "", []string{"publish"}, 0),
	}, 0)
	for header, want := range map[string]int{
		"": 401, "hush": 401, "Bearer": 401, "Bearer  psst": 401, "Bearer pss": 401, "Bearer psstt": 401, "Basic psst": 401, "psst Bearer": 401,
		"Bearer hush": 403, // admin is a scope like the others
		"Bearer psst": 200, "bearer psst": 200, "Bearer twice": 200,
	} {
		w := call(g.Require(ScopePublish, ok), func(r *http.Request) { r.Header.Set("Authorization", header) })
		switch want {
		case 401:
			wantFailure(t, header, w, 401, envelope.CodeAuth)
			if w.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%q is not told what to bear", header)
			}
		case 403:
			wantFailure(t, header, w, 403, envelope.CodeForbidden)
		default:
			if w.Code != 200 {
				t.Errorf("%q: %d, %s", header, w.Code, w.Body)
			}
		}
	}
	// With a token configured, where it comes from is no matter.
	w := call(g.Require(ScopePublish, ok), func(r *http.Request) {
		r.Host, r.RemoteAddr = "chat.example.com", "192.0.2.1:5"
		r.Header.Set("Origin", "https://other.example")
		r.Header.Set("X-Forwarded-For", "192.0.2.7")
		r.Header.Set("Authorization", "Bearer psst")
	})
	if w.Code != 200 {
		t.Errorf("a token from elsewhere: %d, %s", w.Code, w.Body)
	}
}

func TestGuardWithoutTokensTakesThisMachineOnly(t *testing.T) {
	t.Parallel()
	g := NewGuard(nil, 0)
	for _, tt := range []struct {
		name   string
		change func(r *http.Request)
		want   int
	}{
		{"a program", nil, 200},
		{"by name", func(r *http.Request) { r.Host = "localhost:8080" }, 200},
		{"by name, without a port", func(r *http.Request) { r.Host = "LOCALHOST" }, 200},
		{"over IPv6", func(r *http.Request) { r.Host = "[::1]:8080" }, 200},
		{"another loopback address", func(r *http.Request) { r.Host = "127.8.8.8" }, 200},
		{"our own page", func(r *http.Request) {
			r.Header.Set("Origin", "http://127.0.0.1:8080")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}, 200},
		{"an address typed in", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "none") }, 200},
		{"rebound DNS", func(r *http.Request) { r.Host = "evil.example:8080" }, 403},
		{"rebound DNS, its own page", func(r *http.Request) { r.Host = "evil.example"; r.Header.Set("Origin", "http://evil.example") }, 403},
		{"a name that begins so", func(r *http.Request) { r.Host = "localhost.evil.example" }, 403},
		{"no host", func(r *http.Request) { r.Host = "" }, 403},
		{"another site's page", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403},
		{"another port's page", func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:9000") }, 403},
		{"a sandboxed page", func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		{"a form of another site", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"another port's form", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403},
		{"through a proxy", func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.1") }, 403},
		{"through another", func(r *http.Request) { r.Header.Set("Forwarded", "for=192.0.2.1") }, 403},
	} {
		w := call(g.Require(ScopePublish, ok), tt.change)
		if tt.want == 403 {
			wantFailure(t, tt.name, w, 403, envelope.CodeForbidden)
		} else if w.Code != 200 {
			t.Errorf("%s: %d, %s", tt.name, w.Code, w.Body)
		}
	}
}

func TestGuardLimitsEachCaller(t *testing.T) {
	t.Parallel()
	g := NewGuard([]Token{
		NewToken("slow", "slow", []string{"publish"}, 1), NewToken("fast", "fast", []string{"publish"}, 1000), NewToken("free", "free", []string{"publish"}, 0),
	}, 1)
	bearing := func(token, from string) *httptest.ResponseRecorder {
		return call(g.Require(ScopePublish, ok), func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer "+token)
			r.RemoteAddr = from
		})
	}
	var last *httptest.ResponseRecorder
	for range 4 { // two at once, and at most one more in the time that this takes
		last = bearing("slow", "192.0.2.1:1")
	}
	f := wantFailure(t, "too many of a token", last, 429, envelope.CodeRateLimited)
	if f.Error.RetryAfter <= 0 || f.Error.RetryAfter > 1 || last.Header().Get("Retry-After") != "1" {
		t.Errorf("when to come again: %v, %q", f.Error.RetryAfter, last.Header().Get("Retry-After"))
	}
	for _, token := range []string{"fast", "free"} {
		for range 10 {
			if w := bearing(token, "192.0.2.1:1"); w.Code != 200 {
				t.Errorf("the token %s pays for another: %d, %s", token, w.Code, w.Body)
			}
		}
	}
	for range 4 {
		last = bearing("guessed", "192.0.2.1:1")
	}
	wantFailure(t, "too many guesses", last, 429, envelope.CodeRateLimited)
	wantFailure(t, "a guess from elsewhere", bearing("guessed", "192.0.2.2:1"), 401, envelope.CodeAuth)

	hook := g.Limit(ok)
	from := func(address string) int {
		return call(hook, func(r *http.Request) { r.RemoteAddr = address }).Code
	}
	for range 4 {
		from("[2001:db8::1]:1")
	}
	if same, other := from("[2001:db8::2]:9"), from("[2001:db8:0:1::2]:9"); same != 429 || other != 200 {
		t.Errorf("the same network: %d, another: %d", same, other)
	}
}
