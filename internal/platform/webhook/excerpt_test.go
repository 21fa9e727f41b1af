package webhook

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/posternhq/postern/platform"
)

// said is the message of the error that an answer becomes.
func said(t *testing.T, status int, kind, body string) string {
	t.Helper()
	r := newReceiver(t, true)
	r.answers(status, body, "Content-Type", kind)
	a := newAdapter(t, r.url(), map[string]any{"secret": testSecret})
	opened(t, a)
	_, err := a.Do(t.Context(), aPart(t, a))
	if err == nil {
		t.Fatal("it was taken")
	}
	return platform.AsError(err).Message
}

func TestRefusalSaysWhatTheReceiverSaid(t *testing.T) {
	t.Parallel()
	const quiet = "answered 400 Bad Request" // at its end
	for _, c := range []struct{ name, kind, body, end string }{
		{"text", "text/plain; charset=utf-8", "no such room", ": no such room"},
		{"JSON", "application/json", "{\n  \"error\": \"no such room\"\n}\n", `: { "error": "no such room" }`},
		{"control characters", "text/plain", "a\x1b[31mb\u202ec\r\nd", ": a\uFFFD[31mb\uFFFDc d"},
		{"bad UTF-8", "text/plain", "a\xffb", ": a\uFFFDb"},
		{"much", "text/plain", strings.Repeat("é", 10_000), ": " + strings.Repeat("é", maxExcerpt-1) + "…"},
		{"nothing", "text/plain", " \n ", quiet},
		{"no type", "", "no such room", quiet},
		{"an image", "image/png", "no such room", quiet},
		{"UTF-16", "text/plain", "n\x00o\x00", quiet},
	} {
		if got := said(t, 400, c.kind, c.body); !strings.HasSuffix(got, c.end) {
			t.Errorf("%s: %q; want it to end in %q", c.name, got, c.end)
		}
	}
	if got := said(t, http.StatusMovedPermanently, "text/plain", "over there"); strings.Contains(got, "over there") {
		t.Errorf("a redirect's body was repeated: %q", got)
	}
}

// TestRefusalTellsNoCredential: a receiver that repeats what it was sent, in
// whatever spelling, does not bring our credentials into an error.
func TestRefusalTellsNoCredential(t *testing.T) {
	t.Parallel()
	entities := strings.NewReplacer("/", "&#x2F;", "=", "&#x3D;", "+", "&#43;", "-", "&#x2D;")
	spellings := map[string]func(string) string{
		"as it is": func(s string) string { return s },
		"JSON":     strings.NewReplacer("/", `\/`, "+", `\u002b`, "-", `\u002D`).Replace,
		"HTML":     func(s string) string { return entities.Replace(html.EscapeString(s)) },
		"URL":      url.QueryEscape,
		"at the cut": func(s string) string {
			return strings.Repeat("x", maxExcerpt-4) + " " + s
		},
	}
	for name, spell := range spellings {
		r := newReceiver(t, true)
		var signature string
		r.mu.Lock()
		r.answer = func(w http.ResponseWriter, q *http.Request) {
			signature = strings.TrimPrefix(q.Header.Get(headerSignature), signatureV1)
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte("refused: " + spell(strings.Join([]string{
				testSecret, string(mustSecret(t, testSecret)), q.Header.Get(headerSignature), q.Header.Get("Authorization"), q.RequestURI, testUser,
			}, " "))))
		}
		r.mu.Unlock()
		a := newAdapter(t, r.url(), map[string]any{"secret": testSecret})
		opened(t, a)
		_, err := a.Do(t.Context(), aPart(t, a))
		if err == nil || signature == "" {
			t.Fatalf("%s: %v, signature %q", name, err, signature)
		}
		got := unescaped(err.Error())
		for _, secret := range []string{
			testSecret, strings.TrimPrefix(testSecret, secretPrefix), string(mustSecret(t, testSecret)), signature, testToken, testUser,
		} {
			if strings.Contains(got, secret) || strings.Contains(got, secret[:6]) {
				t.Errorf("%s: %q tells %q", name, err, secret)
			}
		}
		if name == "as it is" && !strings.Contains(got, ": refused: ") {
			t.Errorf("%q; want what is no credential", got)
		}
	}
}

func FuzzOneLine(f *testing.F) {
	f.Add("two\nlines\x1b")
	f.Fuzz(func(t *testing.T, text string) {
		line := oneLine(strings.ToValidUTF8(text, "\uFFFD"))
		if utf8.RuneCountInString(line) > maxExcerpt || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q", line)
		}
	})
}
