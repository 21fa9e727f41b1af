package outbound

import (
	"context"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
	"github.com/posternhq/postern/platform"
)

// send sends the parts of an operation that are not there yet, one by one:
// each is marked before its first byte leaves, and its id is recorded with
// the next mark or with the settlement.
func (c *courier) send(ctx context.Context, e *entry, foreseen []platform.Part) outcome {
	parts, out, done := c.plan(ctx, e, foreseen)
	if done {
		return out
	}
	if out, done := c.deliver(ctx, e, parts); done {
		return out
	}
	claim := &e.trial.claim
	last := len(parts) - 1
	out = outcome{entry: e, end: endAbandoned}
	if c.retargetMade(e, parts) {
		out = c.finish(ctx, e, ending{
			status: envelope.StatusDelivered, messageIDs: claim.MessageIDs(), part: last, partID: claim.IDs.Of(last),
		})
	}
	if out.end == endAbandoned {
		c.remember(e, last, knowledge{sent: true, messageID: claim.IDs.Of(last)})
	}
	return out
}

// deliver sends the parts that are not there yet. done: it did not come to
// their end.
func (c *courier) deliver(ctx context.Context, e *entry, parts []platform.Part) (out outcome, done bool) {
	claim := &e.trial.claim
	claim.Parts = len(parts)
	for claim.Part < len(parts) {
		if closed(c.dropping) || ctx.Err() != nil {
			return c.putDown(e), true
		}
		if opens := c.gates.before(e); !opens.IsZero() { // shut since it started
			c.putDown(e)
			return outcome{entry: e, end: endGated, until: opens}, true
		}
		if open := claim.Part; claim.State == bus.ClaimSending && !e.trial.marked {
			if out, done := c.wonder(ctx, e, parts[open]); done {
				return out, true
			}
			if claim.Part > open {
				continue // it is there
			}
		}
		fresh, bidden := claim.State != bus.ClaimSending || e.trial.marked, claim.Bidden // fresh: nothing of this part can be there yet
		if e.trial.marked {
			e.trial.marked = false
			c.unknown(e)
		} else if !c.markSending(e, parts) {
			return outcome{entry: e, end: endAbandoned}, true
		}
		permit := c.permit(e, parts[claim.Part], fresh)
		result, err := c.adapter.Do(platform.WithPermit(ctx, permit.check), parts[claim.Part])
		if err != nil {
			failure := platform.AsError(err)
			claim.Bidden = bidden && failure.Sent == platform.SentNo
			if failure.Sent == platform.SentNo && permit.closed.Load() && ctx.Err() == nil {
				e.trial.attempts--
				continue // wonder anew: the key was forgotten before a byte left
			}
			if failure.Sent != platform.SentYes {
				return c.failed(ctx, e, parts[claim.Part], failure, fresh), true
			}
			result.Warnings = append(result.Warnings, "the platform took it, but its answer was an error: "+failure.Message)
		}
		e.letter.warnings = append(e.letter.warnings, result.Warnings...)
		c.heed(e, result.Pauses)
		if result.Gone && !c.retarget(e, claim.Part, "") {
			return outcome{entry: e, end: endAbandoned}, true // it is taken away once more
		}
		c.took(e, result)
	}
	return out, false
}

// markSending records that the open part may be on its way, and with it the
// part before. False: send nothing. It waits for the answer also when the right
// to send has ended: a mark that a stop left unanswered would be in doubt.
func (c *courier) markSending(e *entry, parts []platform.Part) bool {
	claim := &e.trial.claim
	e.trial.attempts++
	var plan []byte
	if len(parts) > 1 && claim.Plan == nil {
		plan = encodePlan(parts)
	}
	fresh := claim.State != bus.ClaimSending
	now, ok := c.mark(c.life, e, bus.MarkRequest{State: bus.ClaimSending, Plan: plan})
	if !ok {
		if fresh {
			c.unsent(e)
		}
		return false
	}
	c.unknown(e)
	if plan != nil {
		claim.Plan = plan
	}
	if fresh {
		claim.StartedAt = now
	}
	return true
}

// heed shuts the gates that a platform asked to be shut with what it took.
func (c *courier) heed(e *entry, pauses []platform.Pause) {
	for _, p := range pauses {
		if p.For > 0 {
			name := gateName(p.Gate, e)
			c.gates.shut(name, p.For)
			e.trial.pauses = append(e.trial.pauses, pause{name, time.Now().Add(p.For)})
		}
	}
}

// closed reports whether a channel is.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// putDown leaves an operation for the next owner, with nothing on its way. A
// part that is there and not recorded would read as one that may be, and so
// would one that is marked and was not sent.
func (c *courier) putDown(e *entry) outcome {
	switch claim := &e.trial.claim; {
	case e.trial.marked:
		e.trial.marked, claim.State = false, bus.ClaimClaimed
		e.trial.attempts--
		if !c.rest(c.life, e, true) {
			c.remember(e, claim.Part, knowledge{})
		}
	case e.trial.unrecorded:
		c.mark(c.life, e, bus.MarkRequest{State: bus.ClaimClaimed, Rest: true})
	}
	return outcome{entry: e, end: endAbandoned}
}

// failed does what is to be done about a part that failed. fresh says that no
// earlier attempt at it may have arrived.
func (c *courier) failed(ctx context.Context, e *entry, part platform.Part, err *platform.Error, fresh bool) outcome {
	claim := &e.trial.claim
	e.trial.failure = err.Message
	certain := fresh && err.Sent == platform.SentNo // nothing of this part is there
	if certain {
		claim.State = bus.ClaimClaimed
	}
	e.trial.inquiry.from = time.Now().Add(c.lag())
	if ctx.Err() != nil {
		if !c.rest(c.life, e, certain) && certain {
			c.remember(e, claim.Part, knowledge{})
		}
		return outcome{entry: e, end: endAbandoned}
	}
	sender := c.senderOf(e, part)
	step := delivery.After(err, delivery.Trial{
		Now: c.clock.now(), Attempts: e.trial.attempts - 1, Since: e.since(), RetryFor: c.limits.RetryFor,
		ExpiresAt: e.expiresAt(c.limits.MaxAge), Started: claim.StartedAt, Nothing: fresh && len(claim.IDs) == 0,
		OnUnknown: sender.OnUnknown, Safe: sender.Safe, ReadBack: sender.ReadBack, Jitter: jitter(), Failing: c.failing.Load(),
	})
	c.meter.Failed(step.Move)
	switch step.Move {
	case delivery.Die:
		return c.finish(ctx, e, ending{
			status: envelope.StatusDead, part: -1, messageIDs: claim.MessageIDs(), err: told(err), answered: true,
		})
	case delivery.Expire:
		return c.finish(ctx, e, expired(e, c.limits.MaxAge))
	case delivery.ParkNow:
		return c.finish(ctx, e, parked(*claim, e.trial.failure))
	}
	c.meter.Retried(err.Code)
	if step.Move != delivery.Retry || step.Spared {
		e.trial.attempts-- // nobody tried: it was not let through
	}
	return c.pause(ctx, e, err, step, certain)
}

// pause puts an operation down until a step's time has come. certain: nothing
// of the open part is there.
func (c *courier) pause(ctx context.Context, e *entry, err *platform.Error, step delivery.Step, certain bool) outcome {
	c.logRetry(ctx, e, err, step)
	if step.Move == delivery.ShutGate {
		c.gates.shut(gateName(step.Gate, e), step.Wait)
	}
	if !c.rest(c.life, e, certain) {
		if certain {
			c.remember(e, e.trial.claim.Part, knowledge{})
		}
		return outcome{entry: e, end: endAbandoned}
	}
	out := outcome{entry: e, until: time.Now().Add(step.Wait), gate: step.Gate}
	switch step.Move {
	case delivery.ShutGate:
		out.end, out.answered = endShut, !err.Unasked
	case delivery.AwaitPlatform, delivery.AwaitCredentials:
		out.end, out.auth = endOutage, step.Move == delivery.AwaitCredentials
	default:
		limited := err.Code == envelope.CodeRateLimited
		out.end, out.answered, out.failing = endHold, limited && !err.Unasked, !limited
	}
	return out
}
