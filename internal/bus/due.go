package bus

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Delay puts one entry aside until it is due.
type Delay struct {
	Entry  ID
	Due    time.Time // by Redis' clock
	Claim  string    // the key of its claim; "" = nothing can target it
	Digest string
	Lane   string
}

// Delay puts entries aside, under the fence, and says of each whether it is:
// one that is due already is not. Remember is how long a claim outlasts its
// due, should the entry be trimmed.
func (s *Stream) Delay(ctx context.Context, token string, remember time.Duration, batch []Delay) (aside []bool, now time.Time, err error) {
	keys := []string{s.keys.lease, s.keys.delayed}
	args := []any{token, remember.Milliseconds()}
	for _, d := range batch {
		claim := 0
		if d.Claim != "" {
			keys = append(keys, d.Claim)
			claim = len(keys)
		}
		args = append(args, d.Entry.String(), d.Due.UnixMilli(), d.Digest, d.Lane, claim)
	}
	v, err := s.bus.run(ctx, "delay", keys, args...)
	if err != nil {
		return nil, now, err
	}
	r := newReply(v)
	now = time.UnixMilli(r.int())
	for range batch {
		aside = append(aside, r.int() == 1)
	}
	return aside, now, r.err("delay")
}

// Misplaced reports whether Redis refused because a key of ours holds
// something else.
func Misplaced(err error) bool { return refused(err) && strings.Contains(err.Error(), "WRONGTYPE") }

// Due is what is due now, by Redis' clock.
type Due struct {
	Now     time.Time
	Entries []ID      // were put aside until now, the first due first
	Streams []string  // the ids of streams that had no snapshot for long enough
	Next    time.Time // when more will be; zero = nothing is waited for
}

// Due tells what is due, at most count of each. Entries are told of until they
// are Struck off; streams again after a while, until they have ended.
func (s *Stream) Due(ctx context.Context, token string, count int, again time.Duration) (Due, error) {
	v, err := s.bus.run(ctx, "due", []string{s.keys.lease, s.Name, s.keys.delayed, s.keys.streams},
		token, s.Group, count, again.Milliseconds())
	if err != nil {
		return Due{}, err
	}
	r := newReply(v)
	d := Due{Now: time.UnixMilli(r.int()), Entries: readDue(r.list())}
	for streams := r.list(); streams.more(); {
		d.Streams = append(d.Streams, streams.string())
	}
	if next := r.int(); next > 0 {
		d.Next = time.UnixMilli(next)
	}
	return d, r.err("due")
}

// readDue reads [id, due, …] and orders the ids by their due; of the same, as
// they were published.
func readDue(r *reply) []ID {
	type due struct {
		id ID
		at float64
	}
	var all []due
	for r.more() {
		d := due{id: r.id()}
		d.at, _ = strconv.ParseFloat(r.string(), 64)
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b due) int { return cmp.Or(cmp.Compare(a.at, b.at), a.id.Compare(b.id)) })
	ids := make([]ID, len(all))
	for i, d := range all {
		ids[i] = d.id
	}
	return ids
}

// Arrived strikes entries off that were put aside: they have been handed on.
func (s *Stream) Arrived(ctx context.Context, token string, ids []ID) error {
	args := []any{token}
	for _, id := range ids {
		args = append(args, id.String())
	}
	_, err := s.bus.run(ctx, "strike", []string{s.keys.lease, s.keys.delayed}, args...)
	return err
}

// Over strikes streams off whose claims have ended.
func (s *Stream) Over(ctx context.Context, token string, streams []string) error {
	args := []any{token}
	for _, id := range streams {
		args = append(args, id)
	}
	_, err := s.bus.run(ctx, "strike", []string{s.keys.lease, s.keys.streams}, args...)
	return err
}
