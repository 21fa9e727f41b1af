package webapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "s3cret"

// serve runs a server until the test ends, and makes a client of it.
func serve(t *testing.T, answer http.HandlerFunc) (*Client, string) {
	t.Helper()
	s := httptest.NewServer(answer)
	c := New("Chat", secret)
	t.Cleanup(func() {
		c.Close()
		s.Close()
	})
	return c, s.URL
}

// form is one with a file.
func form(t *testing.T, content io.Reader, size int64) *Body {
	t.Helper()
	f := NewForm()
	if err := f.Field("to", "c1"); err != nil {
		t.Fatal(err)
	}
	if err := f.JSON("about", map[string]int{"n": 1}); err != nil {
		t.Fatal(err)
	}
	if err := f.File("file", File{ReadCloser: io.NopCloser(content), Name: "a\"\r\n/b.txt", Mimetype: "text/plain", Size: size}); err != nil {
		t.Fatal(err)
	}
	body, err := f.Body()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// TestForm: it arrives whole, with its length where that is known, and a file's
// name cannot break out of its header.
func TestForm(t *testing.T) {
	t.Parallel()
	lengths := make(chan int64, 1)
	c, url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		lengths <- r.ContentLength
		file, head, err := r.FormFile("file")
		if err != nil {
			t.Errorf("the form cannot be read: %v", err)
			return
		}
		content, _ := io.ReadAll(file)
		if r.FormValue("to") != "c1" || r.FormValue("about") != `{"n":1}` || string(content) != "content" || head.Filename != "a____b.txt" {
			t.Errorf("it arrived as %v, %q, %q", r.Form, content, head.Filename)
		}
	})
	for _, size := range []int64{7, 0} {
		if _, _, err := c.Send(t.Context(), Request{Method: http.MethodPost, Address: url, Body: form(t, strings.NewReader("content"), size)}); err != nil {
			t.Fatal(err)
		}
		if got := <-lengths; (got > 0) != (size > 0) {
			t.Errorf("a file of %d bytes: the form's length is said to be %d", size, got)
		}
	}
}

// TestWithoutAnAnswer: what is certain of a request that got none, and that no
// secret stands in what is told of it.
func TestWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	ended := errors.New("the lease is over")
	cut := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	broken := func() io.Reader {
		return io.MultiReader(strings.NewReader("begin"), iotest.ErrReader(errors.New("the disk fails")))
	}
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		address string // "" = the server's
		permit  func() error
		body    func() *Body
		code    envelope.Code
		sent    platform.Sent
	}{
		"it was sent":         {answer: cut, code: envelope.CodeUnknown, sent: platform.SentUnknown},
		"nobody is there":     {address: "http://127.0.0.1:1/" + secret, code: envelope.CodeUnavailable, sent: platform.SentNo},
		"no address":          {address: "http://" + secret + " /", code: envelope.CodeInternal, sent: platform.SentNo},
		"no right to send":    {permit: func() error { return ended }, code: envelope.CodeUnavailable, sent: platform.SentNo},
		"its file breaks off": {body: func() *Body { return form(t, broken(), 1<<20) }, code: envelope.CodeTransient, sent: platform.SentNo},
		"a form was sent": {
			answer: func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				cut(w, r)
			},
			body: func() *Body { return form(t, strings.NewReader("content"), 7) }, code: envelope.CodeUnknown, sent: platform.SentUnknown,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := c.answer
			if answer == nil {
				answer = func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }
			}
			client, url := serve(t, answer)
			r := Request{Method: http.MethodPost, Address: url + "/bot" + secret, Permit: c.permit}
			if c.address != "" {
				r.Address = c.address
			}
			if c.body != nil {
				r.Body = c.body()
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, _, err := client.Send(ctx, r)
			if err == nil || err.Code != c.code || err.Sent != c.sent {
				t.Fatalf("%v; want %s, sent=%s", err, c.code, c.sent)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("it tells the secret: %v", err)
			}
		})
	}
}

// TestDownload: a file server's no is an error, and a redirect is one.
func TestDownload(t *testing.T) {
	t.Parallel()
	c, url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/there":
			_, _ = io.WriteString(w, "content of "+r.Header.Get("Authorization"))
		case "/elsewhere":
			http.Redirect(w, r, "/there", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	})
	content, err := c.Download(t.Context(), Request{Address: url + "/there", Header: map[string]string{"Authorization": "ours"}})
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close() //nolint:errcheck // only read
	if text, err := io.ReadAll(content); err != nil || string(text) != "content of ours" {
		t.Errorf("%q, %v", text, err)
	}
	for path, want := range map[string]string{"/elsewhere": "302", "/nowhere": "404"} {
		if _, err := c.Download(t.Context(), Request{Address: url + path}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %s said", path, err, want)
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 6: 30 * time.Second, 1000: 30 * time.Second} {
		if got := Backoff(n, time.Second, 30*time.Second); got != want {
			t.Errorf("after %d failures %v, want %v", n, got, want)
		}
	}
}
