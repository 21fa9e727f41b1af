package outbound

import (
	"context"
	"slices"

	"github.com/posternhq/postern/internal/bus"
)

// fetch reads entries by id and passes them on, as many at a time as memory
// allows.
func (r *reader) fetch(ctx context.Context, ids []bus.ID, pass func(context.Context, []bus.Message) error) error {
	for len(ids) > 0 {
		n := min(len(ids), r.ration.Count())
		messages, err := r.stream.Fetch(ctx, ids[:n])
		if err != nil {
			return err
		}
		gone, err := r.losses.forget(ctx, ids[:n], messages)
		if err != nil {
			return err
		}
		if len(gone) > 0 {
			r.hand(ctx, arrival{gone: gone})
		}
		if err := pass(ctx, messages); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// readRounds is how many reads are made in a row before the reader looks up.
const readRounds = 64

// readNew reads until nothing new is there, or there is more. What a group
// that was made again brings once more is asked for anew: it may be finished by
// now.
func (r *reader) readNew(ctx context.Context, bell *bus.Bell) (more bool, err error) {
	for range readRounds {
		r.room.await(ctx)
		count := r.ration.Count()
		messages, err := r.intake.Read(ctx, count)
		if err != nil {
			return false, err
		}
		var again []bus.ID
		fresh := messages
		for len(fresh) > 0 && fresh[0].ID.Compare(r.newest) <= 0 {
			again, fresh = append(again, fresh[0].ID), fresh[1:]
		}
		if err := r.fetch(ctx, r.missing(again), r.admit); err != nil {
			return false, err
		}
		if err := r.admit(ctx, fresh); err != nil {
			return false, err
		}
		if len(messages) > 0 {
			bell.Seen(messages[len(messages)-1].ID)
		} else if r.newest.Compare(r.told) > 0 { // taken over, or read before: it need not ring again
			r.told = r.newest
			bell.Seen(r.told)
		}
		if len(messages) < count {
			return false, nil
		}
	}
	return true, nil
}

// admit hands entries over in the order of their ids, but those that are not
// due, and before each what was put aside until then. So an entry has the same
// place whoever reads it, and whenever.
func (r *reader) admit(ctx context.Context, messages []bus.Message) error {
	if len(messages) == 0 {
		return nil
	}
	entries, err := r.putAside(ctx, r.decode(messages))
	if err != nil {
		return err
	}
	if err := r.ripen(ctx, messages[len(messages)-1].ID); err != nil {
		return err
	}
	for len(entries) > 0 {
		if err := r.raise(ctx, entries[0].id); err != nil {
			return err
		}
		n := r.before(entries)
		if err := r.handOver(ctx, entries[:n]); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// before is how many of some entries come before the first of what is due.
func (r *reader) before(entries []*entry) int {
	n := slices.IndexFunc(entries, func(e *entry) bool { return r.agenda.Precedes(e.id) })
	if n < 0 {
		return len(entries)
	}
	return n
}

// take hands entries over as they come.
func (r *reader) take(ctx context.Context, messages []bus.Message) error {
	return r.handOver(ctx, r.decode(messages))
}

// decode opens those of some entries that this node does not hold.
func (r *reader) decode(messages []bus.Message) []*entry {
	r.ration.More(messages)
	var entries []*entry
	for _, m := range messages {
		if !r.backlog.Has(m.ID) {
			entries = append(entries, r.opener.open(m))
		}
		if m.ID.Compare(r.newest) > 0 {
			r.newest = m.ID
		}
	}
	return entries
}

// handOver hands entries to the desk. They count as kept from the moment that
// nothing can keep them from it.
func (r *reader) handOver(ctx context.Context, entries []*entry) error {
	if len(entries) == 0 {
		return nil
	}
	r.departed.asking.Store(true)
	defer r.departed.asking.Store(false)
	targets, err := r.targets(ctx, entries)
	if err != nil {
		return err
	}
	for _, e := range entries {
		r.backlog.Add(e.id)
	}
	if !r.hand(ctx, arrival{entries: entries, targets: targets}) {
		return ctx.Err() // the tenure ends, and what it kept with it
	}
	return nil
}

// targets reads the claims that the target keys of entries point to: they tell
// the lane.
func (r *reader) targets(ctx context.Context, entries []*entry) (map[string]bus.Claim, error) {
	var targets, keys []string
	for _, e := range entries {
		if t := e.letter.env.TargetKey; t != "" && e.letter.fault == nil {
			targets, keys = append(targets, t), append(keys, r.stream.MessageClaim(t))
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	claims, err := r.stream.Claims(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make(map[string]bus.Claim, len(targets))
	for i, t := range targets {
		out[t] = claims[i]
	}
	return out, nil
}

func (r *reader) hand(ctx context.Context, a arrival) bool {
	select {
	case r.arrivals <- a:
		return true
	case <-ctx.Done():
		return false
	}
}
