package platformtest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// finder starts an adapter that can look for messages; nil: it cannot.
func finder(t testing.TB, f Fixture) (platform.Adapter, platform.Finder, Peer) {
	t.Helper()
	a, peer := f.Start(t)
	if !slices.Contains(a.Capabilities().ReadBack, envelope.TypeMessage) {
		return a, nil, peer
	}
	look, ok := a.(platform.Finder)
	if !ok {
		t.Fatalf("read_back names %q, but the adapter is no Finder", envelope.TypeMessage)
	}
	open(t, a)
	return a, look, peer
}

func find(look platform.Finder, p platform.Part, since time.Time) (platform.Result, bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return look.Find(ctx, p, since)
}

// findLost: what the platform took, and did not answer to, shows within the
// lag; what it was never asked for does not, even if it reads the same.
func findLost(t testing.TB, f Fixture) {
	a, look, peer := finder(t, f)
	if look == nil {
		return
	}
	since := time.Now()
	sent, op := f.onePart(t, a, 1), f.message(1)
	op.Key = "another key"
	twin, err := plan(a, op)
	if err != nil || len(twin) != 1 {
		t.Fatalf("plan the same text under another key: %d parts, %v", len(twin), err)
	}
	if peer.Fail(FaultLost) {
		if _, err := doPart(a, sent); err == nil {
			t.Error("Do succeeded although the answer was lost")
		}
	} else if _, err := doPart(a, sent); err != nil {
		t.Fatalf("do: %v", err)
	}
	lag := time.Duration(a.Capabilities().ReadBackLag * float64(time.Second))
	over := time.NewTimer(lag + time.Second)
	defer over.Stop()
	tick := time.NewTicker(max(lag/20, time.Millisecond))
	defer tick.Stop()
	for found := false; !found; {
		var result platform.Result
		if result, found, err = find(look, sent, since); err != nil {
			t.Fatalf("find what is there: %v", err)
		}
		if found && result.MessageID == "" {
			t.Error("found, but without its id")
		}
		if found {
			break
		}
		select {
		case <-tick.C:
		case <-over.C:
			t.Fatalf("what the platform took was not found within its lag of %v", lag)
		}
	}
	if _, found, err := find(look, twin[0], since); found || err != nil {
		t.Errorf("a part that reads the same, and was never sent: found %v, %v", found, err)
	}
	expectEffects(t, peer, "text number 1")
}

// findFailing: a look-up that was not answered tells nothing, least of all
// that nothing is there.
func findFailing(t testing.TB, f Fixture) {
	for _, fault := range []Fault{FaultBroken, FaultLimited, FaultRefused} {
		a, look, peer := finder(t, f)
		if look == nil {
			return
		}
		part := f.onePart(t, a, 1)
		if !peer.Fail(fault) {
			continue
		}
		_, found, err := find(look, part, time.Now())
		switch {
		case err == nil:
			t.Errorf("%s: Find answered, found %v", fault, found)
		case platform.AsError(err).Code == envelope.CodeUnsupported:
			t.Errorf("%s: %q; expected a code that Find is called again after", fault, err)
		}
	}
}
