package outbound

import (
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// When an entry that nothing was sent of must not be started any more: max_age
// after it was published, might be started or was replayed, whichever is
// latest, or at its own expires_at, which a replay has no more.
func TestExpiresAt(t *testing.T) {
	t.Parallel()
	const maxAge = 24 * time.Hour
	published := time.UnixMilli(1_700_000_000_000)
	in := func(d time.Duration) float64 { return float64(published.Add(d).UnixMilli()) / 1000 }
	for _, tt := range []struct {
		name               string
		notBefore, expires float64
		replayed           bool
		want               time.Duration // from publishing, or the replay
	}{
		{"neither", 0, 0, false, maxAge},
		{"not_before to come", in(time.Hour), 0, false, 25 * time.Hour},
		{"not_before past", in(-time.Hour), 0, false, maxAge},
		{"expires_at first", 0, in(time.Hour), false, time.Hour},
		{"expires_at past", 0, in(-time.Hour), false, -time.Hour},
		{"expires_at beyond max_age", 0, in(48 * time.Hour), false, maxAge},
		{"both, in their order", in(time.Hour), in(2 * time.Hour), false, 2 * time.Hour},
		{"both, the other way round", in(2 * time.Hour), in(time.Hour), false, time.Hour},
		{"both, expires_at beyond", in(time.Hour), in(30 * time.Hour), false, 25 * time.Hour},
		{"replayed", 0, 0, true, maxAge},
		{"replayed, expires_at is none of its own", 0, in(-time.Hour), true, maxAge},
		{"replayed before not_before", in(time.Hour), 0, true, 25 * time.Hour},
		{"replayed after not_before", in(-48 * time.Hour), in(-47 * time.Hour), true, maxAge},
	} {
		e := &entry{id: bus.ID{MS: uint64(published.UnixMilli())}, letter: &letter{
			env: &envelope.Outbound{NotBefore: tt.notBefore, ExpiresAt: tt.expires}, replayed: tt.replayed,
		}}
		if got := e.expiresAt(maxAge).Sub(published); got != tt.want {
			t.Errorf("%s: after %v; want %v", tt.name, got, tt.want)
		}
	}
}

// A platform is paused until an entry's time is over. Nothing of it was sent,
// so it has expired; one that was begun before is delivered, however late.
func TestExpiryOverAPause(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	entered, letGo := b.platform.stall(t, "one")
	defer letGo()
	w := newRecorder()
	b.consumer("n1", watched(w, 15*time.Second))
	b.ends(b.say("c", "k0", "warm"), envelope.StatusDelivered)
	expires := time.Now().Add(6 * time.Second)
	at := float64(expires.UnixMilli()) / 1000
	begun := b.say("c", "k1", "one|two", "expires_at", at)
	select {
	case <-entered:
	case <-time.After(20 * time.Second):
		t.Fatal("it was not begun")
	}
	b.pause(true)
	await(t, w.pauses, true)
	waiting, other := b.say("c", "k2", "late", "expires_at", at), b.say("d", "k3", "in time")
	<-time.After(time.Until(expires))
	letGo()
	b.ends(begun, envelope.StatusDelivered)
	if b.platform.asked("in time") {
		t.Error("paused, and something was started")
	}
	b.pause(false)
	b.ends(waiting, envelope.StatusExpired)
	b.ends(other, envelope.StatusDelivered)
}

// Over a crash and a planned stop a paused platform stays paused; what waits is
// delivered in order once it is resumed.
func TestAPauseOutlivesItsNodes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newRecorder()
	first := b.consumer("n1", watched(w, 2*time.Second))
	b.pause(true)
	await(t, w.pauses, true)
	b.say("c", "k1", "one")
	last := b.say("c", "k2", "two")
	crash(first)
	b.vacate()
	second := b.consumer("n2")
	b.ask("r1")
	b.platform.untouched(t)
	b.stop(second)
	b.consumer("n3")
	b.ask("r2")
	b.platform.untouched(t)
	b.pause(false)
	b.ends(last, envelope.StatusDelivered)
	if got := b.platform.seen("c"); got != "one two" {
		t.Errorf("the platform saw %q", got)
	}
}
