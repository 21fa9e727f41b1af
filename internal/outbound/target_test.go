package outbound

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// An edit by target_key finds the platform's id, waits for its target, and
// dies with it.
func TestTargetKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(part platform.Part, _ int) error {
		if string(part.Body) == "doomed" {
			return platform.Refused(envelope.CodeInvalid, "text", "no")
		}
		return nil
	}
	b.say("c", "good", "first")
	b.say("c", "bad", "doomed")
	good, bad, never := b.edit("good"), b.edit("bad"), b.edit("never")
	b.consumer("n1")
	if r := b.receipt(good); r.Status != envelope.StatusDelivered {
		t.Errorf("edit of what was delivered: %+v %+v", r, r.Error)
	}
	if r := b.receipt(bad); r.Status != envelope.StatusDead || r.Error.Code != envelope.CodeTargetFailed {
		t.Errorf("edit of what died: %+v", r)
	}
	if r := b.receipt(never); r.Status != envelope.StatusDead || r.Error.Code != envelope.CodeNotFound {
		t.Errorf("edit of what never was: %+v", r)
	}
}

// The target of an edit waited for its rate limit, and somebody trimmed it from
// the stream: its claim stays open for ever, and the edit must not.
func TestTheTargetWasTrimmed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(part platform.Part, _ int) error {
		if string(part.Body) == "target" {
			return limited(platform.GateRoute, time.Hour)
		}
		return nil
	}
	b.say("c", "T", "target")
	first := b.consumer("n1")
	b.until("a claim", func() bool { return b.claim("T", "state") != "" })
	b.stop(first)
	if err := b.client.XTrimMaxLen(t.Context(), b.stream, 0).Err(); err != nil {
		t.Fatal(err)
	}
	list := b.edit("T")
	b.consumer("n2")
	b.targetFailed(b.receipt(list))
}

// An edit waits in its lane, and its dead target is replayed behind it. Waiting
// for a later entry, the edit would wait for what waits for it: it dies, and
// the replay is delivered.
func TestTheTargetIsReplayedBehindItsEdit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var allowed atomic.Bool
	b.platform.fail = refuseUntil(&allowed, "target")
	entered, letGo := b.platform.stall(t, "slow")
	b.consumer("n1")
	target := b.say("c", "T", "target")
	b.receipt(target)
	b.say("c", "s", "slow")
	<-entered
	edit := b.edit("T")
	allowed.Store(true)
	b.replay()
	b.until("all three are read", func() bool { return b.pending() == 3 })
	letGo()
	b.targetFailed(b.receipt(edit))
	if r := b.receipt(target); r.Status != envelope.StatusDelivered {
		t.Errorf("the replay: %+v %+v", r, r.Error)
	}
}

// Two edits, each the other's target, look at each other's claims when both
// are claimed. Neither waits for a later entry, and no channel waits for them.
func TestTwoEditsOfEachOther(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newWire(b)
	gate := make(chan struct{})
	b.platform.hang = func(ctx context.Context, part platform.Part) {
		if part.Type == envelope.TypeTyping {
			select {
			case <-gate:
			case <-ctx.Done():
			}
		}
	}
	var edits []string
	for _, key := range []string{"k1", "k2"} { // a typing with a key tells the lane of what targets it
		b.publish(map[string]any{"type": "typing", "channel_id": "of " + key, "message_key": key})
		b.publish(map[string]any{"type": "typing", "channel_id": "of " + key})
	}
	for _, e := range []struct{ key, target string }{{"k1", "k2"}, {"k2", "k1"}} {
		list := envelope.Beside(b.stream, "reply:edit-"+e.key)
		b.publish(map[string]any{
			"type": "edit", "channel_id": "x", "message_key": e.key, "target_key": e.target, "text": "edited", "receipt_to": list,
		})
		edits = append(edits, list)
	}
	messages := []string{b.say("of k1", "m1", "1"), b.say("of k2", "m2", "2")}
	b.consumer("n1", through(w))
	b.until("the lanes are busy", func() bool { return b.platform.busy("of k1") && b.platform.busy("of k2") })
	look := w.hold(b.script("look"), "claim:k")
	close(gate)
	<-look.held
	b.until("both are claimed", func() bool { return b.claim("k1", "state") != "" && b.claim("k2", "state") != "" })
	look.letGo()
	for _, list := range edits {
		b.targetFailed(b.receipt(list))
	}
	for _, list := range messages {
		if r := b.receipt(list); r.Status != envelope.StatusDelivered {
			t.Errorf("behind the edits: %+v", r)
		}
	}
}

// targetFailed asserts that an edit died because of its target.
func (b *bench) targetFailed(r envelope.Receipt) {
	b.t.Helper()
	if r.Status != envelope.StatusDead || r.Error == nil || r.Error.Code != envelope.CodeTargetFailed {
		b.t.Errorf("the edit: %+v %+v", r, r.Error)
	}
}
