package platformtest

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"github.com/posternhq/postern/platform"
)

// open opens an adapter until the test ends, and waits until it is ready.
func open(t testing.TB, a platform.Adapter) *Host {
	t.Helper()
	host := NewHost()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(func() { closeAdapter(t, a) })
	err := a.Open(ctx, host)
	cancel() // the connection outlives the context it was opened under
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	host.WaitState(t, platform.StateReady)
	return host
}

func closeAdapter(t testing.TB, a platform.Adapter) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := a.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func opensReady(t testing.TB, f Fixture) {
	a, peer := f.Start(t)
	host := open(t, a)
	if events := host.Events(); len(events) > 0 {
		t.Errorf("opening alone published %+v", events)
	}
	if n := len(peer.Effects()); n > 0 {
		t.Errorf("opening alone had %d visible effects", n)
	}
	if a.Identity().Platform == "" {
		t.Error("Identity names no platform")
	}
}

func closesSafely(t testing.TB, f Fixture) {
	never, _ := f.Start(t)
	closeAdapter(t, never)
	closeAdapter(t, never)

	a, _ := f.Start(t)
	open(t, a)
	closeAdapter(t, a)
	closeAdapter(t, a)
}

func opensAgain(t testing.TB, f Fixture) {
	a, peer := f.Start(t)
	if !a.Capabilities().LeaseBound {
		return
	}
	open(t, a)
	closeAdapter(t, a)
	open(t, a)
	do(t, a, f.message(1))
	expectEffects(t, peer, "text number 1")
}

// leavesNoGoroutine lets an adapter live one whole life.
func leavesNoGoroutine(t testing.TB, f Fixture) {
	a, peer := f.Start(t)
	before := goleak.IgnoreCurrent()
	open(t, a)
	do(t, a, f.message(1))
	expectEffects(t, peer, "text number 1")
	closeAdapter(t, a)
	if err := goleak.Find(before); err != nil {
		t.Errorf("Close left goroutines behind: %v", err)
	}
}
