package outbound

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
	"github.com/posternhq/postern/platform"
)

// books is what couriers and clerks share: how an entry's claim is taken,
// moved on and ended, each step written down before the next effect.
type books struct {
	stream    *bus.Stream
	token     string
	life      context.Context // the tenure's: it outlives the right to send
	ledger    *bus.Ledger
	rereader  *bus.Rereader
	opener    *opener
	registrar *registrar
	memory    *memory
	alarm     *alarm
	clock     *clock
	losses    losses
	log       *slog.Logger
	meter     Meter
}

func newBooks(p parts, ledger *bus.Ledger, memory *memory) *books {
	return &books{
		stream: p.stream, token: p.token, ledger: ledger, rereader: p.stream.NewRereader(), opener: p.opener,
		registrar: newRegistrar(p), memory: memory, alarm: p.alarm, clock: p.clock, losses: p.losses,
		log: p.cfg.Log, meter: p.cfg.Meter,
	}
}

// begin makes an entry ready for its turn: its letter in memory, its trial
// begun. done: it is gone.
func (b *books) begin(ctx context.Context, e *entry) (out outcome, done bool) {
	if e.trial == nil {
		e.trial = &trial{}
	}
	if e.letter != nil {
		return out, false
	}
	switch gone, err := b.reload(ctx, e); {
	case err != nil:
		return outcome{entry: e, end: endAbandoned}, true
	case gone:
		return outcome{entry: e, end: endFinished}, true
	}
	return out, false
}

// reload reads an entry's letter again, which did not fit in the window.
func (b *books) reload(ctx context.Context, e *entry) (gone bool, err error) {
	m, found, err := b.rereader.Read(ctx, e.id)
	if err != nil {
		return false, err
	}
	if found {
		e.letter = b.opener.open(m).letter
		return false, nil
	}
	_, err = b.losses.forgetHeld(ctx, []bus.ID{e.id}, nil)
	return err == nil, err
}

// take looks an entry's claim up, and takes it if it is free: with its one part
// marked as on its way, if send says so.
//
// It does not where something is known of the claim: it is not free then, and a
// call without an answer tells nothing of what this tenure may have sent before.
func (b *books) take(ctx context.Context, e *entry, send bool) (bus.Claim, time.Time, error) {
	send = send && e.trial.adopt == "" && e.trial.claim.State == bus.ClaimFree
	q := bus.ClaimRequest{
		Key: b.opener.claimKey(e), Entry: e.text(), Digest: e.letter.digest, Lane: e.lane, Send: send, Adopt: e.trial.adopt,
	}
	if e.snap != nil {
		q.Stream, q.Seq, q.Final, q.Quiet = true, e.snap.Seq, e.snap.Final && !e.snap.open, e.snap.quiet && !e.snap.open
	}
	asked := time.Now()
	answer, err := b.ledger.Claim(ctx, q)
	if err != nil {
		if send {
			b.unsent(e)
		}
		return bus.Claim{}, time.Time{}, err
	}
	b.clock.set(answer.Now, asked)
	claim := answer.Claim
	*e.trial = trial{claimed: holds(e, claim), claim: claim}
	e.trial.marked = send && answer.Taken
	e.trial.packed = e.trial.marked
	if e.trial.claimed { // what another entry went through is not told of this one
		e.trial.attempts, e.trial.doubtful = claim.Attempts, claim.Doubt
	}
	return claim, answer.Now, nil
}

// holds reports whether an entry's claim is its own. One that grows between two
// snapshots is nobody's until it is taken again.
func holds(e *entry, claim bus.Claim) bool {
	return claim.Entry == e.text() && claim.State != bus.ClaimGrowing
}

// found translates a claim for the judgement.
func (b *books) found(e *entry, claim bus.Claim) delivery.Found {
	return delivery.Found{
		Foreign: claim.State == bus.ClaimForeign, Ended: claim.State.Ended(), Sending: claim.State == bus.ClaimSending, Bidden: claim.Bidden,
		Mine: holds(e, claim), Former: claim.Owner != b.token,
		Digest: claim.Digest, StartedAt: claim.StartedAt, Takeovers: claim.Takeovers,
		Stream: claim.Stream, Elsewhere: claim.Lane != e.lane,
		Begun: delivery.Snapshot{Seq: claim.Seq, Final: claim.Final},
	}
}

// wait is the outcome of an entry whose key another one holds.
func (b *books) wait(e *entry, claim bus.Claim) outcome {
	behind, err := bus.ParseID(claim.Entry)
	if err != nil {
		return outcome{entry: e, end: endAbandoned}
	}
	return outcome{entry: e, end: endWait, behind: behind, until: time.Now().Add(time.Second)}
}

// took notes, for now in memory only, that the platform took the open part.
func (b *books) took(e *entry, r platform.Result) {
	claim, id := e.trial.claim, r.MessageID
	switch {
	case r.Gone:
		id = ""
	case id == "" && claim.Stream: // an edit makes no new one
		id = claim.IDs.Of(claim.Part)
	}
	b.advance(e, id)
}

// advance notes, for now in memory only, that the open part is there, under an
// id, if it has one.
func (b *books) advance(e *entry, id string) {
	claim := &e.trial.claim
	claim.IDs.Set(claim.Part, id)
	claim.Part++
	claim.State, claim.Bidden = bus.ClaimClaimed, false
	e.trial.unrecorded, e.trial.inquiry = true, inquiry{}
}

// mark records where the operation stands. It fills in all but the state, and
// takes that over into what we know of the claim. False: the claim is not
// ours any more, or the tenure ends.
func (b *books) mark(ctx context.Context, e *entry, q bus.MarkRequest) (now time.Time, ok bool) {
	claim := &e.trial.claim
	q.Key, q.Entry, q.Step = b.opener.claimKey(e), e.text(), claim.Step+1
	q.Part, q.Parts, q.Attempts, q.Doubt = claim.Part, claim.Parts, e.trial.attempts, e.trial.doubtful
	if q.Recorded = e.trial.unrecorded; q.Recorded {
		q.Before = claim.IDs.Of(claim.Part - 1)
	}
	if e.trial.begins && q.State == bus.ClaimSending {
		q.Begin, q.Digest = &claim.Snapshot, claim.Digest
	}
	asked := time.Now()
	e.trial.packed = false
	answer, err := b.ledger.Mark(ctx, q)
	if err != nil || !answer.Held {
		if q.Recorded {
			b.remember(e, claim.Part-1, knowledge{sent: true, messageID: q.Before})
		}
		return now, false
	}
	b.clock.set(answer.Now, asked)
	claim.Step, claim.State, claim.Owner, e.trial.unrecorded = q.Step, q.State, b.token, false
	e.trial.begins = e.trial.begins && q.Begin == nil
	return answer.Now, true
}

// rest records that the adapter has come back: a take-over from here on is
// nobody's crash. certain: nothing of the open part is there, so that no later
// owner has to wonder.
func (b *books) rest(ctx context.Context, e *entry, certain bool) bool {
	state := bus.ClaimSending
	if certain {
		state = bus.ClaimClaimed
	}
	_, ok := b.mark(ctx, e, bus.MarkRequest{State: state, Rest: true, Bidden: e.trial.claim.Bidden && !certain})
	return ok
}

// finish settles an entry and waits until Redis has acknowledged. It may while
// the lease is ours, also when the right to send has ended: what has happened
// is to be on record.
func (b *books) finish(ctx context.Context, e *entry, how ending) outcome {
	settlement := b.registrar.settlement(e, how)
	settled, err := b.ledger.Settle(settlement)
	if err != nil {
		if !errors.Is(err, bus.ErrFenced) && b.life.Err() == nil {
			b.log.Error("an entry cannot be finished; trying again", "entry", e.text(), "error", err)
		}
		return outcome{entry: e, end: endAbandoned}
	}
	out := outcome{entry: e, end: endFinished, answered: how.answered || how.status == envelope.StatusDelivered}
	if settlement.Stream != "" && settlement.Claim != "" {
		switch settlement.Fate {
		case bus.FateGrow:
			b.alarm.in(settlement.Remember)
		case bus.FateDone, bus.FateDead, bus.FateParked:
			out.over = true
		}
	}
	if e.quiet() {
		return out
	}
	code := envelope.Code("")
	if how.err != nil {
		code = how.err.Code
	}
	b.meter.Finished(how.status, code)
	if how.status == envelope.StatusDelivered && !e.rpc {
		b.meter.Delivered(max(0, b.clock.now().Sub(e.since())))
	}
	if settled.Muted {
		b.registrar.muted(bus.RightsWanted)
	}
	if settled.Foreign > 0 {
		b.registrar.receiptLost(e, "not_a_list", "its key holds something that is no list")
	}
	if how.status == envelope.StatusDead || how.status == envelope.StatusExpired || how.status == envelope.StatusParked {
		b.log.Warn("an envelope was not delivered", append(e.names(), "status", how.status, "error", how.err)...)
	}
	if settled.Outboxed {
		if n, err := b.stream.DrainOutbox(ctx); err != nil {
			b.log.Warn("receipts wait in the outbox", "error", err)
		} else if n > 0 {
			b.registrar.receiptLost(e, "not_a_list", "its key holds something that is no list")
		}
	}
	return out
}

// told is an adapter's error as workers and operators are told of it: without
// its cause, which may bear anything.
func told(err *platform.Error) *envelope.Error {
	return &envelope.Error{Code: err.Code, Message: err.Message, Field: err.Field, RetryAfter: err.RetryAfter.Seconds()}
}
