package outbound

import (
	"testing"

	"github.com/posternhq/postern/envelope"
)

// Somebody else's producer trims the stream: that is counted as loss.
func TestTrimmedEntriesAreReportedLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.trimPending()
	m := newLossMeter()
	list := b.say("c", "k", "kept")
	b.consumer("n1", metered(m))
	if n := <-m.entries; n != 1 {
		t.Errorf("%d lost", n)
	}
	if r := b.receipt(list); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
	b.empty()
}

// trimPending leaves one entry that a node has read, and somebody has trimmed.
func (b *bench) trimPending() {
	b.t.Helper()
	group := b.names.Group("fake")
	b.publish(map[string]any{"type": "message", "channel_id": "c", "text": "trimmed"})
	for _, command := range [][]any{
		{"XGROUP", "CREATE", b.stream, group, "0"},
		{"XREADGROUP", "GROUP", group, "dead-node", "STREAMS", b.stream, ">"},
		{"XTRIM", b.stream, "MAXLEN", 0},
	} {
		if err := b.client.Do(b.t.Context(), command...).Err(); err != nil {
			b.t.Fatal(err)
		}
	}
}

// The answer of the take-over that met a trimmed entry is lost. Redis has taken
// it off the pending list by then, and the loss is counted all the same.
func TestALossIsCountedThoughTheAnswerIsLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w, m := newWire(b), newLossMeter()
	b.trimPending()
	takeover := w.holdAnswer(b.script("takeover"))
	b.consumer("n1", through(w), metered(m))
	<-takeover.held
	takeover.lose()
	if n := <-m.entries; n != 1 {
		t.Errorf("%d lost", n)
	}
}
