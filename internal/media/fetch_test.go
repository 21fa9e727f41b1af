package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
)

// hush is a secret in every address that the tests fetch.
const hush = "hush-hush-42"

// fetch gets path from a server, with a secret in the query, and returns what
// came.
func fetch(t *testing.T, f *Fetcher, address string) (Note, string, error) {
	t.Helper()
	if strings.Contains(address, "?") {
		address += "&token=" + hush
	} else {
		address += "?token=" + hush
	}
	var note Note
	var content []byte
	err := f.Fetch(t.Context(), address, func(n Note, r io.Reader) (err error) {
		note = n
		content, err = io.ReadAll(r)
		return err
	})
	if err != nil && strings.Contains(err.Error(), hush) {
		t.Errorf("the error shows the secret: %v", err)
	}
	return note, string(content), err
}

// loopback is a fetcher that may fetch from 127.0.0.1, and up to 1000 bytes.
func loopback() *Fetcher { return NewFetcher(NewGuard([]string{"127.0.0.1"}), 1000, 10*time.Second) }

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func TestFetch(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "identity" && r.Header.Get("Accept-Encoding") != "" || r.Header.Get("User-Agent") != "Postern" {
			t.Errorf("asked with %v", r.Header)
		}
		w.Header().Set("Content-Type", "image/png")
		if r.URL.Path == "/named" {
			w.Header().Set("Content-Disposition", `attachment; filename="cat.png"`)
		}
		fmt.Fprint(w, png)
	})
	for path, name := range map[string]string{"/a/dog.png": "dog.png", "/named": "cat.png", "/capability-of-great-power": "", "/": ""} {
		note, content, err := fetch(t, loopback(), server.URL+path)
		if err != nil || content != png || note.Filename != name || note.Mimetype != "image/png" {
			t.Errorf("%s: %+v, %q, %v", path, note, content, err)
		}
	}
}

func TestFetchErrors(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var status int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &status); err == nil {
			w.WriteHeader(status)
			return
		}
		switch r.URL.Path {
		case "/large":
			w.Header().Set("Content-Length", "1001")
		case "/short":
			w.Header().Set("Content-Length", "10")
			fmt.Fprint(w, "five!")
		case "/hangup":
			panic(http.ErrAbortHandler)
		case "/loop":
			http.Redirect(w, r, "/loop?"+r.URL.RawQuery, http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/user":
			http.Redirect(w, r, "http://ann:"+hush+"@127.0.0.1/", http.StatusFound)
		case "/nonsense":
			w.Header().Set("Location", "http://a b:"+hush)
			w.WriteHeader(http.StatusFound)
		}
	})
	refusing := httptest.NewServer(nil)
	refusing.Close()
	for address, code := range map[string]envelope.Code{
		server.URL + "/404": envelope.CodeNotFound, server.URL + "/410": envelope.CodeNotFound,
		server.URL + "/400": envelope.CodeInvalid, server.URL + "/401": envelope.CodeInvalid, server.URL + "/403": envelope.CodeInvalid,
		server.URL + "/204": envelope.CodeInvalid, server.URL + "/206": envelope.CodeInvalid, server.URL + "/304": envelope.CodeInvalid,
		server.URL + "/302": envelope.CodeInvalid,
		server.URL + "/408": envelope.CodeTransient, server.URL + "/425": envelope.CodeTransient, server.URL + "/429": envelope.CodeTransient,
		server.URL + "/500": envelope.CodeTransient, server.URL + "/502": envelope.CodeTransient, server.URL + "/503": envelope.CodeTransient,
		server.URL + "/large": envelope.CodeTooLarge, server.URL + "/hangup": envelope.CodeTransient, server.URL + "/nonsense": envelope.CodeTransient,
		server.URL + "/loop": envelope.CodeInvalid, server.URL + "/file": envelope.CodeInvalid, server.URL + "/user": envelope.CodeInvalid,
		refusing.URL:                               envelope.CodeTransient,
		"http://ann:" + hush + "@127.0.0.1/":       envelope.CodeInvalid,
		"ftp://127.0.0.1/a":                        envelope.CodeInvalid,
		"file:///etc/passwd":                       envelope.CodeInvalid,
		"gopher://127.0.0.1:6379/_FLUSHALL":        envelope.CodeInvalid,
		"javascript:alert(1)":                      envelope.CodeInvalid,
		"http:///nobody":                           envelope.CodeInvalid,
		"http://a b/":                              envelope.CodeInvalid,
		"/v1/media/x":                              envelope.CodeInvalid,
		"http://%zz/":                              envelope.CodeInvalid,
		"http://127.0.0.1:99999/":                  envelope.CodeInvalid,
		"http://[::1]/":                            envelope.CodeForbidden,
		"http://[::ffff:169.254.169.254]/latest/":  envelope.CodeForbidden,
		"http://169.254.169.254/latest/meta-data/": envelope.CodeForbidden,
		"http://0.0.0.0/":                          envelope.CodeForbidden,
		"https://10.0.0.1/":                        envelope.CodeForbidden,
		"http://[64:ff9b::7f00:1]/":                envelope.CodeForbidden,
	} {
		_, _, err := fetch(t, loopback(), address)
		failure := wantCode(t, err, code)
		if strings.Contains(failure.Message, hush) {
			t.Errorf("%s: %v", address, failure)
		}
	}
	s := newStore(t)
	err := loopback().Fetch(t.Context(), server.URL+"/short?token="+hush, func(note Note, r io.Reader) error {
		_, _, err := s.Put(t.Context(), NewID(), note, r)
		return err
	})
	if failure := wantCode(t, err, envelope.CodeTransient); strings.Contains(failure.Error(), hush) {
		t.Errorf("%v", failure)
	}
}

func TestFetchTellsNothing(t *testing.T) {
	t.Parallel()
	var last http.Header
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		last = r.Header
		http.SetCookie(w, &http.Cookie{Name: "a", Value: hush})
		if r.URL.Path != "/end" {
			http.Redirect(w, r, "/end", http.StatusFound)
		}
	})
	if _, _, err := fetch(t, loopback(), server.URL+"/start"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Cookie", "Referer", "Authorization"} {
		if last.Get(name) != "" {
			t.Errorf("after a redirect, %s: %s is sent", name, last.Get(name))
		}
	}
}

func TestFetchRedirects(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var left int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &left); err == nil && left > 0 {
			http.Redirect(w, r, fmt.Sprintf("/%d", left-1), http.StatusFound)
		}
	})
	if _, _, err := fetch(t, loopback(), server.URL+"/5"); err != nil {
		t.Errorf("five redirects: %v", err)
	}
	_, _, err := fetch(t, loopback(), server.URL+"/6")
	wantCode(t, err, envelope.CodeInvalid)
}

// A body that dribbles is not waited for longer than the whole may take; one
// without a length is not read beyond the limit.
func TestFetchIsBounded(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/endless" {
			for {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 4096)); err != nil {
					return
				}
			}
		}
		fmt.Fprint(w, "drop")
		must(t, http.NewResponseController(w).Flush())
		<-r.Context().Done()
	})
	s := newStore(t)
	keep := func(note Note, r io.Reader) error {
		_, _, err := s.Put(t.Context(), NewID(), note, r)
		return err
	}
	wantCode(t, loopback().Fetch(t.Context(), server.URL+"/endless", keep), envelope.CodeTooLarge)
	impatient := NewFetcher(NewGuard([]string{"127.0.0.1"}), 1000, 300*time.Millisecond)
	wantCode(t, impatient.Fetch(t.Context(), server.URL+"/dribble", keep), envelope.CodeTransient)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantCode(t, loopback().Fetch(ctx, server.URL, keep), envelope.CodeTransient)
	own := errors.New("take's own")
	if err := loopback().Fetch(t.Context(), server.URL+"/endless", func(Note, io.Reader) error { return own }); !errors.Is(err, own) {
		t.Errorf("take's error: %v", err)
	}
}

func TestFetchChecksCertificates(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = discardLog()
	server.StartTLS()
	t.Cleanup(server.Close)
	_, _, err := fetch(t, loopback(), server.URL)
	wantCode(t, err, envelope.CodeInvalid)
}

func FuzzFetchable(f *testing.F) {
	for _, seed := range []string{"http://a/b", "https://a:b@c/", "//a", "http:a", "http://[::1%25eth0]/", "HTTP://A", "file:///x", "http://a\x00b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		u, err := url.Parse(address)
		if err != nil || fetchable(u) != nil {
			return
		}
		if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil || strings.Contains(u.Host, "@") {
			t.Errorf("%q is fetched from %q", address, u.Host)
		}
	})
}
