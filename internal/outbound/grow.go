package outbound

import (
	"context"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
	"github.com/posternhq/postern/platform"
)

// grow applies a snapshot to its stream's message.
//
//	claim ─┬─ an operation was begun ──► carry it to its end, as it was begun ─┐
//	       └─ none is open ◄───────────────────────────────────────────────────┘
//	            └─ begin this snapshot's: make the message, or replace its text
//	                 └─► settle: the stream grows on, or has ended
//
// What was begun is carried to its end by whoever comes next, from the claim:
// only so it is known what the platform shows under which of its keys. If we
// die anywhere here, the claim says which operation is open.
func (c *courier) grow(ctx context.Context, e *entry) outcome {
	claim := &e.trial.claim
	for {
		env, own, out, done := c.step(ctx, e)
		if done {
			return out
		}
		if env != nil {
			parts, out, done := c.planStep(ctx, e, env)
			if done {
				return out
			}
			if out, done := c.deliver(ctx, e, parts); done {
				return out
			}
		}
		ends := claim.Final || claim.Op == bus.OpEnd
		switch {
		case own:
			return c.applied(ctx, e, envelope.StatusDelivered)
		case ends: // another's final: it counts
			c.warnLate(e, *claim)
			return c.applied(ctx, e, envelope.StatusDuplicate)
		}
		if _, ok := c.mark(ctx, e, bus.MarkRequest{State: bus.ClaimClaimed, Rest: true}); !ok {
			return outcome{entry: e, end: endAbandoned}
		}
		claim.State, claim.Part, claim.Parts, claim.Plan = bus.ClaimClaimed, 0, 0, nil
	}
}

// step says what is to be done next to a stream's message, and notes it in the
// claim as we know it: the envelope to show, nil if nothing has to be shown,
// and whether it is this entry's own.
func (c *courier) step(ctx context.Context, e *entry) (env *envelope.Outbound, own bool, out outcome, done bool) {
	claim := &e.trial.claim
	if !claim.Begun() {
		if out, done := c.begins(ctx, e); done {
			return nil, false, out, true
		}
		own = true
	} else {
		e.trial.begins = false
		own = c.owns(e, *claim)
	}
	if own && claim.Op != bus.OpEnd {
		return c.form.Shown(e.letter.env, claim.Op != bus.OpMake), true, out, false
	}
	env = c.opener.kept(*claim)
	if env == nil {
		return nil, own, c.finish(ctx, e, ending{status: envelope.StatusDead, part: -1, messageIDs: claim.MessageIDs(), err: &envelope.Error{
			Code: envelope.CodeInternal, Field: "stream_id", Message: "what its claim keeps of the last snapshot cannot be read",
		}}), true
	}
	if claim.Op == bus.OpEnd {
		env.Final = true
		switch view := e.letter.env.View; {
		case own && len(view) > 0:
			env.View = view
		case c.form != delivery.FormNative:
			return nil, own, out, false // it reads as it did
		}
	}
	return c.form.Shown(env, claim.Op != bus.OpMake), own, out, false
}

// begins notes that this entry's own operation is the one to do.
func (c *courier) begins(ctx context.Context, e *entry) (out outcome, done bool) {
	claim := &e.trial.claim
	next := bus.Snapshot{Op: bus.OpReplace, Seq: e.snap.Seq, Final: e.snap.Final, Data: e.letter.data}
	digest := e.letter.digest
	switch {
	case e.snap.quiet, e.snap.Blank && claim.Op != bus.OpNone && len(claim.IDs) > 0:
		next.Op, next.Data, digest = bus.OpEnd, claim.Data, claim.Digest
	case e.snap.Blank && len(e.letter.env.View) == 0:
		return c.finish(ctx, e, ending{status: envelope.StatusDead, part: -1, err: &envelope.Error{
			Code: envelope.CodeInvalid, Field: "text", Message: "nothing of this stream is shown yet: its final snapshot needs a text",
		}}), true
	case len(claim.IDs) == 0:
		next.Op = bus.OpMake
	}
	claim.Snapshot, claim.Digest, claim.Plan = next, digest, nil
	e.trial.begins = true
	return out, false
}

// owns reports whether the operation that was begun shows what this entry
// asks for: then it is this entry's.
func (c *courier) owns(e *entry, claim bus.Claim) bool {
	if claim.Op == bus.OpEnd {
		return e.snap.quiet || e.snap.Blank && e.snap.Seq == claim.Seq
	}
	return !e.snap.quiet && claim.Seq == e.snap.Seq && claim.Final == e.snap.Final &&
		envelope.SameDigest(claim.Digest, e.letter.digest)
}

// kept is the envelope of the snapshot that was begun last; nil if it cannot
// be read.
func (o *opener) kept(claim bus.Claim) *envelope.Outbound {
	decoded, fault := envelope.DecodeOutbound(claim.Data, o.limits)
	if fault != nil {
		return nil
	}
	return decoded.Envelope.Normalize()
}

// planStep renders a step, or reads how it was first rendered.
func (c *courier) planStep(ctx context.Context, e *entry, env *envelope.Outbound) (parts []platform.Part, out outcome, done bool) {
	claim := &e.trial.claim
	if parts := c.stored(e); parts != nil {
		return parts, out, false
	}
	op := platform.Operation{Envelope: env, Key: nameOf(e.key, claim.Snapshot)}
	if claim.Op != bus.OpMake {
		op.Targets = claim.MessageIDs()
	}
	parts, err := c.adapter.Plan(op)
	if err != nil {
		return nil, c.finish(ctx, e, ending{
			status: envelope.StatusDead, part: -1, messageIDs: claim.MessageIDs(), err: told(platform.AsError(err)),
		}), true
	}
	return c.number(ctx, e, op.Key, parts)
}

// applied ends a snapshot whose stream's message shows it, or what it yields
// to.
func (c *courier) applied(ctx context.Context, e *entry, status envelope.Status) outcome {
	claim := &e.trial.claim
	end := ending{status: status, messageIDs: claim.MessageIDs(), part: -1}
	if e.trial.unrecorded {
		end.part = claim.Part - 1
		end.partID = claim.IDs.Of(end.part)
	}
	out := c.finish(ctx, e, end)
	if out.end == endAbandoned && end.part >= 0 {
		c.remember(e, end.part, knowledge{sent: true, messageID: end.partID})
	}
	return out
}

// warnLate says in a snapshot's receipt that its stream had ended without it.
func (c *courier) warnLate(e *entry, claim bus.Claim) {
	begun := delivery.Snapshot{Seq: claim.Seq, Final: claim.Final}
	if !e.snap.Blank && !e.snap.Precedes(begun) && !envelope.SameDigest(claim.Digest, e.letter.digest) {
		e.letter.warnings = append(e.letter.warnings,
			"stream_id: the stream had been finished before, with another text; this one is not shown")
	}
}
