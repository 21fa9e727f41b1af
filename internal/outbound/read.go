package outbound

import (
	"context"

	"github.com/posternhq/postern/internal/bus"
)

// sieve lets those of some entries through that are to be handed over.
type sieve func(context.Context, []*entry) ([]*entry, error)

// all is the sieve for what is due.
func all(_ context.Context, entries []*entry) ([]*entry, error) { return entries, nil }

// fetch reads entries by id and hands those over that sieve lets through.
func (r *reader) fetch(ctx context.Context, ids []bus.ID, sieve sieve) error {
	for len(ids) > 0 {
		n := min(len(ids), r.ration.Count())
		messages, err := r.stream.Fetch(ctx, ids[:n])
		if err != nil {
			return err
		}
		if len(messages) < n {
			if err := r.forget(ctx, ids[:n], messages); err != nil {
				return err
			}
		}
		if err := r.admit(ctx, messages, sieve); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// forget acknowledges those of ids that are gone from the stream, and counts
// the ones that were still pending: nobody delivered them.
func (r *reader) forget(ctx context.Context, ids []bus.ID, found []bus.Message) error {
	there := map[bus.ID]bool{}
	for _, m := range found {
		there[m.ID] = true
	}
	var gone []bus.ID
	for _, id := range ids {
		if !there[id] {
			gone = append(gone, id)
		}
	}
	n, err := r.stream.Forget(ctx, r.token, gone)
	r.lost(n)
	return err
}

// lost reports entries that were trimmed from the stream before they were
// delivered. Only somebody else does that.
func (r *reader) lost(n int) {
	if n > 0 {
		r.meter.Lost(n)
		r.log.Error("entries were trimmed from the stream before they were delivered: they are lost; find the producer that uses MAXLEN or XTRIM",
			"stream", r.stream.Name, "count", n)
	}
}

// readRounds is how many reads are made in a row before the reader looks up.
const readRounds = 64

// readNew reads until nothing new is there, or there is more. What a group
// that was made again brings once more is asked for anew: it may be finished by
// now.
func (r *reader) readNew(ctx context.Context, bell *bus.Bell) (more bool, err error) {
	for range readRounds {
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
		if err := r.fetch(ctx, r.missing(again), r.putAside); err != nil {
			return false, err
		}
		if err := r.admit(ctx, fresh, r.putAside); err != nil {
			return false, err
		}
		if len(messages) > 0 {
			bell.Seen(messages[len(messages)-1].ID)
		}
		if len(messages) < count {
			return false, nil
		}
	}
	return true, nil
}

// admit decodes entries and hands them to the desk. They count as held from
// the moment that nothing can keep them from it.
func (r *reader) admit(ctx context.Context, messages []bus.Message, sieve sieve) error {
	if len(messages) == 0 {
		return nil
	}
	r.ration.More(messages)
	var entries []*entry
	for _, m := range messages {
		if !r.holding.has(m.ID) {
			entries = append(entries, r.opener.open(m))
		}
		if m.ID.Compare(r.newest) > 0 {
			r.newest = m.ID
		}
	}
	entries, err := sieve(ctx, entries)
	if err != nil {
		return err
	}
	targets, err := r.targets(ctx, entries)
	if err != nil {
		return err
	}
	for _, e := range entries {
		r.holding.add(e.id)
	}
	if !r.hand(ctx, arrival{entries: entries, targets: targets}) {
		return ctx.Err() // the tenure ends, and what it held with it
	}
	return nil
}

// targets reads the claims that entries with a target_key point to: they tell
// the lane.
func (r *reader) targets(ctx context.Context, entries []*entry) (map[string]bus.Claim, error) {
	var keys []string
	for _, e := range entries {
		if t := e.letter.env.TargetKey; t != "" && e.letter.fault == nil {
			keys = append(keys, r.stream.MessageClaim(t))
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	claims, err := r.stream.Claims(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make(map[string]bus.Claim, len(keys))
	for i, k := range keys {
		out[k] = claims[i]
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
