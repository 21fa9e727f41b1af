package outbound

import (
	"context"
	"slices"
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

// followers are the operations that have stepped aside until their target, or
// another entry of its key, has left: by that key, in the order of their places.
type followers map[string][]follower

type follower struct {
	*entry
	target bus.ID
}

// of takes out who waits for a key.
func (f followers) of(key string) []follower {
	all := f[key]
	delete(f, key)
	return all
}

// awaitDelayed keeps an operation until its target, which was put aside, has
// left.
func (d *desk) awaitDelayed(o outcome, slow bool) {
	if !d.holding.Has(o.behind) && !d.agenda.has(o.behind) { // it has left since the courier looked
		d.lanes.Hold(o.entry.lane, o.until, false)
		return
	}
	d.lanes.Done(o.entry.lane, slow)
	d.toFollow(o.entry, o.behind)
}

// toFollow keeps an operation in no lane, and without its letter: it may take
// days until its target has left.
func (d *desk) toFollow(e *entry, target bus.ID) {
	key := e.letter.env.TargetKey
	d.followers[key] = append(d.followers[key], follower{e, target})
	e.aside = true
	d.window.gives(e)
	e.letter = nil
}

// targetAside reports whether the target of an operation has stepped aside
// itself: for something that may stand behind both.
func (d *desk) targetAside(e *entry, target bus.ID) bool {
	return slices.ContainsFunc(d.keys[e.letter.env.TargetKey], func(o *entry) bool { return o.id == target && o.aside })
}

// follow lets the operations on a key go on, behind the entry that has just
// left and before all that came after it.
func (d *desk) follow(key string) {
	lanes := map[string][]*entry{}
	for _, f := range d.followers.of(key) {
		f.aside = false
		lanes[f.lane] = append(lanes[f.lane], f.entry)
	}
	for lane, all := range lanes {
		d.lanes.PushFirst(lane, all...)
	}
}

// gone lets the operations go on whose target is gone from the stream.
func (d *desk) gone(target bus.ID) {
	for key, all := range d.followers {
		if slices.ContainsFunc(all, func(f follower) bool { return f.target == target }) {
			d.follow(key)
		}
	}
}
