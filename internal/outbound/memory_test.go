package outbound

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// The platform takes a message, and then Redis is away for longer than the
// lease. The process that knows the answer records it afterwards: nothing is
// parked, nothing is sent again, although the platform has no key.
func TestAnAnswerOutlivesTheLease(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.NativeKey = false
	inside, gate := make(chan struct{}), make(chan struct{})
	var once sync.Once
	b.platform.hang = func(_ context.Context, part platform.Part) {
		if string(part.Body) == "b" {
			once.Do(func() { close(inside); <-gate })
		}
	}
	w := newRoleWatcher()
	list := b.say("c", "k", "a|b|c", "on_unknown", "park")
	b.consumer("n1", watched(w, time.Second))
	<-inside
	b.server.Pause()
	close(gate) // "b" arrives, and Redis cannot be told
	b.platform.await(t, 2)
	w.await(t, RoleActive)
	w.await(t, RoleNone)
	b.server.Resume()
	r := b.receipt(list)
	if r.Status != envelope.StatusDelivered || r.PossibleDuplicate || len(r.MessageIDs) != 3 {
		t.Errorf("receipt %+v %+v", r, r.Error)
	}
	if got := texts(b.platform.await(t, 3)); got != "a b c" {
		t.Errorf("the platform saw %s", got)
	}
}

// An entry that waited out its time behind an outage expires, although it had
// been claimed before.
func TestExpiresWhileThePlatformIsDown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(platform.Part, int) error {
		return &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "connection refused"}
	}
	list := b.say("c", "k", "soon late", "expires_at", float64(time.Now().Add(1500*time.Millisecond).UnixMilli())/1000)
	b.consumer("n1")
	if r := b.receipt(list); r.Status != envelope.StatusExpired {
		t.Errorf("receipt %+v", r)
	}
}

// Past the hard limit of a stop, what is on its way loses its permit, and the
// lease is released all the same: the next owner need not wait it out.
func TestAStopThatCannotDrain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	inside := make(chan struct{})
	var once sync.Once
	b.platform.hang = func(ctx context.Context, _ platform.Part) {
		once.Do(func() { close(inside); <-ctx.Done() })
	}
	list := b.say("c", "k", "hello")
	c := b.consumer("n1", func(c *Config) { c.Limits.Lease, c.Limits.Drain = 10*time.Minute, 300*time.Millisecond })
	<-inside
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.consumer("n2")
	if r := b.receipt(list); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
	if got := b.platform.await(t, 1); len(got) != 1 {
		t.Errorf("the platform saw %v", got)
	}
}
