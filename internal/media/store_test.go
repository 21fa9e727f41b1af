package media

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/posternhq/postern/envelope"
)

var timeAfterAll = time.Now().Add(100 * 365 * day)

func TestStoreSizeCap(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{1, sniffed - 1, sniffed, sniffed + 1, 100_000} {
		s := newStore(t, func(c *Config) { c.MaxSize = limit })
		for _, over := range []int64{-1, 0, 1, 5000} {
			content := strings.Repeat("x", int(limit+over))
			id := NewID()
			about, made, err := s.Put(t.Context(), id, Note{}, iotest.HalfReader(strings.NewReader(content)))
			if over > 0 {
				wantCode(t, err, envelope.CodeTooLarge)
				_, err = s.Stat(t.Context(), id)
				wantCode(t, err, envelope.CodeNotFound)
				continue
			}
			if err != nil || !made || about.Size != limit+over {
				t.Errorf("limit %d, %d over: %+v, %v, %v", limit, over, about, made, err)
			}
			if _, got := s.read(t, id); got != content {
				t.Errorf("limit %d, %d over: %d bytes came back", limit, over, len(got))
			}
		}
	}
}

func TestStorePutTwice(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	id := NewID()
	first, made, err := s.Put(t.Context(), id, Note{"a.txt", "text/csv"}, strings.NewReader("a,b"))
	if err != nil || !made {
		t.Fatal(made, err)
	}
	again, made, err := s.Put(t.Context(), id, Note{"b.txt", "text/html"}, strings.NewReader("a,b"))
	if err != nil || made || again != first {
		t.Errorf("again: %+v, %v, %v; want %+v", again, made, err, first)
	}
	_, _, err = s.Put(t.Context(), id, Note{"a.txt", "text/csv"}, strings.NewReader("a;b"))
	wantCode(t, err, envelope.CodeConflict)
	if about, got := s.read(t, id); got != "a,b" || about.Filename != "a.txt" || about.Mimetype != "text/csv" {
		t.Errorf("there is %q, %+v", got, about)
	}
}

func TestStorePutAtOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	id := NewID()
	var wait sync.WaitGroup
	var mutex sync.Mutex
	madeBy := 0
	for range 8 {
		wait.Go(func() {
			_, made, err := s.Put(t.Context(), id, Note{}, strings.NewReader("the same"))
			if err != nil {
				t.Error(err)
			}
			mutex.Lock()
			defer mutex.Unlock()
			if made {
				madeBy++
			}
		})
	}
	wait.Wait()
	if _, got := s.read(t, id); madeBy != 1 || got != "the same" {
		t.Errorf("%d made it; there is %q", madeBy, got)
	}
}

func TestStoreRefusesATypeByItsBytes(t *testing.T) {
	t.Parallel()
	s := newStore(t, func(c *Config) { c.Types = []string{"image/*", "text/plain"} })
	for content, ok := range map[string]bool{png: true, "hello": true, html: false, zip: false, noise: false} {
		_, _, err := s.Put(t.Context(), NewID(), Note{Mimetype: "image/png"}, strings.NewReader(content))
		if ok && err != nil {
			t.Errorf("%.10q: %v", content, err)
		} else if !ok {
			wantCode(t, err, envelope.CodeInvalid)
		}
	}
}

func TestStoreContentBreaksOff(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, n := range []int{0, 10, 700} {
		id := NewID()
		broken := io.MultiReader(strings.NewReader(strings.Repeat("x", n)), iotest.ErrReader(errors.New("cut")))
		_, _, err := s.Put(t.Context(), id, Note{}, broken)
		wantCode(t, err, envelope.CodeTransient)
		_, err = s.Stat(t.Context(), id)
		wantCode(t, err, envelope.CodeNotFound)
	}
}

func TestStoreIDs(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, id := range []string{"", "a", "../" + NewID(), strings.ToUpper(NewID()), NewID() + "\x00"} {
		_, _, err := s.Put(t.Context(), id, Note{}, strings.NewReader("x"))
		wantCode(t, err, envelope.CodeInvalid)
		_, err = s.Stat(t.Context(), id)
		wantCode(t, err, envelope.CodeInvalid)
		_, _, err = s.Open(t.Context(), envelope.Media{Blob: id, URL: "x"})
		if id != "" {
			wantCode(t, err, envelope.CodeInvalid)
		}
	}
}

func TestStoreExpiry(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := newStore(t, func(c *Config) { c.Now = func() time.Time { return now } })
	id := NewID()
	s.mustPut(t, id, "first")
	now = now.Add(7 * day)
	if _, got := s.read(t, id); got != "first" {
		t.Errorf("on its last day: %q", got)
	}
	now = now.Add(time.Second)
	_, err := s.Stat(t.Context(), id)
	wantCode(t, err, envelope.CodeNotFound)
	if about := s.mustPut(t, id, "second"); !about.Kept.Equal(now) {
		t.Errorf("kept at %v", about.Kept)
	}
	if _, got := s.read(t, id); got != "second" {
		t.Errorf("in its place: %q", got)
	}
}

// sweeps is a backend that tells of its sweeps.
type sweeps struct {
	Backend
	before chan time.Time
}

func (s sweeps) Sweep(_ context.Context, before time.Time) (int, error) {
	s.before <- before
	return 1, errors.New("one would not go")
}

func TestStoreSweepsUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		backend := sweeps{before: make(chan time.Time)}
		var log bytes.Buffer
		s := newStore(t, func(c *Config) { c.Backend = backend; c.Log = textLog(&log) })
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		start := time.Now()
		go func() { defer close(ended); s.Run(ctx) }()
		for n := range 3 {
			if before, want := <-backend.before, start.Add(time.Duration(n)*sweepEvery-7*day); !before.Equal(want) {
				t.Errorf("sweep %d: before %v, want %v", n, before, want)
			}
		}
		cancel()
		<-ended
		if !strings.Contains(log.String(), "one would not go") || !strings.Contains(log.String(), "removed=1") {
			t.Errorf("the log has %s", log.String())
		}
	})
}

func TestKeepAndOpen(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	a, err := s.Keep(t.Context(), `C:\pics\cat.png`, "text/html", strings.NewReader(png))
	if err != nil {
		t.Fatal(err)
	}
	if !ValidID(a.Blob) || a.Filename != "cat.png" || a.Mimetype != "image/png" || a.Size != int64(len(png)) ||
		!strings.HasPrefix(a.URL, "https://chat.example.com/v1/media/"+a.Blob+"?exp=") {
		t.Errorf("kept: %+v", a)
	}
	for _, tt := range []struct {
		medium, want envelope.Media
		content      string
	}{
		{envelope.Media{Blob: a.Blob}, envelope.Media{Blob: a.Blob, Filename: "cat.png", Mimetype: "image/png", Size: a.Size}, png},
		{
			envelope.Media{Blob: a.Blob, Filename: "../dog.png", Mimetype: "image/x", Size: 7},
			envelope.Media{Blob: a.Blob, Filename: "dog.png", Mimetype: "image/x", Size: a.Size},
			png,
		},
		{envelope.Media{Data: []byte(png)}, envelope.Media{Filename: "file.png", Mimetype: "image/png", Size: a.Size}, png},
		{envelope.Media{Filename: "empty.txt"}, envelope.Media{Filename: "empty.txt", Mimetype: "text/plain"}, ""},
	} {
		content, about, err := s.Open(t.Context(), tt.medium)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(content)
		content.Close()
		if err != nil || string(data) != tt.content || about.Blob != tt.want.Blob || about.Filename != tt.want.Filename ||
			about.Mimetype != tt.want.Mimetype || about.Size != tt.want.Size || about.Data != nil {
			t.Errorf("%+v opens as %+v, %q, %v; want %+v", tt.medium, about, data, err, tt.want)
		}
	}
	_, _, err = s.Open(t.Context(), envelope.Media{URL: "https://example.com/a"})
	wantCode(t, err, envelope.CodeUnsupported)
	_, _, err = s.Open(t.Context(), envelope.Media{Blob: NewID()})
	wantCode(t, err, envelope.CodeNotFound)
}

func TestLinkLastsAsTheConfigSays(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	s := newStore(t, func(c *Config) {
		c.Links, c.LinkTTL = testLinks(func() time.Time { return at }), 5*time.Minute
	})
	for lasts, want := range map[time.Duration]string{0: "exp=1800000300&", time.Hour: "exp=1800003600&"} {
		if link := s.Link(NewID(), lasts); !strings.Contains(link, want) {
			t.Errorf("for %v: %s, want %s", lasts, link, want)
		}
	}
}
