package outbound

import (
	"context"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// stepAside takes an operation out of its lane whose target will not be
// finished by what stands before it there: a stream, whose next snapshots stand
// behind it, or an entry that is not due. Both come to an end by themselves.
// done is false if the target is gone.
func (c *courier) stepAside(ctx context.Context, e *entry, target bus.Claim) (out outcome, done bool) {
	if target.State != bus.ClaimDelayed {
		return outcome{entry: e, end: endStream, lane: target.Lane}, true
	}
	again := outcome{entry: e, end: endHold, until: time.Now().Add(time.Second)}
	id, err := bus.ParseID(target.Entry)
	if err != nil {
		return out, false
	}
	switch there, err := c.stream.Fetch(ctx, []bus.ID{id}); {
	case err != nil:
		return again, true
	case len(there) == 0:
		return out, false
	}
	due, now := target.Due.Add(time.Millisecond), c.clock.now()
	if soon := now.Add(time.Second); due.Before(now) {
		due = soon // it is due, and has not had its turn
	}
	aside, now, err := c.stream.Delay(ctx, c.token, c.limits.DedupeWindow, []bus.Delay{c.opener.delay(e, due)})
	if err != nil || !aside[0] {
		return again, true
	}
	c.agenda.put(e.id)
	c.agenda.in(due.Sub(now))
	return outcome{entry: e, end: endAside}, true
}
