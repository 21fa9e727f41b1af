package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/posternhq/postern/envelope"
)

// run is one attempt at one event: the goroutine that has it, and the lease.
type run struct {
	receiver *receiver
	ticket   ticket
	held     context.Context // ends when the event may be another worker's
	drop     context.CancelFunc
	ctx      context.Context // the handler's, within held
	cancel   context.CancelCauseFunc
	lease    *time.Timer // calls lose
}

func newRun(ctx context.Context, r *receiver, k ticket) *run {
	one := &run{receiver: r, ticket: k}
	one.held, one.drop = context.WithCancel(ctx)
	one.ctx, one.cancel = context.WithCancelCause(one.held)
	one.lease = time.AfterFunc(time.Until(k.until), one.lose)
	if !time.Now().Before(k.until) { // the answer was that long on its way
		one.lose()
	}
	return one
}

// extend is called when the lease has been renewed.
func (r *run) extend(until time.Time) {
	if r.lease.Stop() {
		r.lease.Reset(time.Until(until))
	}
}

// lose is called when it has not been, or somebody else has the event.
func (r *run) lose() {
	r.cancel(ErrLost)
	r.drop()
}

// stop ends the handler's context; the event is ours still.
func (r *run) stop() { r.cancel(ErrStopping) }

func (r *run) stopped() bool { return errors.Is(context.Cause(r.ctx), ErrStopping) }

// release ends what belongs to the run.
func (r *run) release() {
	r.lease.Stop()
	r.lose()
}

// work handles the event and tells Redis how that ended.
func (r *run) work() {
	k, o := &r.ticket, &r.receiver.o
	switch {
	case r.held.Err() != nil:
		return
	case r.stopped():
		r.giveBack(0, false)
		return
	}
	if k.attempt > o.MaxAttempts {
		r.bury(envelope.CodePoison, fmt.Errorf("%d attempts were begun and none came to an end: the workers died in them", k.attempt-1))
		return
	}
	m, err := r.message()
	if err != nil {
		r.bury(envelope.CodeUndecodable, err)
		return
	}
	if o.wants(m.Event.Event) {
		err = r.handle(m)
	}
	var permanent permanentError
	switch {
	case r.held.Err() != nil:
		r.receiver.log.Warn("an event was given to another worker while it was handled here", "entry", k.id, "attempt", k.attempt)
	case err == nil:
		r.settle(func(ctx context.Context) (bool, error) { return r.receiver.turns.done(ctx, *k, nil) })
	case r.stopped():
		r.giveBack(0, false)
	case errors.As(err, &permanent), k.attempt >= o.MaxAttempts:
		r.bury(envelope.CodeInternal, err)
	default:
		delay := backoff{least: o.Backoff, most: o.MaxBackoff, tries: k.attempt - 1}
		wait := delay.next()
		r.receiver.log.Warn("an event could not be handled", "entry", k.id, "attempt", k.attempt, "again_in", wait, "error", err)
		r.giveBack(wait, true)
	}
}

// message reads the event.
func (r *run) message() (*Message, error) {
	data, ok := r.ticket.fields["data"]
	if !ok {
		return nil, errors.New(`the entry has no field "data"`)
	}
	event, err := envelope.DecodeEvent([]byte(data))
	if err != nil {
		return nil, fmt.Errorf("read the event: %w", err)
	}
	if event.Address == (envelope.Address{}) {
		event.Address = envelope.Address{Platform: event.Platform, ChannelID: event.ChannelID, ThreadID: event.ThreadID}
	}
	return &Message{
		Event: event, EntryID: r.ticket.id, Attempt: r.ticket.attempt,
		client: r.receiver.client, group: r.receiver.client.group,
	}, nil
}

// handle runs the handler; a panic in it is its error.
func (r *run) handle(m *Message) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the handler panicked: %v", p)
			r.receiver.log.Error("the handler panicked", "entry", r.ticket.id, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	return r.receiver.handler(r.ctx, m)
}

func (r *run) giveBack(delay time.Duration, counts bool) {
	r.settle(func(ctx context.Context) (bool, error) { return r.receiver.turns.again(ctx, r.ticket, delay, counts) })
}

// bury makes the event a dead letter, with the fields that a gateway's have.
func (r *run) bury(code envelope.Code, why error) {
	k := r.ticket
	r.receiver.log.Error("an event is a dead letter now", "entry", k.id, "attempt", k.attempt, "code", code, "error", why)
	letter := []string{
		"original_stream", r.receiver.turns.stream, "original_msg_id", k.id,
		"code", string(code), "error", why.Error(), "attempt", fmt.Sprint(k.attempt),
		"data", k.fields["data"], "ts", k.fields["ts"], "trace_id", k.fields["trace_id"],
	}
	r.settle(func(ctx context.Context) (bool, error) { return r.receiver.turns.done(ctx, k, letter) })
}

// settle tells Redis how the run ended, until it has heard, or the lease is
// over: then another worker gets the event.
func (r *run) settle(tell func(context.Context) (ours bool, err error)) {
	trouble := backoff{least: 50 * time.Millisecond, most: 2 * time.Second}
	for r.held.Err() == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.held), takeWithin)
		ours, err := tell(ctx)
		cancel()
		if err == nil {
			if !ours && trouble.tries == 0 { // else an earlier one may have been heard
				r.receiver.log.Warn("an event was finished that another worker has by now", "entry", r.ticket.id)
			}
			return
		}
		if trouble.tries == 0 {
			r.receiver.log.Warn("the end of an event could not be written down; trying again", "entry", r.ticket.id, "error", err)
		}
		trouble.wait(r.held)
	}
}
