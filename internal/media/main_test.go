package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Files as their first bytes show them.
const (
	png   = "\x89PNG\r\n\x1a\n and then some"
	jpeg  = "\xff\xd8\xff\xe0 and then some"
	avif  = "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00"
	svg   = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`
	html  = "<!DOCTYPE html><script>alert(1)</script>"
	zip   = "PK\x03\x04 and then some"
	noise = "\x01\x02\x03\x04\x00\xfe"
)

const day = 24 * time.Hour

// newStore is a store with a limit of 1000 bytes, over a folder of its own.
func newStore(t *testing.T, change ...func(*Config)) *Store {
	t.Helper()
	c := Config{
		Backend: NewDisk(t.TempDir() + "/media"), Links: testLinks(time.Now), MaxSize: 1000,
		Types: []string{"*/*"}, Retention: 7 * day, LinkTTL: time.Hour,
	}
	for _, f := range change {
		f(&c)
	}
	return NewStore(c)
}

func testLinks(now func() time.Time) *Links {
	return NewLinks("https://chat.example.com/", func(context.Context) ([]byte, error) { return []byte("hush"), nil }, now)
}

func (s *Store) mustPut(t *testing.T, id, content string) About {
	t.Helper()
	about, _, err := s.Put(t.Context(), id, Note{Filename: "a.bin"}, bytes.NewReader([]byte(content)))
	if err != nil {
		t.Fatal(err)
	}
	return about
}

func (s *Store) read(t *testing.T, id string) (About, string) {
	t.Helper()
	about, content, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	return about, string(data)
}

func sha(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// wantCode asserts that an error is a *platform.Error of a code, with nothing
// sent.
func wantCode(t *testing.T, err error, code envelope.Code) *platform.Error {
	t.Helper()
	failure, ok := errors.AsType[*platform.Error](err)
	if !ok || failure.Code != code || failure.Sent != platform.SentNo || failure.Message == "" {
		t.Fatalf("error %v, want %s with nothing sent", err, code)
	}
	return failure
}

func textLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }
