package outbound

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// foresee renders an operation before its claim is looked up, if it needs nothing
// but its envelope for it. Most are of one part, and then the claim is taken and
// the part marked with one call. What cannot be rendered is nil here, and what
// must not be started any more: whether that matters, its claim says.
func (c *courier) foresee(e *entry) []platform.Part {
	env := e.letter.env
	switch {
	case e.trial.claimed, e.letter.nothing, e.snap != nil, env.TargetKey != "", len(env.Attachments) > 0:
		return nil
	case !c.clock.now().Before(e.expiresAt(c.limits.MaxAge)):
		return nil
	}
	op := platform.Operation{Envelope: env, Key: e.name()}
	if env.MessageID != "" {
		op.Targets = []string{env.MessageID}
	}
	parts, err := c.adapter.Plan(op)
	if err != nil {
		return nil
	}
	platform.Number(c.stream.Name, op.Key, parts)
	return parts
}

// plan renders the operation, if it was not foreseen, or reads how it was first
// rendered: a newer renderer would cut elsewhere.
func (c *courier) plan(ctx context.Context, e *entry, foreseen []platform.Part) (parts []platform.Part, out outcome, done bool) {
	if parts := c.stored(e); parts != nil {
		return parts, out, false
	}
	switch len(foreseen) {
	case 0:
	case 1:
		return foreseen, out, false
	default:
		return c.number(ctx, e, e.name(), foreseen)
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
	if size, most := planSize(parts), planMost*c.opener.limits.MaxBytes; most > 0 && size > most || len(parts) > partsMost {
		return nil, c.finish(ctx, e, ending{status: envelope.StatusDead, part: -1, messageIDs: e.trial.claim.MessageIDs(), err: &envelope.Error{
			Code: envelope.CodeTooLarge, Field: "text",
			Message: fmt.Sprintf("it takes %d parts of %d bytes in all; at most %d of %d bytes are taken: publish it as several messages", len(parts), size, partsMost, most),
		}}), true
	}
	platform.Number(c.stream.Name, operation, parts)
	return parts, out, false
}

// planMost bounds what a plan takes in Redis, in envelopes of the largest size:
// 8 MiB by default. What is rendered is longer than what was published, but not
// by so much, unless it is cut into crumbs.
const planMost = 8

// partsMost bounds the parts of one message: a script takes no more than some
// 4,000 ids of them at once.
const partsMost = 1000

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
func (c *courier) stored(e *entry) []platform.Part {
	plan := e.trial.claim.Plan
	if len(plan) == 0 {
		return nil
	}
	var parts []platform.Part
	if err := json.Unmarshal(plan, &parts); err != nil || len(parts) == 0 {
		c.log.Error("a stored plan cannot be read; planning anew", "entry", e.text())
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
