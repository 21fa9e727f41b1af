package bus

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Gate is one that a platform's rate limit shut.
type Gate struct {
	Name  string
	Opens time.Time     // by Redis' clock
	Said  time.Duration // how long it was to stay shut when that was said
}

// mostGates is how many are kept of one platform: some 400 KB.
const mostGates = 4096

// gateBatch is how many are written in one call.
const gateBatch = 512

// ShutGates keeps gates shut over a take-over, under the fence. Those that are
// written stay written if a later batch fails; written again, they change
// nothing. If the key holds something else the error is Misplaced.
func (s *Stream) ShutGates(ctx context.Context, token string, gates []Gate) error {
	for batch := range slices.Chunk(gates, gateBatch) {
		args := []any{token, mostGates}
		for _, g := range batch {
			args = append(args, g.Name, g.Opens.UnixMilli(), g.Said.Milliseconds())
		}
		if _, err := s.bus.run(ctx, "gates_shut", []string{s.keys.lease, s.keys.gates}, args...); err != nil {
			return err
		}
	}
	return nil
}

// Gates tells how long the gates that are kept stay shut. Redis' clock may have
// stepped since: a gate never holds longer than it was said to when it shut.
func (s *Stream) Gates(ctx context.Context, token string) (left map[string]time.Duration, err error) {
	v, err := s.bus.run(ctx, "gates_read", []string{s.keys.lease, s.keys.gates}, token)
	if err != nil {
		return nil, err
	}
	r := newReply(v)
	now := r.int()
	left = map[string]time.Duration{}
	for r.more() {
		gate, value := r.string(), r.string()
		opens, said, _ := strings.Cut(value, " ")
		if wait := min(millis(opens)-now, millis(said)); wait > 0 {
			left[gate] = time.Duration(wait) * time.Millisecond
		}
	}
	return left, r.err("gates_read")
}

// millis reads a number of milliseconds; what is none, nobody of us wrote, and
// is 0.
func millis(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return min(n, int64(100*365*24*time.Hour/time.Millisecond))
}
