package outbound

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
	"github.com/posternhq/postern/platform"
)

// end says where an operation stands when its courier comes back.
type end int

const (
	endFinished   end = iota // settled
	endHold                  // its lane waits until outcome.until
	endShut                  // a gate is shut until then
	endGated                 // a gate before it is shut until then: nothing was sent
	endOutage                // the platform failed for everybody
	endWait                  // another entry, outcome.behind, holds its key
	endTarget                // another entry, outcome.behind, is its target and not finished
	endSuperseded            // settled, and it was in no lane any more
	endStream                // a stream that grows in outcome.lane is its target
	endDelayed               // another entry, outcome.behind, is its target and put aside
	endLoaded                // outcome.load was read
	endAbandoned             // the tenure ends; the next owner goes on from the claim
)

// outcome is what the courier tells the desk.
type outcome struct {
	entry    *entry
	end      end
	until    time.Time
	gate     platform.Gate
	auth     bool
	behind   bus.ID
	load     *load
	lane     string
	over     bool // the stream that it is of has ended
	answered bool // the platform took it, or refused it for a reason of its own: it is there
	failing  bool // the platform was reached and gave no answer that is one
}

// courier carries out one operation at a time for its caller: claim, plan,
// mark, adapter, settle. It is shared by all operations of a tenure and holds
// no state of theirs.
type courier struct {
	*books
	adapter   platform.Adapter
	finder    platform.Finder // nil = the platform cannot be read back
	began     time.Time       // the tenure: its lease had been granted by then
	robbed    bool            // whose lease it was may still trust in it
	caps      platform.Capabilities
	form      delivery.Form // in which the platform shows streams
	trust     *trust
	gates     *gates
	failing   *atomic.Bool // the platform fails in every lane tried
	limits    Limits
	media     Media           // nil = none
	onUnknown string          // the platform's
	dropping  <-chan struct{} // closed: start nothing more that is only claimed
}

func newCourier(p parts, books *books, trust *trust, dropping <-chan struct{}, robbed bool) *courier {
	caps := p.cfg.Adapter.Capabilities()
	finder, _ := p.cfg.Adapter.(platform.Finder)
	return &courier{
		books: books, adapter: p.cfg.Adapter, finder: finder, began: time.Now(), robbed: robbed, caps: caps, form: delivery.FormOf(caps),
		trust: trust, gates: p.gates, failing: p.failing, limits: p.cfg.Limits, media: p.cfg.Media,
		onUnknown: p.cfg.OnUnknown, dropping: dropping,
	}
}

// carry carries out one operation. ctx ends with the tenure.
func (c *courier) carry(ctx context.Context, e *entry) outcome {
	if out, done := c.begin(ctx, e); done {
		return out
	}
	if e.letter.fault != nil {
		return c.finish(ctx, e, ending{status: envelope.StatusDead, err: e.letter.fault, part: -1})
	}
	if e.snap != nil && e.letter.nothing { // not this one: the final will be shown
		return c.finish(ctx, e, ending{status: envelope.StatusSuperseded, part: -1})
	}
	if opens := c.gates.before(e); !opens.IsZero() && !e.letter.nothing {
		return outcome{entry: e, end: endGated, until: opens}
	}
	parts := c.foresee(e)
	if !e.trial.claimed {
		if out, done := c.claim(ctx, e, len(parts) == 1); done {
			return out
		}
	}
	if at := e.expiresAt(c.limits.MaxAge); !c.clock.now().Before(at) && (e.trial.marked || untouched(e.trial.claim)) {
		if e.trial.marked { // only now: nothing was sent, also if we die here
			c.putDown(e)
		}
		return c.finish(ctx, e, expired(e, c.limits.MaxAge))
	}
	if e.letter.nothing {
		return c.finish(ctx, e, ending{status: envelope.StatusSuperseded, part: -1})
	}
	if e.snap != nil {
		return c.grow(ctx, e)
	}
	return c.send(ctx, e, parts)
}

// supersede settles an entry that a newer one has overtaken before its turn.
func (c *courier) supersede(ctx context.Context, e *entry) outcome {
	e.trial = &trial{}
	if out, done := c.begin(ctx, e); done {
		out.end = endSuperseded
		return out
	}
	out := c.finish(ctx, e, ending{status: envelope.StatusSuperseded, part: -1})
	out.end = endSuperseded // unsettled, the tenure is over
	return out
}

// claim looks up the entry's claim and judges it; one that is free is taken with
// its one part marked as on its way, if send says so. done: there is nothing to
// send, or not now.
func (c *courier) claim(ctx context.Context, e *entry, send bool) (out outcome, done bool) {
	claim, now, err := c.take(ctx, e, send)
	if err != nil {
		return outcome{entry: e, end: endAbandoned}, true
	}
	verdict := delivery.Send
	if !e.trial.marked {
		verdict = c.judge(e, claim, now)
	}
	switch verdict {
	case delivery.SendAgain, delivery.Look, delivery.Resend, delivery.Park, delivery.Poison:
		if c.recall(e) {
			c.meter.Judged(verdict)
			return outcome{}, false
		}
	}
	switch clear := c.clearFrom(claim); verdict {
	case delivery.Park, delivery.Poison:
		if time.Now().Before(clear) {
			e.trial.claimed = false // it is judged again then, and counted
			return outcome{entry: e, end: endHold, until: clear}, true
		}
	}
	c.meter.Judged(verdict)
	switch verdict {
	case delivery.Blocked:
		return c.finish(ctx, e, ending{status: envelope.StatusDead, part: -1, err: &envelope.Error{
			Code: envelope.CodeInternal, Field: "message_key",
			Message: "the claim's key " + c.opener.claimKey(e) + " holds something else: delete or rename it, then replay",
		}}), true
	case delivery.Duplicate:
		return c.duplicate(ctx, e, claim), true
	case delivery.Conflict:
		return c.finish(ctx, e, ending{status: envelope.StatusDead, part: -1, keepClaim: true, err: &envelope.Error{
			Code: envelope.CodeConflict, Field: "message_key",
			Message: "entry " + claim.Entry + " has this key with other content: use a new key for each message",
		}}), true
	case delivery.Overtaken:
		return c.finish(ctx, e, ending{status: envelope.StatusSuperseded, part: -1, keepClaim: true}), true
	case delivery.Elsewhere:
		return c.finish(ctx, e, ending{status: envelope.StatusDead, part: -1, keepClaim: true, err: &envelope.Error{
			Code: envelope.CodeConflict, Field: "channel_id",
			Message: "the stream grows in another conversation: use a new stream_id for each message",
		}}), true
	case delivery.Wait:
		return c.wait(e, claim), true
	case delivery.Poison:
		return c.finish(ctx, e, ending{status: envelope.StatusDead, part: -1, messageIDs: claim.MessageIDs(), err: &envelope.Error{
			Code:    envelope.CodePoison,
			Message: fmt.Sprintf("%d nodes in a row ended while they sent part %d of it", claim.Takeovers, claim.Part+1),
		}}), true
	case delivery.Park:
		return c.finish(ctx, e, parked(claim, e.trial.failure)), true
	}
	return outcome{}, false
}

// judge says what to do with an entry, from its claim.
func (c *courier) judge(e *entry, claim bus.Claim, now time.Time) delivery.Verdict {
	if e.snap == nil {
		return delivery.Judge(c.found(e, claim), c.sender(e), now)
	}
	return delivery.JudgeSnapshot(c.found(e, claim), c.sender(e), e.snap.Snapshot, now)
}

// untouched reports whether nothing of a claim's message can have been sent.
func untouched(claim bus.Claim) bool {
	return claim.State != bus.ClaimSending && len(claim.IDs) == 0
}

// expired is the end of what was not started in time: its own, or what every
// entry has.
func expired(e *entry, maxAge time.Duration) ending {
	at, field := e.expiresAt(maxAge), "expires_at"
	if !at.Before(e.since().Add(maxAge)) {
		field = ""
	}
	return ending{status: envelope.StatusExpired, part: -1, err: &envelope.Error{
		Code: envelope.CodeExpired, Field: field, Message: "not started by " + at.UTC().Format(time.RFC3339),
	}}
}

func (c *courier) sender(e *entry) delivery.Sender {
	env := e.letter.env
	s := delivery.Sender{
		Digest: e.letter.digest, OnConflict: env.OnConflict, OnUnknown: env.OnUnknown,
		Safe: delivery.SafetyOf(env.Type, c.caps),
	}
	shown := env.Type
	if op := e.trial.claim.Op; e.snap != nil {
		made := op == bus.OpReplace || op == bus.OpEnd
		s.Safe, shown = c.form.Safety(made, c.caps), c.form.Shown(env, made).Type
	}
	s.ReadBack = c.tells(shown) && !e.trial.inquiry.vain
	if s.OnUnknown == "" {
		s.OnUnknown = c.onUnknown
	}
	return s
}

// senderOf is sender for one part, which may make a message where the operation
// as a whole sets a state, and may have no key where others have.
func (c *courier) senderOf(e *entry, part platform.Part) delivery.Sender {
	s := c.sender(e)
	s.Safe.StateOnly = s.Safe.StateOnly && !part.Makes
	s.Safe.NativeKey = s.Safe.NativeKey && !part.Keyless
	return s
}

// duplicate ends an entry whose key has ended already, with the first one's
// ids, attempts, doubt and error.
func (c *courier) duplicate(ctx context.Context, e *entry, claim bus.Claim) outcome {
	first := ending{status: envelope.StatusDuplicate, part: -1, keepClaim: true, messageIDs: claim.MessageIDs()}
	if len(claim.Error) > 0 {
		if err := json.Unmarshal(claim.Error, &first.err); err != nil {
			c.log.Warn("why the first entry of a key was not delivered cannot be read", "entry", claim.Entry, "error", err)
		}
	}
	if e.snap != nil && claim.Stream {
		c.warnLate(e, claim)
	} else if !envelope.SameDigest(claim.Digest, e.letter.digest) {
		e.letter.warnings = append(e.letter.warnings, "message_key: entry "+claim.Entry+" had it with other content; that one counts")
	}
	e.trial.attempts, e.trial.doubtful = claim.Attempts, claim.Doubt
	return c.finish(ctx, e, first)
}

// jitter is the chance that spreads retries.
func jitter() float64 { return rand.Float64() }

// logRetry says why an entry is not delivered yet: once an entry is enough.
func (c *courier) logRetry(ctx context.Context, e *entry, err *platform.Error, step delivery.Step) {
	level := slog.LevelInfo
	if e.trial.retried {
		level = slog.LevelDebug
	}
	e.trial.retried = true
	about := append(e.names(), "attempt", e.trial.attempts, "sent", err.Sent.String(), "error", err.Error())
	if step.Wait > 0 {
		about = append(about, "again_in", step.Wait.Round(time.Millisecond))
	}
	c.log.Log(ctx, level, "not delivered yet", about...)
}
