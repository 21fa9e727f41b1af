package outbound

import (
	"testing"
	"time"

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

// The time to start it by is over, and the node dies as it writes that down.
// Nothing was sent: it has expired for the next one too.
func TestWhatHasExpiredIsNotMarked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.NativeKey = false
	w := newWire(b)
	settles := w.hold(b.script("settle"), b.operator().MessageClaim("k"))
	first := b.consumer("n1", through(w))
	b.ends(b.say("c", "warm", "warm"), envelope.StatusDelivered)
	list := b.say("c", "k", "late", "expires_at", b.at(-time.Minute))
	<-settles.held
	crash(first)
	b.vacate()
	settles.lose()
	b.consumer("n2")
	b.ends(list, envelope.StatusExpired)
	if got := b.platform.seen("c"); got != "warm" {
		t.Errorf("the platform saw %q", got)
	}
}

// It is over only by the time that the claim is answered, with the part marked.
// That is taken back before the end is written down, at which the node dies.
func TestWhatExpiresOnceMarkedIsPutDown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.NativeKey = false
	w := newWire(b)
	key := b.operator().MessageClaim("k")
	claims, settles := w.hold(b.script("claim"), key), w.hold(b.script("settle"), key)
	first := b.consumer("n1", through(w))
	b.ends(b.say("c", "warm", "warm"), envelope.StatusDelivered)
	at := b.at(time.Second)
	list := b.say("c", "k", "late", "expires_at", at)
	<-claims.held
	b.due(at)
	claims.letGo()
	<-settles.held
	crash(first)
	b.vacate()
	settles.lose()
	b.consumer("n2")
	if r := b.ends(list, envelope.StatusExpired); r.Attempts != 0 {
		t.Errorf("receipt %+v", r)
	}
	if got := b.platform.seen("c"); got != "warm" {
		t.Errorf("the platform saw %q", got)
	}
}

// A call that marks a part is under way when a stop has come to its hard limit.
// Nothing was sent for it: the next owner is not told that it may have been.
func TestAMarkUnderWayAtTheHardLimit(t *testing.T) {
	t.Parallel()
	for script, text := range map[string]string{"claim": "hello", "mark": "a|b"} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.platform.caps.NativeKey = false
			w := newWire(b)
			answer := w.holdAnswer(b.script(script), b.operator().MessageClaim("k"))
			first := b.consumer("n1", through(w), func(c *Config) { c.Limits.Lease, c.Limits.Drain = 10*time.Minute, 300*time.Millisecond })
			list := b.say("c", "k", text, "on_unknown", "park")
			<-answer.held
			b.stop(first)
			b.consumer("n2")
			if r := b.ends(list, envelope.StatusDelivered); r.PossibleDuplicate {
				t.Errorf("receipt %+v", r)
			}
		})
	}
}
