package outbound

import (
	"context"
	"encoding/json"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/platform"
)

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
		return nil, c.finish(ctx, e, ending{status: envelope.StatusDead, part: -1, err: told(platform.AsError(err))}), true
	}
	platform.Number(c.stream.Name, e.name(), parts)
	return parts, out, false
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
	again := outcome{entry: e, end: endHold, until: time.Now().Add(time.Second)}
	claims, err := c.stream.Claims(ctx, []string{c.stream.MessageClaim(env.TargetKey)})
	if err != nil {
		return nil, again, true
	}
	dead := func(code envelope.Code, message string) outcome {
		return c.finish(ctx, e, ending{
			status: envelope.StatusDead, part: -1,
			err: &envelope.Error{Code: code, Field: "target_key", Message: message},
		})
	}
	target := claims[0]
	switch target.State {
	case bus.ClaimDone:
		return target.MessageIDs(), out, false
	case bus.ClaimFree:
		return nil, dead(envelope.CodeNotFound, "no envelope with this key has been published here within the dedupe window"), true
	case bus.ClaimClaimed, bus.ClaimSending:
		behind, err := bus.ParseID(target.Entry)
		if err == nil && behind.Compare(e.id) < 0 {
			there, err := c.stream.Fetch(ctx, []bus.ID{behind})
			if err != nil {
				return nil, again, true
			}
			if len(there) > 0 {
				return nil, outcome{entry: e, end: endTarget, behind: behind, until: again.until}, true
			}
		}
	}
	return nil, dead(envelope.CodeTargetFailed, "entry "+target.Entry+", which it is for, was not delivered before this one"), true
}
