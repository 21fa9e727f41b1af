package outbound

import (
	"testing"

	"github.com/posternhq/postern/envelope"
)

// A target is claimed and delivered while the reader asks for its claim: the
// edit that asked and the one behind it stay in their order.
func TestATargetIsDeliveredWhileItsClaimIsRead(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	w := newWire(b)
	first, goOn := board.stall("before")
	slow, letGo := board.stall("slow")
	b.consumer("n1", on(board), through(w))
	b.say("c", "before", "before")
	b.say("d", "slow", "slow")
	<-first
	<-slow
	target := b.say("c", "T", "target")
	after := b.say("c", "after", "after")
	b.until("it is read", func() bool { return b.pending() == 4 })
	look := w.holdAnswer(b.script("look"), "claim:t")
	one := b.change("T", "one", "channel_id", "d")
	<-look.held
	goOn()
	b.ends(target, envelope.StatusDelivered)
	b.ends(after, envelope.StatusDelivered) // so the target has left
	look.letGo()
	two := b.change("T", "two", "channel_id", "d")
	b.until("both are read", func() bool { return b.pending() >= 2 || b.client.LLen(t.Context(), two).Val() > 0 })
	b.ends(b.say("c", "sync", "sync"), envelope.StatusDelivered)
	letGo()
	b.ends(one, envelope.StatusDelivered)
	b.ends(two, envelope.StatusDelivered)
	if got := board.history(1); got != "target one two" {
		t.Errorf("it read %q", got)
	}
	b.awaitEmpty()
}
