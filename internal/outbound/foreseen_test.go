package outbound

import (
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
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
	at := b.at(3 * time.Second)
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
	b.replay()
	if r := b.ends(list, envelope.StatusDelivered); r.Attempts != 1 || r.PossibleDuplicate {
		t.Errorf("replayed: %+v", r)
	}
	if got := b.platform.seen("c"); got != "warm late" {
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

// The answer to a claim call is lost, and with it the lease, before it can be
// asked for again. The process that made the call knows that nothing was sent.
func TestAClaimCallWithoutAnAnswerIsNoDoubt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.NativeKey = false
	w := newWire(b)
	answer := w.holdAnswer(b.script("claim"), b.operator().MessageClaim("k"))
	b.consumer("n1", through(w))
	list := b.say("c", "k", "hello", "on_unknown", "park")
	<-answer.held
	if err := b.client.HSet(t.Context(), b.lease(), "token", "another's").Err(); err != nil {
		t.Fatal(err)
	}
	answer.lose()
	b.vacate()
	if r := b.ends(list, envelope.StatusDelivered); r.PossibleDuplicate {
		t.Errorf("receipt %+v", r)
	}
	if got := b.platform.seen("c"); got != "hello" {
		t.Errorf("the platform saw %q", got)
	}
}

// A gate shuts, or a stop comes to its soft limit, while the claim is asked for.
// The mark is taken back at once, so that a node that dies then, or has stopped,
// leaves nothing that may have been sent.
func TestAMarkIsTakenBack(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(b *bench, c *Consumer, log *journal, limit, letGo func()){
		"a gate": func(b *bench, c *Consumer, _ *journal, limit, letGo func()) {
			limit()
			b.until("the gate is shut", func() bool { return b.client.Exists(b.t.Context(), envelope.Beside(b.stream, "gates")).Val() == 1 })
			letGo()
			b.until("it is put down", func() bool {
				return b.claim("k", "rest") == "1"
			})
			crash(c)
			b.vacate()
		},
		"a stop": func(b *bench, c *Consumer, log *journal, limit, letGo func()) {
			stopped := make(chan error, 1)
			go func() { stopped <- c.Stop(b.t.Context()) }()
			b.until("its soft limit", func() bool { return log.says("soft limit") })
			letGo()
			limit()
			if err := <-stopped; err != nil {
				b.t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.platform.caps.NativeKey = false
			b.platform.fail, _ = limitOnce("limited", platform.GateAccount, 2*time.Second)
			entered, limit := b.platform.stall(t, "limited")
			w, log := newWire(b), &journal{}
			claims := w.hold(b.script("claim"), b.operator().MessageClaim("k"))
			first := b.consumer("n1", through(w), logged(log), func(c *Config) { c.Limits.Drain = 3 * time.Second })
			b.say("d", "limited", "limited")
			<-entered
			list := b.say("c", "k", "hello", "on_unknown", "park")
			<-claims.held
			between(b, first, log, limit, claims.letGo)
			b.consumer("n2")
			if r := b.ends(list, envelope.StatusDelivered); r.Attempts != 1 || r.PossibleDuplicate {
				t.Errorf("receipt %+v", r)
			}
		})
	}
}
