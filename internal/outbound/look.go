package outbound

import (
	"context"
	"slices"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
	"github.com/posternhq/postern/platform"
)

// inquiry is how far the platform has been asked whether the open part is
// there.
type inquiry struct {
	from   time.Time // what is there by now shows from then on; zero = not known yet
	failed int       // look-ups in a row
	vain   bool      // the platform cannot tell of this part
}

// What a look-up told, as metrics name it.
const (
	lookFound      = "found"
	lookAbsent     = "absent"
	lookFailed     = "failed"
	lookUntellable = "untellable"
)

// wonder says what becomes of the open part, which may be there. done: it is
// not sent now. Else it is sent again, if it is still the open one.
func (c *courier) wonder(ctx context.Context, e *entry, part platform.Part) (out outcome, done bool) {
	claim := &e.trial.claim
	verdict := delivery.Wonder(c.found(e, *claim), c.senderOf(e, part), c.clock.latest())
	if clear := c.clearFrom(*claim); verdict != delivery.Look && time.Now().Before(clear) {
		return outcome{entry: e, end: endHold, until: clear}, true
	}
	e.trial.again = verdict == delivery.SendAgain
	switch verdict {
	case delivery.Look:
		return c.look(ctx, e, part)
	case delivery.Park:
		return c.finish(ctx, e, parked(*claim, e.trial.failure)), true
	case delivery.Resend:
		e.trial.doubtful = true
	}
	return out, false
}

// tells reports whether the platform can be asked about what is of a type.
func (c *courier) tells(t envelope.Type) bool {
	return c.finder != nil && slices.Contains(c.caps.ReadBack, t)
}

// lag is how long the platform may take to show what it took.
func (c *courier) lag() time.Duration {
	return time.Duration(c.caps.ReadBackLag * float64(time.Second))
}

// showsFrom is when all that was sent of a claim's open part, and is there,
// shows, by our clock. Whoever else sent it has no permit any more once a lease
// has passed since ours was granted: none of his was renewed after that, as
// often as it was before, and a permit ends before its lease does.
func (c *courier) showsFrom(claim bus.Claim) time.Time {
	if claim.Owner == c.token {
		return time.Now().Add(c.lag())
	}
	return c.began.Add(c.limits.Lease + c.lag())
}

// clearFrom is when nothing of a claim's open part can leave any more but by us.
// A lease that ended by itself, or was released, has outlived every permit under
// it; one that was taken from its owner may not have.
func (c *courier) clearFrom(claim bus.Claim) time.Time {
	if !c.robbed || claim.Owner == c.token {
		return time.Time{}
	}
	return c.began.Add(c.limits.Lease)
}

// look asks the platform whether the open part is there, and moves the claim
// on accordingly. Until that can be told the lane waits, without a slot.
//
// The look-up is marked as a send is: should it end our process, it counts as a
// crash over this part, and not for ever.
func (c *courier) look(ctx context.Context, e *entry, part platform.Part) (out outcome, done bool) {
	claim, asked := &e.trial.claim, &e.trial.inquiry
	if asked.from.IsZero() {
		asked.from = c.showsFrom(*claim)
	}
	if time.Now().Before(asked.from) {
		return outcome{entry: e, end: endHold, until: asked.from}, true
	}
	bidden := claim.Bidden
	if _, ok := c.mark(c.life, e, bus.MarkRequest{State: bus.ClaimSending}); !ok {
		return outcome{entry: e, end: endAbandoned}, true
	}
	result, found, err := c.finder.Find(ctx, part, claim.StartedAt)
	switch {
	case err != nil:
		claim.Bidden = bidden
		return c.unseen(ctx, e, part, platform.AsError(err))
	case found:
		c.meter.LookedUp(lookFound)
		e.letter.warnings = append(e.letter.warnings, result.Warnings...)
		c.took(e, result)
		return out, false
	}
	c.meter.LookedUp(lookAbsent)
	if !c.rest(c.life, e, true) {
		c.remember(e, claim.Part, knowledge{})
		return outcome{entry: e, end: endAbandoned}, true
	}
	if untouched(*claim) && !c.clock.now().Before(e.expiresAt(c.limits.MaxAge)) {
		return c.finish(ctx, e, expired(e, c.limits.MaxAge)), true
	}
	return out, false
}

// unseen does what is to be done about a look-up that failed: it is made again
// later, and nothing is sent before one was answered. Where the platform will
// never tell, it is as if it could not be asked.
func (c *courier) unseen(ctx context.Context, e *entry, part platform.Part, err *platform.Error) (out outcome, done bool) {
	asked := &e.trial.inquiry
	if ctx.Err() != nil {
		c.rest(c.life, e, false)
		return outcome{entry: e, end: endAbandoned}, true
	}
	if delivery.Final(err.Code) {
		c.meter.LookedUp(lookUntellable)
		c.log.Warn("the platform cannot tell whether a part is there", append(e.names(), "part", part.Index, "error", err.Error())...)
		asked.vain = true
		return c.wonder(ctx, e, part)
	}
	c.meter.LookedUp(lookFailed)
	step := delivery.AfterLook(err, delivery.Trial{
		Now: c.clock.now(), Attempts: asked.failed, Since: e.since(), RetryFor: c.limits.RetryFor, Jitter: jitter(),
	})
	asked.failed++
	if step.Move == delivery.Die {
		if sender := c.sender(e); sender.OnUnknown == envelope.UnknownPark {
			return c.finish(ctx, e, parked(e.trial.claim, e.trial.failure)), true
		}
		return c.finish(ctx, e, ending{status: envelope.StatusDead, part: -1, messageIDs: e.trial.claim.MessageIDs(), err: told(err)}), true
	}
	return c.pause(ctx, e, err, step, false), true
}
