package outbound

import (
	"testing"

	"github.com/posternhq/postern/envelope"
)

// A message that may be there cannot be parked, since a key is in the way, so it
// is asked for again and again. That the last of these calls has no answer says
// nothing of what was sent before: the next tenure does not send it again.
func TestAClaimCallWithoutAnAnswerForgetsNoDoubt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.NativeKey = false
	b.platform.after = lostOnce("hello")
	parked := b.operator().Parked()
	if err := b.client.Set(t.Context(), parked, "mine", 0).Err(); err != nil {
		t.Fatal(err)
	}
	list := b.say("c", "k", "hello", "on_unknown", "park")
	w, log := newWire(b), &journal{}
	asks := w.holdSecond(b.script("claim"), b.operator().MessageClaim("k"))
	b.consumer("n1", through(w), logged(log))
	<-asks.held
	if !log.says("cannot be finished") {
		t.Fatal("it was finished")
	}
	if err := b.client.HSet(t.Context(), b.lease(), "token", "another's").Err(); err != nil {
		t.Fatal(err)
	}
	asks.letGo()
	if err := b.client.Del(t.Context(), parked).Err(); err != nil {
		t.Fatal(err)
	}
	b.vacate()
	b.announce()
	b.ends(list, envelope.StatusParked)
	if got := b.platform.seen("c"); got != "hello" {
		t.Errorf("the platform saw %q", got)
	}
}
