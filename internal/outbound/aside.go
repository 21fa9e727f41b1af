package outbound

import (
	"context"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// stepAside takes an operation out of its lane whose target will not be
// finished by what stands before it there: a stream, whose next snapshots stand
// behind it, or an entry that was put aside. Both come to an end by themselves.
// done is false if the target is gone.
func (c *courier) stepAside(ctx context.Context, e *entry, target bus.Claim) (out outcome, done bool) {
	if target.State != bus.ClaimDelayed {
		return outcome{entry: e, end: endStream, lane: target.Lane}, true
	}
	again := time.Now().Add(time.Second)
	id, err := bus.ParseID(target.Entry)
	if err != nil {
		return out, false
	}
	switch there, err := c.stream.Fetch(ctx, []bus.ID{id}); {
	case err != nil:
		return outcome{entry: e, end: endHold, until: again}, true
	case len(there) == 0:
		return out, false
	}
	return outcome{entry: e, end: endDelayed, behind: id, until: again}, true
}

// delayedWaiters are the operations that have stepped aside until the key of
// their target, an entry that was put aside, comes to an end; each key's in the
// order of their places.
type delayedWaiters map[string][]delayedWaiter

type delayedWaiter struct {
	*entry
	target bus.ID
}

// of takes out who waits for a key.
func (w delayedWaiters) of(key string) []delayedWaiter {
	all := w[key]
	delete(w, key)
	return all
}

// awaitDelayed keeps an operation until its target, which was put aside, or
// another entry of the target's key has left. It waits in no lane and without
// its letter: that may take days.
func (d *desk) awaitDelayed(o outcome, slow bool) {
	e := o.entry
	if !d.holding.has(o.behind) && !d.agenda.has(o.behind) { // it has left since the courier looked
		d.lanes.Hold(e.lane, o.until, false)
		return
	}
	d.lanes.Done(e.lane, slow)
	key := e.letter.env.TargetKey
	d.delayed[key] = append(d.delayed[key], delayedWaiter{e, o.behind})
	d.window.gives(e)
	e.letter = nil
}

// follow lets the operations on a key go on, behind the entry that has just
// left and before all that came after it.
func (d *desk) follow(key string) {
	lanes := map[string][]*entry{}
	for _, w := range d.delayed.of(key) {
		lanes[w.lane] = append(lanes[w.lane], w.entry)
	}
	for lane, all := range lanes {
		d.lanes.PushFirst(lane, all...)
	}
}

// gone lets the operations go on whose target is gone from the stream.
func (d *desk) gone(target bus.ID) {
	for key, all := range d.delayed {
		for _, w := range all {
			if w.target == target {
				d.follow(key)
				break
			}
		}
	}
}
