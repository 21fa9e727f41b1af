package media

import (
	"bytes"
	"errors"
	"io"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// newS3 is a bucket on a server in this process.
func newS3(t *testing.T) *S3 {
	t.Helper()
	fake := s3mem.New()
	if err := fake.CreateBucket("blobs"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(fake).Server())
	t.Cleanup(server.Close)
	return dialS3(t, server.URL)
}

func dialS3(t *testing.T, endpoint string) *S3 {
	t.Helper()
	b, err := NewS3(S3Config{Endpoint: endpoint, Bucket: "blobs", Region: "eu", Prefix: "postern/", AccessKey: "key", SecretKey: "hush"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// onEach runs a test over both backends.
func onEach(t *testing.T, test func(t *testing.T, b Backend)) {
	t.Helper()
	for name, make := range map[string]func(*testing.T) Backend{
		"disk": func(t *testing.T) Backend { return NewDisk(t.TempDir() + "/media") },
		"s3":   func(t *testing.T) Backend { return newS3(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, make(t))
		})
	}
}

// commit writes a draft and commits it.
func commit(t *testing.T, b Backend, id, content string) error {
	t.Helper()
	return commitOver(t, b, id, content, time.Time{})
}

// commitOver is commit over a file that was kept before a time.
func commitOver(t *testing.T, b Backend, id, content string, expired time.Time) error {
	t.Helper()
	draft, err := b.Create(t.Context())
	if err != nil {
		return err
	}
	defer draft.Discard()
	if _, err := io.WriteString(draft, content); err != nil {
		t.Fatal(err)
	}
	kept := time.Unix(1_700_000_000, 0)
	if expired.After(kept) {
		kept = expired
	}
	return draft.Commit(t.Context(), About{
		ID: id, Filename: "ä " + id + ".txt", Mimetype: "text/csv", Found: "text/plain",
		Size: int64(len(content)), SHA256: sha(content), Kept: kept.UTC(),
	}, expired)
}

func contentOf(t *testing.T, b Backend, id string) string {
	t.Helper()
	about, content, err := b.Open(t.Context(), id)
	if errors.Is(err, errAbsent) {
		return "absent"
	}
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	if about.Size != int64(len(data)) || about.SHA256 != sha(string(data)) {
		t.Errorf("%s is about other bytes than %q: %+v", id, data, about)
	}
	return string(data)
}

func TestBackendKeepsAFileWhole(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b Backend) {
		id, other := NewID(), NewID()
		if got := contentOf(t, b, id); got != "absent" {
			t.Errorf("before: %q", got)
		}
		if err := commit(t, b, id, "hello"); err != nil {
			t.Fatal(err)
		}
		about, content, err := b.Open(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		defer content.Close()
		want := About{
			ID: id, Filename: "ä " + id + ".txt", Mimetype: "text/csv", Found: "text/plain", Size: 5, SHA256: sha("hello"),
			Kept: time.Unix(1_700_000_000, 0).UTC(),
		}
		if about != want {
			t.Errorf("about: %+v, want %+v", about, want)
		}
		if at, err := content.Seek(-2, io.SeekEnd); err != nil || at != 3 {
			t.Fatalf("Seek: %d, %v", at, err)
		}
		if end, err := io.ReadAll(content); err != nil || string(end) != "lo" {
			t.Errorf("the end is %q, %v", end, err)
		}
		if got := contentOf(t, b, other); got != "absent" {
			t.Errorf("another id: %q", got)
		}
	})
}

func TestBackendTakesTheFirstOfAnID(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b Backend) {
		id := NewID()
		if err := commit(t, b, id, "first"); err != nil {
			t.Fatal(err)
		}
		draft, err := b.Create(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer draft.Discard()
		if _, err := io.WriteString(draft, "second"); err != nil {
			t.Fatal(err)
		}
		about := About{ID: id, Size: 6, SHA256: sha("second")}
		if err := draft.Commit(t.Context(), about, time.Unix(1_700_000_000, 0)); !errors.Is(err, errTaken) {
			t.Fatalf("the second commit: %v", err)
		}
		if got := contentOf(t, b, id); got != "first" {
			t.Errorf("there is %q", got)
		}
		if err := draft.Commit(t.Context(), about, time.Unix(1_700_000_001, 0)); err != nil {
			t.Fatalf("once the first has expired: %v", err)
		}
		if got := contentOf(t, b, id); got != "second" {
			t.Errorf("there is %q", got)
		}
	})
}

// Many write one id at once: one wins, and what it wrote is there whole.
func TestBackendRace(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b Backend) {
		id := NewID()
		results := make([]error, 8)
		var wait sync.WaitGroup
		for i := range results {
			wait.Go(func() { results[i] = commit(t, b, id, strings.Repeat(strconv.Itoa(i), 10_000+i)) })
		}
		wait.Wait()
		winner := -1
		for i, err := range results {
			switch {
			case err == nil && winner < 0:
				winner = i
			case !errors.Is(err, errTaken):
				t.Errorf("writer %d: %v, and %d won", i, err, winner)
			}
		}
		if got := contentOf(t, b, id); winner < 0 || got != strings.Repeat(strconv.Itoa(winner), 10_000+winner) {
			t.Errorf("writer %d won, and there are %d bytes of %.1q", winner, len(got), got)
		}
	})
}

// Many write one id at once whose file has expired: one wins.
func TestBackendRaceForAnExpiredID(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b Backend) {
		for range 20 {
			id := NewID()
			must(t, commit(t, b, id, "old"))
			results := make([]error, 4)
			var wait sync.WaitGroup
			for i := range results {
				wait.Go(func() { results[i] = commitOver(t, b, id, strconv.Itoa(i), time.Unix(1_700_000_001, 0)) })
			}
			wait.Wait()
			won := ""
			for i, err := range results {
				switch {
				case err == nil && won == "":
					won = strconv.Itoa(i)
				case !errors.Is(err, errTaken):
					t.Errorf("writer %d: %v, and %q won", i, err, won)
				}
			}
			if got := contentOf(t, b, id); got != won {
				t.Errorf("%q won, and there is %q", won, got)
			}
		}
	})
}

func TestBackendForgetsADraft(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b Backend) {
		draft, err := b.Create(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := draft.Write(bytes.Repeat([]byte("x"), 100)); err != nil {
			t.Fatal(err)
		}
		draft.Discard()
		if n, err := b.Sweep(t.Context(), time.Now().Add(time.Hour)); n != 0 || err != nil {
			t.Errorf("there was something left: %d, %v", n, err)
		}
	})
}

func TestBackendSweep(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b Backend) {
		if n, err := b.Sweep(t.Context(), time.Now()); n != 0 || err != nil {
			t.Errorf("an empty store: %d, %v", n, err)
		}
		ids := []string{NewID(), NewID(), NewID()}
		for _, id := range ids {
			if err := commit(t, b, id, "x"); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := b.Sweep(t.Context(), time.Now().Add(-time.Hour)); n != 0 || err != nil {
			t.Errorf("nothing is due: %d, %v", n, err)
		}
		if n, err := b.Sweep(t.Context(), time.Now().Add(time.Hour)); n != 3 || err != nil {
			t.Errorf("all is due: %d, %v", n, err)
		}
		for _, id := range ids {
			if got := contentOf(t, b, id); got != "absent" {
				t.Errorf("%s is %q", id, got)
			}
		}
	})
}

func TestBackendProbe(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, b Backend) {
		if says, err := b.Probe(t.Context()); err != nil || says == "" {
			t.Errorf("at first: %q, %v", says, err)
		}
		if err := commit(t, b, NewID(), "x"); err != nil {
			t.Fatal(err)
		}
		if says, err := b.Probe(t.Context()); err != nil || says == "" {
			t.Errorf("in use: %q, %v", says, err)
		}
	})
}
