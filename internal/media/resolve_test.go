package media

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/envelope"
)

func newResolver(t *testing.T) *Resolver {
	t.Helper()
	return &Resolver{Store: newStore(t), Fetcher: loopback()}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "fetched %d", asked.Add(1)) // other bytes each time
	})
	r := newResolver(t)
	blob := NewID()
	r.Store.mustPut(t, blob, png)
	make := func() *envelope.Outbound {
		return &envelope.Outbound{Type: envelope.TypeMessage, Text: "hi", Attachments: []envelope.Media{
			{URL: server.URL + "/a.txt?token=" + hush, Mimetype: "text/csv"},
			{Data: []byte("as it is"), Filename: "b"},
			{Blob: blob, Filename: "c.png"},
			{URL: server.URL + "/d.txt", Filename: "other.txt"},
		}}
	}
	env := make()
	got, err := r.Resolve(t.Context(), "s/1-0", env)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(make(), env); diff != "" {
		t.Errorf("the envelope was changed: %s", diff)
	}
	want := make()
	want.Attachments = []envelope.Media{
		{Blob: DerivedID("s/1-0", 0, env.Attachments[0].URL), Filename: "a.txt", Mimetype: "text/csv", Size: 9},
		env.Attachments[1],
		{Blob: blob, Filename: "c.png", Mimetype: "image/png", Size: int64(len(png))},
		{Blob: DerivedID("s/1-0", 3, env.Attachments[3].URL), Filename: "other.txt", Mimetype: "text/plain", Size: 9},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("resolved: %s", diff)
	}
	// The process died; the next owner of the entry finds what was fetched.
	again, err := r.Resolve(t.Context(), "s/1-0", env)
	if err != nil || asked.Load() != 2 {
		t.Errorf("again: %v, and the server was asked %d times", err, asked.Load())
	}
	if diff := cmp.Diff(got, again); diff != "" {
		t.Errorf("again: %s", diff)
	}
	// Another entry's medium is fetched for itself.
	if _, err := r.Resolve(t.Context(), "s/2-0", env); err != nil || asked.Load() != 4 {
		t.Errorf("another: %v, and the server was asked %d times", err, asked.Load())
	}
}

func TestResolveLeavesTheRestAlone(t *testing.T) {
	t.Parallel()
	r := newResolver(t)
	for _, env := range []*envelope.Outbound{
		{Type: envelope.TypeMessage, Text: "hi"},
		{Type: envelope.TypeMessage, Attachments: []envelope.Media{{Data: []byte("x")}}},
	} {
		if got, err := r.Resolve(t.Context(), "k", env); got != env || err != nil {
			t.Errorf("%+v became %+v, %v", env, got, err)
		}
	}
}

func TestResolveNamesTheField(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) })
	r := newResolver(t)
	for name, tt := range map[string]struct {
		medium envelope.Media
		code   envelope.Code
		how    string
	}{
		"no such blob":    {envelope.Media{Blob: NewID()}, envelope.CodeNotFound, "blob"},
		"no blob's id":    {envelope.Media{Blob: "../../etc/passwd"}, envelope.CodeInvalid, "blob"},
		"not there":       {envelope.Media{URL: server.URL + "?" + hush}, envelope.CodeNotFound, "url"},
		"private":         {envelope.Media{URL: "http://10.0.0.1/?" + hush}, envelope.CodeForbidden, "url"},
		"not the web":     {envelope.Media{URL: "file:///etc/passwd"}, envelope.CodeInvalid, "url"},
		"too large by it": {envelope.Media{URL: serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1001)) }).URL}, envelope.CodeTooLarge, "url"},
	} {
		env := &envelope.Outbound{Type: envelope.TypeMessage, Attachments: []envelope.Media{{Data: []byte("x")}, tt.medium}}
		_, err := r.Resolve(t.Context(), "k", env)
		if failure := wantCode(t, err, tt.code); failure.Field != "attachments[1]."+tt.how {
			t.Errorf("%s: the field is %s", name, failure.Field)
		}
	}
}

func TestResolveFetchesOnlySoMany(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := serve(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	env := &envelope.Outbound{Type: envelope.TypeMessage}
	for range maxFetches + 1 {
		env.Attachments = append(env.Attachments, envelope.Media{URL: server.URL})
	}
	_, err := newResolver(t).Resolve(t.Context(), "k", env)
	wantCode(t, err, envelope.CodeTooLarge)
	if asked.Load() > 0 {
		t.Errorf("%d were fetched before", asked.Load())
	}
}

// Another node fetched the same medium meanwhile, and got other bytes: both go
// on with those that were kept first.
func TestResolveTakesWhatWasKeptFirst(t *testing.T) {
	t.Parallel()
	r := newResolver(t)
	var id string
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		r.Store.mustPut(t, id, "theirs")
		fmt.Fprint(w, "ours!")
	})
	id = DerivedID("k", 0, server.URL)
	got, err := r.Resolve(t.Context(), "k", &envelope.Outbound{Type: envelope.TypeMessage, Attachments: []envelope.Media{{URL: server.URL}}})
	if err != nil || got.Attachments[0].Size != 6 {
		t.Fatalf("resolved: %+v, %v", got, err)
	}
	if _, content := r.Store.read(t, id); content != "theirs" {
		t.Errorf("there is %q", content)
	}
}
