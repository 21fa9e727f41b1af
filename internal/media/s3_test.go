package media

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/posternhq/postern/envelope"
)

func TestS3WithoutItsBucket(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	t.Cleanup(server.Close)
	b := dialS3(t, server.URL)
	if says, err := b.Probe(t.Context()); err == nil || !strings.Contains(err.Error(), "blobs") {
		t.Errorf("Probe: %q, %v", says, err)
	}
}

// A server that refuses or is away is no reason to call a file lost.
func TestS3ThatIsAway(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"forbidden": http.StatusForbidden, "down": http.StatusServiceUnavailable} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
			t.Cleanup(server.Close)
			s := newStore(t, func(c *Config) { c.Backend = dialS3(t, server.URL) })
			_, err := s.Stat(t.Context(), NewID())
			wantCode(t, err, envelope.CodeTransient)
			_, _, err = s.Put(t.Context(), NewID(), Note{}, strings.NewReader("x"))
			failure := wantCode(t, err, envelope.CodeTransient)
			if strings.Contains(failure.Error(), "hush") {
				t.Errorf("the error shows the secret: %v", failure)
			}
		})
	}
}

// Other objects in the bucket are nobody's business, and are not swept.
func TestS3LeavesOthersAlone(t *testing.T) {
	t.Parallel()
	b := newS3(t)
	other := &S3{client: b.client, transport: b.transport, bucket: b.bucket, prefix: "elsewhere/"}
	id := NewID()
	must(t, commit(t, other, id, "theirs"))
	if got := contentOf(t, b, id); got != "absent" {
		t.Errorf("under our prefix: %q", got)
	}
	if _, err := b.Sweep(t.Context(), timeAfterAll); err != nil {
		t.Fatal(err)
	}
	if got := contentOf(t, other, id); got != "theirs" {
		t.Errorf("theirs: %q", got)
	}
}
