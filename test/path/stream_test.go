package path

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

// kill -9 in the middle of a stream, three times: it is one message, its text
// never goes back, and at its end it is exact.
func TestKilledInTheMiddleOfAStream(t *testing.T) {
	t.Parallel()
	const snapshots, kills = 120, 3
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	text := func(n int) string { return strings.TrimSpace(strings.Repeat("word ", n)) }
	say := func(seq int, final bool) {
		scene.PublishJSON(t, harness.Envelope{
			"type": "stream", "channel_id": "lobby", "stream_id": "answer", "seq": seq, "text": text(seq + 1), "final": final,
		})
	}
	for seq := range snapshots {
		if seq%(snapshots/(kills+1)) == 1 && seq > 1 {
			node.Kill()
			node.Start()
		}
		say(seq, false)
		if seq%8 == 0 { // nothing overtakes it
			scene.Sink.AwaitText(t, text(seq+1), 60*time.Second)
		}
	}
	say(snapshots, true)
	scene.Sink.AwaitText(t, text(snapshots+1), 60*time.Second)
	scene.AwaitSettled(t, 30*time.Second)

	made, shown := map[string]bool{}, 0
	taken := map[string]bool{}
	for _, r := range scene.Sink.Requests() {
		if r.Type == "message" {
			made[r.ID] = true
		}
		if taken[r.ID] { // sent again under its own id: the receiver drops it
			continue
		}
		taken[r.ID] = true
		words := len(strings.Fields(r.Text))
		if words < shown {
			t.Errorf("its text went back from %d words to %d", shown, words)
		}
		shown = words
	}
	if len(made) != 1 || shown != snapshots+1 {
		t.Errorf("%d messages, of %d words at the end; expected one of %d", len(made), shown, snapshots+1)
	}
}

// What is not due waits through a kill -9, and nobody waits for it.
func TestNotBeforeOutlivesAKill(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	due := time.Now().Add(3 * time.Second)
	for i := range 3 {
		scene.PublishJSON(t, harness.Envelope{
			"type": "message", "channel_id": "lobby", "text": "later " + strconv.Itoa(i), "not_before": float64(due.UnixMilli()) / 1000,
		})
	}
	scene.PublishText(t, "lobby", "now")
	scene.Sink.AwaitText(t, "now", time.Minute)
	harness.Await(t, 10*time.Second, "what is not due alone", func() (bool, string) {
		left, err := scene.Left(t.Context())
		return err == nil && left.Stream == 3, ""
	})
	node.Kill()
	node.Start()
	scene.Sink.AwaitText(t, "later 2", 60*time.Second)
	scene.AwaitSettled(t, time.Minute)
	var got []string
	for _, r := range scene.Sink.Requests() {
		got = append(got, r.Text)
		if strings.HasPrefix(r.Text, "later") && r.At.Before(due) {
			t.Errorf("%q came %v early", r.Text, due.Sub(r.At))
		}
	}
	if want := "now, later 0, later 1, later 2"; strings.Join(got, ", ") != want {
		t.Errorf("the receiver saw %q, expected %q", got, want)
	}
}
