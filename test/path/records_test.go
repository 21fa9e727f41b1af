package path

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/harness"
)

// told is what the commands on records print with --json, a line each.
type told struct {
	ID         string        `json:"id"`
	Platform   string        `json:"platform"`
	Original   string        `json:"original_msg_id"`
	MessageKey string        `json:"message_key"`
	Code       envelope.Code `json:"code"`
	Error      string        `json:"error"`
	Cure       string        `json:"cure"`
	StartedAt  string        `json:"started_at"`
	Data       []byte        `json:"data"`
	Done       string        `json:"done"`
	Entry      string        `json:"entry"`
}

// tell runs a command that prints one record as JSON.
func tell(t *testing.T, node *harness.Node, args ...string) told {
	t.Helper()
	out := mustPostern(t, node, append(args, "--json")...)
	var r told
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("postern %s --json printed %q: %v", strings.Join(args, " "), out, err)
	}
	return r
}

// receipt takes the next receipt off the list.
func receipt(t *testing.T, scene *harness.Scene) envelope.Receipt {
	t.Helper()
	var r envelope.Receipt
	if err := json.Unmarshal(awaitReceipt(t, scene, list), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// refuse answers the channel "bad" with a status, and all else with 200.
func refuse(scene *harness.Scene, status int) {
	scene.Sink.Answer(func(r harness.Request) int {
		if r.ChannelID == "bad" {
			return status
		}
		return http.StatusOK
	})
}

// What is replayed is another entry, which says of which one it is; its
// receipt is its own.
func TestReplayIsToldAsJSON(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	refuse(scene, http.StatusNotFound)
	id := scene.PublishJSON(t, harness.Envelope{"type": "message", "channel_id": "bad", "text": "hello", "message_key": "k1", "receipt_to": list})
	if r := receipt(t, scene); r.Status != envelope.StatusDead || r.Error == nil || r.Error.Code != envelope.CodeNotFound || r.PossibleDuplicate {
		t.Fatalf("receipt: %+v", r)
	}
	listed := tell(t, node, "dead", "list", "hook")
	if listed.Original != id || listed.MessageKey != "k1" || listed.Code != envelope.CodeNotFound || listed.Cure == "" || listed.Data != nil {
		t.Errorf("dead list: %+v", listed)
	}
	shown := tell(t, node, "dead", "show", "hook", listed.ID)
	if shown.ID != listed.ID || !strings.Contains(string(shown.Data), "hello") {
		t.Errorf("dead show: %+v; expected the envelope's bytes", shown)
	}

	refuse(scene, http.StatusOK)
	mustPostern(t, node, "pause", "hook")
	harness.Await(t, 30*time.Second, "status says paused", func() (bool, string) {
		out := mustPostern(t, node, "status")
		return strings.Contains(out, "paused"), out
	})
	did := tell(t, node, "dead", "replay", "hook", listed.ID)
	if did.ID != listed.ID || did.Platform != "hook" || did.Done != "replayed" || did.Entry == "" || did.Entry == id {
		t.Errorf("dead replay: %+v", did)
	}
	again, err := scene.RDB.XRange(t.Context(), scene.Stream, did.Entry, did.Entry).Result()
	if err != nil || len(again) != 1 || again[0].Values["replay_of"] != id {
		t.Errorf("the entry of the replay: %v, %v; expected replay_of %s", again, err, id)
	}
	mustPostern(t, node, "resume", "hook")
	r := receipt(t, scene)
	if r.Status != envelope.StatusDelivered || r.EntryID != did.Entry || r.MessageKey != "k1" || len(r.MessageIDs) != 1 || r.PossibleDuplicate {
		t.Errorf("receipt of the replay: %+v", r)
	}
	if out := postern(t, node, "dead", "show", "hook", listed.ID); out.Exit != 1 || !strings.Contains(out.Stderr, "published again") {
		t.Errorf("dead show of what was replayed: status %d, %q", out.Exit, out.Stderr)
	}
	scene.AwaitSettled(t, time.Minute)
}

// A key whose record was dropped is free: the worker publishes the mended
// message under it, and it is no duplicate.
func TestDroppedKeyIsPublishedAnew(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	refuse(scene, http.StatusNotFound)
	say := func(text string) envelope.Receipt {
		scene.PublishJSON(t, harness.Envelope{"type": "message", "channel_id": "bad", "text": text, "message_key": "k1", "receipt_to": list})
		return receipt(t, scene)
	}
	if r := say("helo"); r.Status != envelope.StatusDead {
		t.Fatalf("receipt: %+v", r)
	}
	refuse(scene, http.StatusOK)
	if r := say("hello"); r.Status != envelope.StatusDuplicate || r.Error == nil {
		t.Errorf("receipt while the record is there: %+v; expected a duplicate, with why the first one died", r)
	}
	letter := tell(t, node, "dead", "list", "hook")
	if did := tell(t, node, "dead", "drop", "hook", letter.ID); did.ID != letter.ID || did.Done != "dropped" || did.Entry != "" {
		t.Errorf("dead drop: %+v", did)
	}
	if r := say("hello"); r.Status != envelope.StatusDelivered || r.PossibleDuplicate {
		t.Errorf("receipt after the drop: %+v", r)
	}
	scene.AwaitSettled(t, time.Minute)
}

// Where nobody can say whether it arrived, a person is told what happened, and
// decides: what is sent again is marked as what may be there twice.
func TestParkedRecordIsDecidedByAPerson(t *testing.T) {
	t.Parallel()
	const fragile = "fragile"
	scene := harness.NewScene(t, program)
	scene.More = `  - { name: ` + fragile + `, kind: webhook, url: "` + scene.Sink.URL(fragile) + `", on_unknown: park, idempotent: false }
`
	node := scene.Serve(t, "gw-1")
	park := func(key string) told {
		t.Helper()
		refuse(scene, http.StatusInternalServerError)
		mustPostern(t, node, "send", "--platform", fragile, "--channel", "bad", "--text", "to "+key, "--key", key)
		harness.Await(t, 30*time.Second, "one parked record", func() (bool, string) {
			out := mustPostern(t, node, "parked", "list", fragile, "--json")
			return strings.Count(out, "\n") == 1, out
		})
		refuse(scene, http.StatusOK)
		return tell(t, node, "parked", "list", fragile)
	}
	wait := func(key string) envelope.Receipt {
		t.Helper()
		out := mustPostern(t, node, "send", "--platform", fragile, "--channel", "bad", "--text", "to "+key, "--key", key, "--wait", "--json")
		var r envelope.Receipt
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("send --wait printed %q: %v", out, err)
		}
		return r
	}

	first := park("k1")
	if first.Code != envelope.CodeUnknown || !strings.Contains(first.Error, "500") || first.Cure == "" {
		t.Errorf("parked list: %+v; expected that it says 500", first)
	}
	if shown := tell(t, node, "parked", "show", fragile, first.ID); shown.Error != first.Error || shown.StartedAt == "" || !strings.Contains(string(shown.Data), "to k1") {
		t.Errorf("parked show: %+v", shown)
	}
	if out := mustPostern(t, node, "parked", "show", fragile, first.ID); !strings.Contains(out, "500") || !strings.Contains(out, "cure") {
		t.Errorf("parked show, for a person: %s", out)
	}
	if did := tell(t, node, "parked", "resend", fragile, first.ID); did.Done != "replayed" || did.Entry == "" {
		t.Errorf("parked resend: %+v", did)
	}
	scene.Sink.AwaitText(t, "to k1", time.Minute)
	harness.Await(t, 30*time.Second, "the resent one is delivered", func() (bool, string) {
		n, err := scene.RDB.XLen(t.Context(), envelope.NewNames("postern").Outbound(fragile)).Result()
		return err == nil && n == 0, ""
	})
	if r := wait("k1"); r.Status != envelope.StatusDuplicate || !r.PossibleDuplicate {
		t.Errorf("receipt of the key that was resent: %+v; expected that it may be there twice", r)
	}

	second := park("k2")
	if did := tell(t, node, "parked", "drop", fragile, second.ID); did.Done != "dropped" {
		t.Errorf("parked drop: %+v", did)
	}
	if r := wait("k2"); r.Status != envelope.StatusDelivered || r.PossibleDuplicate {
		t.Errorf("receipt of a dropped key that is published again: %+v", r)
	}
}
