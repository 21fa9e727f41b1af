package outbound

import (
	"context"
	"errors"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/platform"
)

// targets are the platform's ids of the message that an edit, a delete or a
// reaction is for. It waits for one that is not finished: always for an
// earlier entry, so that no two wait for each other.
func (c *courier) targets(ctx context.Context, e *entry) (ids []string, out outcome, done bool) {
	env := e.letter.env
	if env.TargetKey == "" {
		if env.MessageID != "" {
			ids = []string{env.MessageID}
		}
		return ids, out, false
	}
	target, err := c.target(ctx, env.TargetKey)
	if err == nil && (target.State == bus.ClaimDelayed || target.Stream && !target.State.Ended()) {
		if out, done := c.stepAside(ctx, e, target); done {
			return nil, out, true
		}
		target = bus.Claim{}
	}
	if err == nil && !target.State.Ended() && target.State != bus.ClaimFree {
		out, err = c.behind(ctx, e, target)
		if err == nil && out.end == endTarget {
			return nil, out, true
		}
		target, err = c.target(ctx, env.TargetKey) // it is gone: it may have ended meanwhile
	}
	switch {
	case err != nil:
		return nil, outcome{entry: e, end: endHold, until: time.Now().Add(time.Second)}, true
	case target.State == bus.ClaimDone:
		return target.MessageIDs(), out, false
	case target.State == bus.ClaimFree:
		return nil, c.dead(ctx, e, envelope.CodeNotFound, "no envelope with this key has been published here within the dedupe window"), true
	default:
		return nil, c.dead(ctx, e, envelope.CodeTargetFailed, "entry "+target.Entry+", which it is for, was not delivered before this one"), true
	}
}

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

func (c *courier) target(ctx context.Context, key string) (bus.Claim, error) {
	claims, err := c.stream.Claims(ctx, []string{c.stream.MessageClaim(key)})
	if err != nil {
		return bus.Claim{}, err
	}
	return claims[0], nil
}

// behind is the outcome of an operation whose target is not finished: it waits
// (endTarget), if the target is an earlier entry and there.
func (c *courier) behind(ctx context.Context, e *entry, target bus.Claim) (out outcome, err error) {
	id, err := bus.ParseID(target.Entry)
	if err != nil || id.Compare(e.id) >= 0 {
		return out, nil
	}
	there, err := c.stream.Fetch(ctx, []bus.ID{id})
	if err != nil || len(there) == 0 {
		return out, err
	}
	return outcome{entry: e, end: endTarget, behind: id, until: time.Now().Add(time.Second)}, nil
}

// retarget notes in the claim of an edit's target what the edit made of one of
// its parts, for the next edit of it, trying on while the tenure lasts. False: it
// is over, and whoever goes on with the edit notes it.
func (c *courier) retarget(e *entry, part int, id string) bool {
	key := e.letter.env.TargetKey
	if e.letter.env.Type != envelope.TypeEdit || key == "" {
		return true
	}
	trouble := newTrouble(c.log, "the claim of what is edited")
	for {
		err := c.stream.Retarget(c.life, c.token, c.stream.MessageClaim(key), part, id)
		if err == nil {
			trouble.over()
			return true
		}
		if c.life.Err() != nil || errors.Is(err, bus.ErrFenced) {
			return false
		}
		trouble.wait(c.life, err)
	}
}

// retargetMade does so for the parts that an edit made.
func (c *courier) retargetMade(e *entry, parts []platform.Part) bool {
	for i, p := range parts {
		if p.Makes && !c.retarget(e, i, e.trial.claim.IDs.Of(i)) {
			return false
		}
	}
	return true
}

func (c *courier) dead(ctx context.Context, e *entry, code envelope.Code, message string) outcome {
	return c.finish(ctx, e, ending{
		status: envelope.StatusDead, part: -1, messageIDs: e.trial.claim.MessageIDs(),
		err: &envelope.Error{Code: code, Field: "target_key", Message: message},
	})
}
