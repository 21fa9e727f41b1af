package history

import (
	"fmt"
	"slices"
	"time"
)

// closing is how long a connection may stand after its end: until both sides
// have noticed.
const closing = 500 * time.Millisecond

// holder: a platform with one live connection has one, wherever the lease is.
func (j *judge) holder() {
	held := slices.SortedFunc(slices.Values(j.Held), func(a, b Holding) int { return a.From.Compare(b.From) })
	if len(held) == 0 {
		return
	}
	before := held[0] // of those so far, the one that ends last
	for _, now := range held[1:] {
		if before.To.IsZero() || before.To.Sub(now.From) > closing {
			what := fmt.Sprintf("%s connected while %s still held the connection", now.Node, before.Node)
			if j.asleep(before, now.From) {
				j.residue(Holder, j.between(before.From, now.From), what+", frozen")
			} else {
				j.broken(Holder, j.between(before.From, now.From), what)
			}
		}
		if !before.To.IsZero() && (now.To.IsZero() || now.To.After(before.To)) {
			before = now
		}
	}
}

// asleep reports whether who holds a connection was frozen at a moment, or had
// just woken, and let go of it then: when it had noticed that its lease is gone.
func (j *judge) asleep(h Holding, at time.Time) bool {
	return slices.ContainsFunc(j.faults, func(f Fault) bool {
		if f.Kind != Frozen || f.Node != h.Node || at.Before(f.From) {
			return false
		}
		noticed := f.To.Add(j.promise.Lease + late)
		return f.To.IsZero() || h.From.Before(f.To) && !h.To.IsZero() && !h.To.After(noticed)
	})
}
