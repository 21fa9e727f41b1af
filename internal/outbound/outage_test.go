package outbound

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

func TestAnOutageWaitsAndCountsNoAttempt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(_ platform.Part, nth int) error {
		if nth < 2 {
			return down()
		}
		return nil
	}
	list := b.say("c", "k", "hello")
	b.consumer("n1")
	if r := b.receipt(list); r.Status != envelope.StatusDelivered || r.Attempts != 1 {
		t.Errorf("receipt %+v", r)
	}
}

// An entry that waited out its time behind an outage expires, although it had
// been claimed before.
func TestExpiresWhileThePlatformIsDown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(platform.Part, int) error {
		return down()
	}
	list := b.say("c", "k", "soon late", "expires_at", float64(time.Now().Add(1500*time.Millisecond).UnixMilli())/1000)
	b.consumer("n1")
	if r := b.receipt(list); r.Status != envelope.StatusExpired {
		t.Errorf("receipt %+v", r)
	}
}

// One channel's operation hangs when another is refused a connection. The probe
// that finds the platform back is not the one that hangs.
func TestAHangingOperationIsNoProbe(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	entered, letGo := b.platform.stall(t, "hangs")
	defer letGo()
	b.platform.fail = func(part platform.Part, nth int) error {
		if string(part.Body) == "refused" && nth == 0 {
			return down()
		}
		return nil
	}
	w := newRecorder()
	b.consumer("n1", watched(w, 2*time.Second))
	b.say("a", "k1", "hangs")
	<-entered
	refused := b.say("b", "k2", "refused")
	await(t, w.outages, true)
	for _, list := range []string{b.say("c", "k3", "other"), refused} {
		if r := b.receipt(list); r.Status != envelope.StatusDelivered {
			t.Errorf("receipt %+v", r)
		}
	}
	await(t, w.outages, false)
}

// An outage began in one tenure and was over in the next, which never saw it
// fail: nobody is told of it any more.
func TestAnOutageEndsWithItsTenure(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var up atomic.Bool
	b.platform.fail = func(platform.Part, int) error {
		if up.Load() {
			return nil
		}
		return &platform.Error{Code: envelope.CodeAuth, Sent: platform.SentNo, Message: "401"}
	}
	w := newRecorder()
	list := b.say("c", "k", "x")
	b.consumer("n1", watched(w, time.Second))
	await(t, w.outages, true)
	up.Store(true)
	b.vacate()
	b.receipt(list)
	await(t, w.outages, false)
}

// A hundred channels fail, and nothing gets through meanwhile: for all that is
// known the platform is down, and that is told. It holds up nobody who has not
// failed: a channel that works is served at once, and then it is over.
func TestFailingEverywhereHoldsUpNoWorkingChannel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(part platform.Part, _ int) error {
		if part.ChannelID == "good" {
			return nil
		}
		return lost()
	}
	w := newRecorder()
	for i := range 100 {
		b.say("bad"+strconv.Itoa(i), fmt.Sprint("b", i), "x")
	}
	b.consumer("n1", watched(w, 15*time.Second))
	await(t, w.outages, true)
	if r := b.receipt(b.say("good", "g", "hello")); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
	await(t, w.outages, false)
}

// unasked is what an adapter says that keeps to the platform's published limits
// by itself: it has not asked.
func unasked() error {
	return &platform.Error{Code: envelope.CodeRateLimited, Sent: platform.SentNo, RetryAfter: 20 * time.Millisecond, Unasked: true, Message: "not sent yet"}
}

// The probe of an outage is put off by the adapter itself: the platform was not
// asked, so the outage stands, and is told as over once.
func TestALimitOfOursEndsNoOutage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(_ platform.Part, nth int) error {
		return []error{down(), unasked(), down(), nil}[nth]
	}
	w := newRecorder()
	list := b.say("c", "k", "x")
	b.consumer("n1", watched(w, 2*time.Second))
	b.ends(list, envelope.StatusDelivered)
	for i, want := range []bool{false, true, true, false} { // a tenure begins without
		if got := <-w.outages; got != want {
			t.Fatalf("word %d of an outage: %v; want %v", i, got, want)
		}
	}
}

// Every channel fails, and each is put off by the adapter itself between its
// attempts: nothing gets through, and that is told.
func TestALimitOfOursHidesNoFailing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(_ platform.Part, nth int) error {
		if nth%2 == 1 {
			return unasked()
		}
		return lost()
	}
	w := newRecorder()
	for i := range 20 {
		b.say("c"+strconv.Itoa(i), fmt.Sprint("k", i), "x")
	}
	b.consumer("n1", watched(w, 15*time.Second))
	await(t, w.outages, true)
}
