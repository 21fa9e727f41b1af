package outbound

import (
	"context"
	"slices"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// dueEntries is how many are asked for at once.
const dueEntries = 512

// putAside takes those of entries out that are not due: they stay pending, take
// their places when they are due, and hold nobody up. Redis' clock says which.
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
			r.agenda.put(e.id)
			r.agenda.in(delays[i].Due.Sub(now))
		}
	}
	return slices.DeleteFunc(entries, func(e *entry) bool { return r.agenda.has(e.id) }), nil
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
	return slices.DeleteFunc(r.holding.missing(ids), r.agenda.has)
}

// raise hands over what is due: entries that were put aside, and streams that
// have stood without a snapshot for too long. If we die here, they are due
// still.
func (r *reader) raise(ctx context.Context) error {
	due, err := r.stream.Due(ctx, r.token, dueEntries, min(r.quiet, 5*time.Second))
	if err != nil {
		r.agenda.in(0)
		return err
	}
	if !due.Next.IsZero() {
		r.agenda.in(due.Next.Sub(due.Now))
	}
	if len(due.Entries) > 0 {
		if err := r.arrive(ctx, due.Entries); err != nil {
			r.agenda.in(0)
			return err
		}
	}
	return r.endQuiet(ctx, due.Streams)
}

// arrive hands over entries that were put aside until now. One that is held
// still, since it was put aside only just now, is asked for again.
func (r *reader) arrive(ctx context.Context, ids []bus.ID) error {
	free := r.holding.missing(ids)
	if len(free) < len(ids) {
		r.agenda.in(time.Second)
	}
	if len(free) == 0 {
		return nil
	}
	if err := r.fetch(ctx, free, all); err != nil {
		return err
	}
	r.agenda.remove(free)
	return r.stream.Arrived(ctx, r.token, free)
}

// endQuiet hands over streams that had no snapshot for too long: the last one
// once more, as the final one.
func (r *reader) endQuiet(ctx context.Context, streams []string) error {
	if len(streams) == 0 {
		return nil
	}
	keys := make([]string, len(streams))
	for i, id := range streams {
		keys[i] = r.stream.MessageClaim(id)
	}
	claims, err := r.stream.Claims(ctx, keys)
	if err != nil {
		return err
	}
	var quiet []*entry
	var over []string
	for i, claim := range claims {
		if e := r.opener.last(streams[i], claim); e != nil {
			quiet = append(quiet, e)
		} else {
			over = append(over, streams[i])
		}
	}
	if len(over) > 0 {
		if err := r.stream.Over(ctx, r.token, over); err != nil {
			return err
		}
	}
	r.hand(ctx, arrival{quiet: quiet})
	return nil
}
