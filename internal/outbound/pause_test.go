package outbound

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
)

// Pausing holds deliveries on the active node; resuming lets them go.
func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newRecorder()
	b.consumer("n1", watched(w, 2*time.Second))
	b.receipt(b.say("c", "k1", "one"))
	b.pause(true)
	await(t, w.pauses, true)
	list := b.say("c", "k2", "two")
	b.ask("r1")
	if got := b.platform.seen("c"); got != "one" {
		t.Errorf("paused, and the platform saw %q", got)
	}
	b.pause(false)
	if r := b.receipt(list); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
}

// A node that becomes active while the platform is paused learns of it before
// it delivers anything.
func TestPausedBeforeTheStart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.pause(true)
	var list string
	for i := range 50 {
		list = b.say("c"+strconv.Itoa(i), fmt.Sprint("k", i), "x")
	}
	b.consumer("n1")
	b.ask("r1")
	b.platform.untouched(t)
	b.pause(false)
	b.receipt(list)
}

// The answer to whether the platform is paused is held up. Nothing is
// delivered on the strength of not knowing.
func TestPausedAndToldLate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newWire(b)
	b.pause(true)
	list := b.say("c", "k", "x")
	asked := w.holdAnswer("hget", "paused")
	b.consumer("n1", through(w), func(c *Config) { c.Limits.Lease = 2 * time.Second })
	<-asked.held
	b.ask("r1") // the question was given up and asked again
	b.platform.untouched(t)
	b.pause(false)
	b.receipt(list)
}

// What the adapter cannot send yet waits, though it was read and RPCs are
// answered; it is no attempt.
func TestNothingIsSentBeforeReady(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	list := b.say("c", "k", "hello")
	c := b.unready("n1")
	b.ask("r1")
	b.ask("r2")
	b.platform.untouched(t)
	if state := b.claim("k", "state"); state != "" {
		t.Errorf("its claim is %q before anything may be sent", state)
	}
	c.SetReady(true)
	if r := b.receipt(list); r.Status != envelope.StatusDelivered || r.Attempts != 1 {
		t.Errorf("receipt %+v", r)
	}
}
