package outbound

import (
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

// newClockBench is a bench whose Redis has a clock that can be set.
func newClockBench(t *testing.T) (*bench, *redistest.Clock) {
	server, clock := redistest.StartWithClock(t)
	names := envelope.NewNames("postern")
	return &bench{t: t, server: server, client: server.Client(), platform: newFakePlatform(), names: names, stream: names.Outbound("fake")}, clock
}

// Redis' clock is set back to before an entry's not_before, which was due when
// it was read, and whose first part is there: the next owner puts it aside
// again, and what was sent stays sent.
func TestWhatWasBegunIsPutAsideByAClockSetBack(t *testing.T) {
	t.Parallel()
	b, clock := newClockBench(t)
	b.platform.caps.NativeKey = false
	refused := make(chan struct{}, 100)
	b.platform.fail = func(part platform.Part, nth int) error {
		if string(part.Body) == "b" && nth == 0 {
			refused <- struct{}{}
			return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo, Message: "hiccup", RetryAfter: time.Hour}
		}
		return nil
	}
	list := b.say("c", "k", "a|b", "not_before", b.at(-time.Second))
	first := b.consumer("n1")
	<-refused
	b.until("at rest", func() bool { return b.claim("k", "rest") != "" || b.claim("k", "state") == "done" })
	crash(first)
	clock.Set(-5 * time.Second)
	b.vacate()
	b.consumer("n2")
	b.ends(list, envelope.StatusDelivered)
	if got := b.platform.seen("c"); got != "a b" {
		t.Errorf("the platform saw %q", got)
	}
}

// The platform keeps its keys for a while; Redis' clock is set back to before
// the part was sent: how long ago that was is not known.
func TestAKeyWindowWhenTheClockIsSetBack(t *testing.T) {
	t.Parallel()
	b, clock := newClockBench(t)
	b.platform.caps.KeyWindow = 60
	taken := b.platform.swallow("x")
	list := b.say("c", "k", "x", "on_unknown", "park")
	first := b.consumer("n1")
	<-taken
	crash(first)
	b.platform.mutex.Lock()
	b.platform.accepted[0].key = "forgotten: more than a minute has passed"
	b.platform.mutex.Unlock()
	clock.Set(-time.Hour + time.Minute) // the minute has passed, and then the clock was set back by an hour
	b.vacate()
	b.consumer("n2")
	r := b.receipt(list)
	if got := b.platform.seen("c"); got != "x" || r.Status != envelope.StatusParked {
		t.Errorf("the platform saw %q, receipt %+v", got, r)
	}
}
