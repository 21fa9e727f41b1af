package outbound

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
	"github.com/posternhq/postern/platform"
)

// send sends the parts of an operation that are not there yet, one by one:
// each is marked before its first byte leaves, and its id is recorded with
// the next mark or with the settlement.
func (c *courier) send(ctx context.Context, e *entry) outcome {
	parts, out, done := c.plan(ctx, e)
	if done {
		return out
	}
	claim := &e.trial.claim
	claim.Parts = len(parts)
	if claim.IDs == nil {
		claim.IDs = map[int]string{}
	}
	before := e.trial.before // the id of the part before, not recorded yet
	for k := claim.Part; k < len(parts); k++ {
		if c.isDropping() {
			return c.putDown(ctx, e, k, before)
		}
		e.trial.attempts++
		mark := bus.MarkRequest{
			Key: c.opener.claimKey(e), Entry: e.id.String(), State: bus.ClaimSending,
			Part: k, Parts: len(parts), Attempts: e.trial.attempts, Before: before,
		}
		if len(parts) > 1 && claim.Plan == nil {
			claim.Plan, _ = json.Marshal(parts)
			mark.Plan = claim.Plan
		}
		answer, err := c.ledger.Mark(ctx, mark)
		if err != nil || !answer.Held {
			if before != "" {
				c.remember(e, k-1, fate{sent: true, messageID: before})
			}
			return outcome{entry: e, end: endAbandoned}
		}
		c.clock.set(answer.Now)
		if claim.State != bus.ClaimSending || claim.Part != k {
			claim.StartedAt = answer.Now
		}
		claim.State, claim.Part = bus.ClaimSending, k
		result, err := c.adapter.Do(platform.WithPermit(ctx, c.trust.permit), parts[k])
		if err != nil {
			return c.failed(ctx, e, answer.Now, platform.AsError(err))
		}
		claim.IDs[k], before = result.MessageID, result.MessageID
		e.letter.warnings = append(e.letter.warnings, result.Warnings...)
	}
	last := len(parts) - 1
	out = c.finish(ctx, e, ending{
		status: envelope.StatusDelivered, messageIDs: claim.MessageIDs(), part: last, partID: claim.IDs[last],
	})
	if out.end == endAbandoned {
		c.remember(e, last, fate{sent: true, messageID: claim.IDs[last]})
	}
	return out
}

// remember keeps what became of a part that Redis could not be told of.
func (c *courier) remember(e *entry, part int, f fate) {
	c.memory.note(partName{c.opener.claimKey(e), e.id.String(), part}, f)
}

// recall makes use of what an earlier tenure of this process knows of the
// part that the claim says may have been sent. It reports whether it knew.
func (c *courier) recall(e *entry) bool {
	claim := &e.trial.claim
	f, ok := c.memory.recall(partName{c.opener.claimKey(e), e.id.String(), claim.Part})
	if !ok {
		return false
	}
	if f.sent {
		if claim.IDs == nil {
			claim.IDs = map[int]string{}
		}
		claim.IDs[claim.Part], e.trial.before = f.messageID, f.messageID
		claim.Part++
	}
	claim.State = bus.ClaimClaimed
	return true
}

// isDropping reports whether the consumer is past the point in its stop where
// something new may be started.
func (c *courier) isDropping() bool {
	select {
	case <-c.dropping:
		return true
	default:
		return false
	}
}

// putDown leaves an operation for the next owner, with nothing on its way.
func (c *courier) putDown(ctx context.Context, e *entry, next int, before string) outcome {
	if before != "" {
		_, _ = c.ledger.Mark(ctx, bus.MarkRequest{ // unrecorded, the part before reads as one that may have been sent
			Key: c.opener.claimKey(e), Entry: e.id.String(), State: bus.ClaimClaimed,
			Part: next, Parts: e.trial.claim.Parts, Attempts: e.trial.attempts, Before: before,
		})
	}
	return outcome{entry: e, end: endAbandoned}
}

// plan renders the operation, or reads how it was first rendered: a newer
// renderer would cut elsewhere.
func (c *courier) plan(ctx context.Context, e *entry) (parts []platform.Part, out outcome, done bool) {
	if stored := e.trial.claim.Plan; len(stored) > 0 {
		if err := json.Unmarshal(stored, &parts); err == nil && len(parts) > 0 {
			return parts, out, false
		}
		c.log.Error("a stored plan cannot be read; planning anew", "entry", e.id.String())
	}
	targets, out, done := c.targets(ctx, e)
	if done {
		return nil, out, true
	}
	parts, err := c.adapter.Plan(platform.Operation{Envelope: e.letter.env, Key: e.name(), Targets: targets})
	if err != nil {
		p := platform.AsError(err)
		return nil, c.finish(ctx, e, ending{status: envelope.StatusDead, part: -1, err: told(p)}), true
	}
	platform.Number(c.stream.Name, e.name(), parts)
	return parts, out, false
}

// targets are the platform's ids of the message that an edit, a delete or a
// reaction is for.
func (c *courier) targets(ctx context.Context, e *entry) (ids []string, out outcome, done bool) {
	env := e.letter.env
	if env.TargetKey == "" {
		if env.MessageID != "" {
			ids = []string{env.MessageID}
		}
		return ids, out, false
	}
	claims, err := c.stream.Claims(ctx, []string{c.stream.MessageClaim(env.TargetKey)})
	if err != nil {
		return nil, outcome{entry: e, end: endHold, until: c.now().Add(time.Second)}, true
	}
	dead := func(code envelope.Code, message string) outcome {
		return c.finish(ctx, e, ending{status: envelope.StatusDead, part: -1,
			err: &envelope.Error{Code: code, Field: "target_key", Message: message}})
	}
	switch target := claims[0]; target.State {
	case bus.ClaimDone:
		return target.MessageIDs(), out, false
	case bus.ClaimFree:
		return nil, dead(envelope.CodeNotFound, "no envelope with this key has been published here within the dedupe window"), true
	case bus.ClaimClaimed, bus.ClaimSending:
		if behind, err := bus.ParseID(target.Entry); err == nil && behind != e.id {
			return nil, outcome{entry: e, end: endWait, behind: behind}, true
		}
		fallthrough
	default:
		return nil, dead(envelope.CodeTargetFailed, "entry "+target.Entry+", which it is for, was not delivered"), true
	}
}

// failed does what is to be done about a part that failed.
func (c *courier) failed(ctx context.Context, e *entry, now time.Time, err *platform.Error) outcome {
	if ctx.Err() != nil {
		if err.Sent == platform.SentNo {
			c.remember(e, e.trial.claim.Part, fate{})
		}
		return outcome{entry: e, end: endAbandoned}
	}
	claim := &e.trial.claim
	sender := c.sender(e)
	step := delivery.After(err, delivery.Trial{
		Now: now, Attempts: e.trial.attempts - 1, Since: e.since(), RetryFor: c.limits.RetryFor,
		ExpiresAt: e.expiresAt(c.limits.MaxAge), Started: claim.StartedAt, Nothing: len(claim.IDs) == 0 && !e.trial.doubtful,
		OnUnknown: sender.OnUnknown, Safe: sender.Safe, Jitter: jitter(),
	})
	switch step.Move {
	case delivery.Deliver:
		e.letter.warnings = append(e.letter.warnings, "the platform took it, but its answer was an error: "+err.Message)
		claim.IDs[claim.Part] = ""
		return c.finish(ctx, e, ending{status: envelope.StatusDelivered, messageIDs: claim.MessageIDs(), part: claim.Part})
	case delivery.Die:
		return c.finish(ctx, e, ending{
			status: envelope.StatusDead, part: -1, messageIDs: claim.MessageIDs(), err: told(err), answered: true,
		})
	case delivery.Expire:
		return c.finish(ctx, e, expired(e.expiresAt(c.limits.MaxAge)))
	case delivery.ParkNow:
		return c.finish(ctx, e, c.parked(*claim))
	}
	c.meter.Retried(err.Code)
	level := slog.LevelInfo
	if e.trial.attempts > 1 {
		level = slog.LevelDebug // once an entry is enough
	}
	c.log.Log(ctx, level, "not delivered yet", "entry", e.id.String(), "code", err.Code, "sent", err.Sent.String(),
		"wait", step.Wait.Round(time.Millisecond), "attempt", e.trial.attempts, "error", err.Error())
	e.trial.doubtful = e.trial.doubtful || step.Doubtful
	if step.Move != delivery.Retry {
		e.trial.attempts-- // nobody tried: it was not let through
	}
	if err.Sent == platform.SentNo {
		if out, ok := c.unmark(ctx, e); !ok {
			return out
		}
	}
	out := outcome{entry: e, until: c.now().Add(step.Wait), gate: step.Gate}
	switch step.Move {
	case delivery.Shut:
		out.end, out.answered = endShut, true
	case delivery.Idle, delivery.Sign:
		out.end, out.auth = endOutage, step.Move == delivery.Sign
	default:
		out.end = endHold
	}
	return out
}

// unmark records that the open part was certainly not sent, so that no later
// owner has to wonder.
func (c *courier) unmark(ctx context.Context, e *entry) (outcome, bool) {
	claim := &e.trial.claim
	before := ""
	if claim.Part > 0 {
		before = claim.IDs[claim.Part-1]
	}
	answer, err := c.ledger.Mark(ctx, bus.MarkRequest{
		Key: c.opener.claimKey(e), Entry: e.id.String(), State: bus.ClaimClaimed,
		Part: claim.Part, Parts: claim.Parts, Attempts: e.trial.attempts, Before: before,
	})
	if err != nil || !answer.Held {
		c.remember(e, claim.Part, fate{})
		return outcome{entry: e, end: endAbandoned}, false
	}
	claim.State = bus.ClaimClaimed
	return outcome{}, true
}

// told is an adapter's error as workers and operators are told of it: without
// its cause, which may bear anything.
func told(err *platform.Error) *envelope.Error {
	return &envelope.Error{Code: err.Code, Message: err.Message, Field: err.Field, RetryAfter: err.RetryAfter.Seconds()}
}
