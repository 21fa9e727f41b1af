package outbound

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// dueStreams is how many are asked for at once.
const dueStreams = 512

// putAside takes those of entries out that are not due, or came due unread: they
// stay pending, take their places when they are due, and hold nobody up. Redis'
// clock says which.
func (r *reader) putAside(ctx context.Context, entries []*entry) ([]*entry, error) {
	var early []*entry
	var delays []bus.Delay
	for _, e := range entries {
		if due := e.due(); !due.IsZero() && e.letter.fault == nil {
			early = append(early, e)
			delays = append(delays, r.opener.delay(e, due))
		}
	}
	if len(early) == 0 {
		return entries, nil
	}
	aside, now, err := r.stream.Delay(ctx, r.token, r.remember, delays)
	if bus.Misplaced(err) {
		for _, e := range early {
			e.letter.fault = &envelope.Error{
				Code: envelope.CodeInternal, Field: "not_before",
				Message: "the key that keeps what is not due holds something else: delete or rename " +
					envelope.Beside(r.stream.Name, "delayed") + ", then replay",
			}
		}
		return entries, nil
	}
	if err != nil {
		return nil, err
	}
	for i, e := range early {
		if aside[i] {
			r.agenda.Put(e.id, delays[i].Due.UnixMilli())
			r.alarm.in(delays[i].Due.Add(time.Millisecond).Sub(now))
		}
	}
	return slices.DeleteFunc(entries, func(e *entry) bool { return r.agenda.Has(e.id) }), nil
}

// delay is what Redis is told of an entry that is put aside.
func (o *opener) delay(e *entry, due time.Time) bus.Delay {
	d := bus.Delay{Entry: e.id, Due: due, Digest: e.letter.digest, Lane: e.lane}
	if e.key != "" {
		d.Claim = o.claimKey(e)
	}
	return d
}

// missing are those of ids that this node neither holds nor has put aside.
func (r *reader) missing(ids []bus.ID) []bus.ID {
	return slices.DeleteFunc(r.backlog.Missing(ids), r.agenda.Has)
}

// attend asks what is due, and hands it over: streams that have stood without a
// snapshot for too long, and entries that were put aside, behind all that was
// published before their due. If we die here, they are due still.
func (r *reader) attend(ctx context.Context, bell *bus.Bell) (more bool, err error) {
	defer func() {
		if err != nil {
			r.alarm.in(0)
		}
	}()
	due, err := r.stream.Due(ctx, r.token, dueStreams, min(r.quiet/2, 5*time.Second))
	if err != nil {
		return false, err
	}
	now := due.Now.UnixMilli() // what was published before is read next; what is published meanwhile may not be
	r.now = now
	if !due.Next.IsZero() {
		r.alarm.in(due.Next.Sub(due.Now))
	}
	if err := r.endQuiet(ctx, due.Streams, due.Again); err != nil {
		return false, err
	}
	if first, ok := r.agenda.First(); ok && first < now || r.agenda.Precedes(lastID) {
		if more, err = r.readNew(ctx, bell); err == nil && !more {
			r.agenda.Ripen(now - 1)
			err = r.raise(ctx, lastID)
		}
	}
	if first, ok := r.agenda.First(); ok {
		r.alarm.in(time.UnixMilli(first + 1).Sub(due.Now))
	}
	if r.agenda.Precedes(lastID) { // behind what is still to be read
		r.alarm.in(0)
	}
	return more, err
}

// ripen learns what is due of what was put aside, as far as it may have its
// place before an entry, and no further: what comes due behind the last that was
// read may come behind what is not. Redis' clock tells, which ids may run ahead
// of.
func (r *reader) ripen(ctx context.Context, last bus.ID) error {
	first, ok := r.agenda.First()
	if !ok || first > int64(last.MS) {
		return nil
	}
	if r.now < int64(last.MS) {
		now, err := r.stream.Now(ctx)
		if err != nil {
			return err
		}
		r.now = now.UnixMilli()
	}
	r.agenda.Ripen(min(r.now, int64(last.MS)))
	return nil
}

// lastID is behind all that Redis ever gives.
var lastID = bus.ID{MS: math.MaxInt64, Seq: math.MaxUint64}

// raise hands over the entries that were put aside, are due, and have their
// places before an id, in the order of their places. After an error the
// take-over finds those of them that are not kept.
func (r *reader) raise(ctx context.Context, before bus.ID) error {
	for {
		ids := r.agenda.Due(before, pageEntries)
		if len(ids) == 0 {
			return nil
		}
		err := r.fetch(ctx, ids, r.take)
		r.agenda.Remove(ids)
		if err != nil {
			return err
		}
	}
}
