package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/posternhq/postern/envelope"
)

// Handler handles one event. Nil finishes the event; an error has it handled
// again after a while, by any worker; see Permanent for one that is not worth
// it. A panic is an error. Its context ends when the worker has to stop, or has
// lost the conversation (ErrLost); what is published with it from then on is
// refused.
type Handler func(ctx context.Context, m *Message) error

// ReceiveOptions are how events are handled. The zero value is good.
type ReceiveOptions struct {
	// Events are those that the handler is for; the others are finished unseen.
	// Default: all but status, which is about a platform and has nowhere to be
	// answered.
	Events []envelope.EventType

	// Concurrency is how many conversations are worked on at a time; default 16.
	Concurrency int

	// MaxAttempts is how often an event is tried before it is a dead letter;
	// default 5. An attempt in which the worker died counts, one that was ended
	// by stopping does not.
	MaxAttempts int

	// Backoff is the pause after the first attempt, doubled with each, up to
	// MaxBackoff; half of it is left to chance. Defaults: 1 s and 1 minute, so
	// five attempts take up to 1+2+4+8 = 15 s. The conversation waits meanwhile.
	Backoff, MaxBackoff time.Duration

	// Lease is how long after a worker's death another takes its conversations;
	// default 15 s, at least 1 s. It is renewed each third of it, however long
	// the handler takes.
	Lease time.Duration

	// MinIdle is how long an event may lie that somebody read from the stream
	// without this package, and left pending, until it is handled here. Default
	// 60 s; negative: for ever.
	MinIdle time.Duration

	// Drain is how long running handlers may go on after ctx has ended, before
	// their contexts end; default 30 s.
	Drain time.Duration

	// DeadRetention is how long dead letters are kept; default 30 days.
	DeadRetention time.Duration
}

// ErrLost is the cause of a handler's context when the event has been given to
// another worker, because this one could not renew its lease in time.
var ErrLost = errors.New("the conversation has been given to another worker")

// ErrStopping is the cause of a handler's context when Receive has been told to
// stop and the handler took longer than Drain.
var ErrStopping = errors.New("the worker stops")

// Permanent marks a handler's error as one that trying again does not cure: the
// event is a dead letter at once.
func Permanent(err error) error { return permanentError{err} }

type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// Receive handles events of the inbound stream until ctx ends, and returns nil
// once the running handlers have ended. Workers of the same group share the
// events. Of one conversation, one event at a time is handled over all of them,
// in the stream's order; docs/one-conversation.md has the exact promise.
//
// An outage of Redis is logged and outlasted; only options that make no sense
// are an error.
func (c *Client) Receive(ctx context.Context, h Handler, o ReceiveOptions) error {
	if err := o.complete(); err != nil {
		return fmt.Errorf("receive: %w", err)
	}
	return newReceiver(c, h, o).run(ctx)
}

// Dead is the stream that the group's dead letters are in: the events that the
// handler failed on too often, or nobody could read.
func (c *Client) Dead() string {
	return envelope.Beside(c.names.InboundStream, "dead:"+c.group)
}

func (o *ReceiveOptions) complete() error {
	or := func(d *time.Duration, fallback time.Duration) {
		if *d == 0 {
			*d = fallback
		}
	}
	or(&o.Backoff, time.Second)
	or(&o.MaxBackoff, max(time.Minute, o.Backoff))
	or(&o.Lease, 15*time.Second)
	or(&o.MinIdle, time.Minute)
	or(&o.Drain, 30*time.Second)
	or(&o.DeadRetention, 30*24*time.Hour)
	if o.Concurrency == 0 {
		o.Concurrency = 16
	}
	if o.MaxAttempts == 0 {
		o.MaxAttempts = 5
	}
	switch {
	case o.Concurrency < 1 || o.Concurrency > 1000:
		return fmt.Errorf("option Concurrency is %d, expected 1 to 1000", o.Concurrency)
	case o.MaxAttempts < 1:
		return fmt.Errorf("option MaxAttempts is %d, expected 1 or more", o.MaxAttempts)
	case o.Backoff < 0 || o.MaxBackoff < o.Backoff:
		return fmt.Errorf("option Backoff is %v and MaxBackoff %v, expected the first to be the smaller", o.Backoff, o.MaxBackoff)
	case o.Lease < time.Second:
		return fmt.Errorf("option Lease is %v, expected 1s or more", o.Lease)
	case o.MinIdle > 0 && o.MinIdle < o.Lease:
		return fmt.Errorf("option MinIdle is %v, expected at least the Lease, %v", o.MinIdle, o.Lease)
	case o.Drain < 0 || o.DeadRetention < 0:
		return fmt.Errorf("option Drain is %v and DeadRetention %v, expected none below 0", o.Drain, o.DeadRetention)
	}
	return nil
}

// wants reports whether the handler is for such events.
func (o *ReceiveOptions) wants(e envelope.EventType) bool {
	if len(o.Events) == 0 {
		return e != envelope.EventStatus
	}
	return slices.Contains(o.Events, e)
}
