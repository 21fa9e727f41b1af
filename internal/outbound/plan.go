package outbound

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/platform"
)

// plan renders the operation, or reads how it was first rendered: a newer
// renderer would cut elsewhere.
func (c *courier) plan(ctx context.Context, e *entry) (parts []platform.Part, out outcome, done bool) {
	if parts := c.stored(e); parts != nil {
		return parts, out, false
	}
	targets, out, done := c.targets(ctx, e)
	if done {
		return nil, out, true
	}
	env, out, done := c.resolve(ctx, e)
	if done {
		return nil, out, true
	}
	parts, err := c.adapter.Plan(platform.Operation{Envelope: env, Key: e.name(), Targets: targets})
	if err != nil {
		return nil, c.finish(ctx, e, ending{status: envelope.StatusDead, part: -1, err: told(platform.AsError(err))}), true
	}
	return c.number(ctx, e, e.name(), parts)
}

// number gives the parts of an operation their keys. Parts that take more than
// Redis is to keep for one message are refused, before any of them is sent.
func (c *courier) number(ctx context.Context, e *entry, operation string, parts []platform.Part) (_ []platform.Part, out outcome, done bool) {
	if size, most := planSize(parts), planMost*c.opener.limits.MaxBytes; most > 0 && size > most {
		return nil, c.finish(ctx, e, ending{status: envelope.StatusDead, part: -1, messageIDs: e.trial.claim.MessageIDs(), err: &envelope.Error{
			Code: envelope.CodeTooLarge, Field: "text",
			Message: fmt.Sprintf("it takes %d parts of %d bytes in all, of at most %d: publish it as several messages", len(parts), size, most),
		}}), true
	}
	platform.Number(c.stream.Name, operation, parts)
	return parts, out, false
}

// planMost bounds what a plan takes in Redis, in envelopes of the largest size:
// 8 MiB by default. What is rendered is longer than what was published, but not
// by so much, unless it is cut into crumbs.
const planMost = 8

// planSize is what parts take as a plan, in bytes, near enough; one part is not
// kept.
func planSize(parts []platform.Part) (size int) {
	if len(parts) < 2 {
		return 0
	}
	for _, p := range parts {
		size += 160 + len(p.ChannelID) + len(p.ThreadID) + base64.StdEncoding.EncodedLen(len(p.Body))
	}
	return size
}

// stored is how the operation was first rendered; nil if that was not kept.
func (c *courier) stored(e *entry) (parts []platform.Part) {
	plan := e.trial.claim.Plan
	if len(plan) == 0 {
		return nil
	}
	if err := json.Unmarshal(plan, &parts); err != nil || len(parts) == 0 {
		c.log.Error("a stored plan cannot be read; planning anew", "entry", e.id.String())
		return nil
	}
	return parts
}

// encodePlan is how several parts are stored. They are plain data: it cannot
// fail.
func encodePlan(parts []platform.Part) []byte {
	text, _ := json.Marshal(parts)
	return text
}

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

func (c *courier) dead(ctx context.Context, e *entry, code envelope.Code, message string) outcome {
	return c.finish(ctx, e, ending{
		status: envelope.StatusDead, part: -1, messageIDs: e.trial.claim.MessageIDs(),
		err: &envelope.Error{Code: code, Field: "target_key", Message: message},
	})
}
