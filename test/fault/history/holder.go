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
	for i := 1; i < len(held); i++ {
		before, now := held[i-1], held[i]
		open := before.To.IsZero() || before.To.Sub(now.From) > closing
		if !open {
			continue
		}
		what := fmt.Sprintf("%s connected while %s still held the connection", now.Node, before.Node)
		if j.asleep(before.Node, now.From) {
			j.residue(Holder, j.between(before.From, now.From), what+", frozen")
		} else {
			j.broken(Holder, j.between(before.From, now.From), what)
		}
	}
}

// asleep reports whether a node was frozen at a moment, or had just woken.
func (j *judge) asleep(node string, at time.Time) bool {
	return slices.ContainsFunc(j.faults, func(f Fault) bool {
		return f.Kind == Frozen && f.Node == node && !at.Before(f.From) && (f.To.IsZero() || !at.After(f.To.Add(closing)))
	})
}
