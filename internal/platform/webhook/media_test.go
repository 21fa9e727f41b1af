package webhook

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

// reached is a host whose files have addresses that others can open.
type reached struct{ platform.Host }

type reachedMedia struct{ platform.Media }

func (h reached) Media() platform.Media { return reachedMedia{h.Host.Media()} }

func (m reachedMedia) Link(blob string, lasts time.Duration) string {
	return "https://chat.example.com/" + blob + "/" + lasts.String()
}

// postedMedia sends a message of attachments and returns what the receiver got.
func postedMedia(t *testing.T, host platform.Host, media ...envelope.Media) ([]envelope.Media, string, error) {
	t.Helper()
	r := newReceiver(t, true)
	a := newAdapter(t, r.url(), nil)
	if err := a.Open(t.Context(), host); err != nil {
		t.Fatal(err)
	}
	defer a.Close(t.Context())
	parts, err := a.Plan(platform.Operation{Key: "k", Envelope: &envelope.Outbound{
		Type: envelope.TypeMessage, ChannelID: "c", Attachments: media, Native: map[string]any{"n": int64(9007199254740993)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Do(t.Context(), parts[0]); err != nil {
		if len(r.requests) > 0 {
			t.Error("something was posted all the same")
		}
		return nil, "", err
	}
	var got payload
	body := r.requests[0].body
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return got.Attachments, string(body), nil
}

func keep(t *testing.T, host platform.Host, content string) string {
	t.Helper()
	a, err := host.Media().Keep(t.Context(), "a.txt", "text/plain", strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return a.Blob
}

func TestFilesArePostedAsAddresses(t *testing.T) {
	t.Parallel()
	host := reached{platformtest.NewHost()}
	blob := keep(t, host, strings.Repeat("x", maxInline+1))
	given := []envelope.Media{{Filename: "b", Data: []byte("y")}, {Blob: blob, Filename: "a.txt", Size: maxInline + 1}}
	got, body, err := postedMedia(t, host, given...)
	if err != nil {
		t.Fatal(err)
	}
	given[1].URL = "https://chat.example.com/" + blob + "/24h0m0s"
	if diff := cmp.Diff(given, got); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(body, "9007199254740993") {
		t.Errorf("a number was changed: %s", body)
	}
}

func TestFilesWithoutAnAddressArePostedAsBytes(t *testing.T) {
	t.Parallel()
	host := platformtest.NewHost()
	half := strings.Repeat("x", maxInline/2)
	blob := keep(t, host, half)
	got, _, err := postedMedia(t, host, envelope.Media{Blob: blob}, envelope.Media{Blob: blob})
	if err != nil || len(got) != 2 || string(got[1].Data) != half || got[1].Filename != "a.txt" || got[1].Size != maxInline/2 {
		t.Errorf("posted %d attachments, %v", len(got), err)
	}
	_, _, err = postedMedia(t, host, envelope.Media{Blob: blob}, envelope.Media{Blob: blob}, envelope.Media{Blob: blob})
	if e := platform.AsError(err); e.Code != envelope.CodeTooLarge || e.Sent != platform.SentNo || e.Field != "attachments[2].blob" {
		t.Errorf("too much: %v", err)
	}
	_, _, err = postedMedia(t, host, envelope.Media{Blob: "gone"})
	if e := platform.AsError(err); e.Code != envelope.CodeNotFound || e.Sent != platform.SentNo || e.Field != "attachments[0].blob" {
		t.Errorf("a file that is gone: %v", err)
	}
}
