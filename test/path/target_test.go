package path

import (
	"net/http"
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

// A worker edits and deletes what it sent without learning the platform's id:
// target_key waits for its target, and runs in its lane.
func TestTargetKeyNamesAnEarlierEnvelope(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	scene.Serve(t, "gw-1")
	scene.Sink.Hold() // the target is unfinished when the edit is read
	say := func(e harness.Envelope) { e["channel_id"] = "lobby"; scene.PublishJSON(t, e) }
	say(harness.Envelope{"type": "message", "message_key": "k1", "text": "helo"})
	say(harness.Envelope{"type": "edit", "target_key": "k1", "text": "hello"})
	say(harness.Envelope{"type": "message", "text": "after"})
	scene.Sink.Release()
	scene.Sink.AwaitText(t, "after", time.Minute)
	scene.AwaitSettled(t, time.Minute)
	var got []string
	for _, r := range scene.Sink.Requests() {
		got = append(got, r.Type+" "+r.Text)
	}
	want := []string{"message helo", "edit hello", "message after"}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("the receiver saw %q, expected %q", got, want)
		}
	}
}

// What names a target that died is dead itself, and says why.
func TestTargetThatFailedFailsWhatNamesIt(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	scene.Serve(t, "gw-1")
	scene.Sink.Answer(func(r harness.Request) int {
		if r.MessageKey == "k1" {
			return http.StatusNotFound
		}
		return http.StatusOK
	})
	scene.PublishJSON(t, harness.Envelope{"type": "message", "channel_id": "lobby", "message_key": "k1", "text": "hello"})
	edit := scene.PublishJSON(t, harness.Envelope{"type": "edit", "channel_id": "lobby", "target_key": "k1", "text": "hi"})
	never := scene.PublishJSON(t, harness.Envelope{"type": "edit", "channel_id": "lobby", "target_key": "never", "text": "hi"})
	late := scene.PublishJSON(t, harness.Envelope{"type": "message", "channel_id": "lobby", "text": "late", "expires_at": 1})
	scene.PublishText(t, "lobby", "next")
	scene.Sink.AwaitText(t, "next", time.Minute)
	harness.Await(t, 10*time.Second, "four dead letters", func() (bool, string) {
		left, err := scene.Left(t.Context())
		return err == nil && left.Dead == 4 && left.Stream == 0, ""
	})
	codes := make(map[string]string)
	for _, d := range scene.Dead(t) {
		codes[d.OriginalID] = d.Code
	}
	for id, want := range map[string]string{edit: "target_failed", never: "not_found", late: "expired"} {
		if codes[id] != want {
			t.Errorf("dead letter of entry %s: code %q, expected %q", id, codes[id], want)
		}
	}
}
