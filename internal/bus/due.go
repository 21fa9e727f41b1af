package bus

import (
	"context"
	"fmt"
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
// one that was due when it was published is not. One that is stays known as put aside, with its
// due, until it is settled: that is its place, over take-overs too. Remember is how long a claim outlasts its
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

// Due is which streams are due, by Redis' clock.
type Due struct {
	Now     time.Time
	Streams []string  // their ids: they had no snapshot for long enough
	Again   time.Time // when they are told of again
	Next    time.Time // when more will be; zero = nothing is waited for
}

// Due tells which streams are due, at most count of them: each again after a
// while, until it has ended. That is shorter than a stream may stand without a
// snapshot, or StillQuiet cannot tell.
func (s *Stream) Due(ctx context.Context, token string, count int, again time.Duration) (Due, error) {
	v, err := s.bus.run(ctx, "due", []string{s.keys.lease, s.Name, s.keys.streams},
		token, s.Group, count, again.Milliseconds())
	if err != nil {
		return Due{}, err
	}
	r := newReply(v)
	d := Due{Now: time.UnixMilli(r.int())}
	d.Again = d.Now.Add(again.Truncate(time.Millisecond))
	for streams := r.list(); streams.more(); {
		d.Streams = append(d.Streams, streams.string())
	}
	if next := r.int(); next > 0 {
		d.Next = time.UnixMilli(next)
	}
	return d, r.err("due")
}

// StillQuiet says of each stream that was told of whether no snapshot of it was
// applied since: that would have put its due past again.
func (s *Stream) StillQuiet(ctx context.Context, streams []string, again time.Time) ([]bool, error) {
	scores, err := s.bus.client.ZMScore(ctx, s.keys.streams, streams...).Result()
	if err != nil {
		return nil, fmt.Errorf("read when %d streams are due: %w", len(streams), err)
	}
	still := make([]bool, len(streams))
	for i, due := range scores {
		still[i] = due <= float64(again.UnixMilli())
	}
	return still, nil
}

// Now is Redis' clock: in a Cluster, that of the server which has the stream.
func (s *Stream) Now(ctx context.Context) (time.Time, error) {
	v, err := s.bus.run(ctx, "now", []string{s.keys.lease})
	if err != nil {
		return time.Time{}, fmt.Errorf("ask for Redis' time: %w", err)
	}
	r := newReply(v)
	now := time.UnixMilli(r.int())
	return now, r.err("now")
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
