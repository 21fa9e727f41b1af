package outbound

import (
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

// With a lease of ten minutes only the announcement can explain that the
// stand-by takes over within the test.
func TestAPlannedStopHandsOverAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w1, w2 := newRecorder(), newRecorder()
	first := b.consumer("n1", watched(w1, 10*time.Minute))
	await(t, w1.roles, RoleActive)
	b.consumer("n2", watched(w2, 10*time.Minute))
	await(t, w2.roles, RoleStandby)
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, w2.roles, RoleActive)
	if r := b.receipt(b.say("c", "k", "after")); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
}

// A stand-by whose connection was cut while the lease was released asks for it as
// soon as it listens again.
func TestAReleaseThatNobodyHeard(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	proxy := redistest.NewProxy(t, b.server)
	w1, w2 := newRecorder(), newRecorder()
	first := b.consumer("n1", watched(w1, 10*time.Minute))
	await(t, w1.roles, RoleActive)
	b.consumer("n2", watched(w2, 10*time.Minute), proxied(t, proxy))
	await(t, w2.roles, RoleStandby)
	proxy.Blackhole()
	proxy.Cut()
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	proxy.Heal()
	await(t, w2.roles, RoleActive)
}

// A Stop lets what is in flight end, and leaves what only waits.
func TestAStopDrains(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	entered, letGo := b.platform.stall(t, "first")
	first, second := b.say("c", "k1", "first"), b.say("c", "k2", "second")
	c := b.consumer("n1")
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- c.Stop(t.Context()) }()
	letGo()
	if r := b.receipt(first); r.Status != envelope.StatusDelivered {
		t.Errorf("in flight: %+v", r)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if n := b.client.Exists(t.Context(), envelope.Beside(b.stream, "lease")).Val(); n != 0 {
		t.Error("the lease was not released")
	}
	b.consumer("n2")
	if r := b.receipt(second); r.Status != envelope.StatusDelivered {
		t.Errorf("what waited: %+v", r)
	}
}

// Past the hard limit of a stop, what is on its way loses its permit, and the
// lease is released all the same: the next owner need not wait it out.
func TestAStopThatCannotDrain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	entered := b.platform.trap("hello")
	list := b.say("c", "k", "hello")
	c := b.consumer("n1", func(c *Config) { c.Limits.Lease, c.Limits.Drain = 10*time.Minute, 300*time.Millisecond })
	<-entered
	b.stop(c)
	b.consumer("n2")
	if r := b.receipt(list); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
	if got := b.platform.await(t, 1); len(got) != 1 {
		t.Errorf("the platform saw %v", got)
	}
}
