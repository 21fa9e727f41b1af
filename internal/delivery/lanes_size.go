package delivery

import (
	"iter"
	"maps"
	"time"
)

// Len is how many items a lane holds, one in flight among them.
func (l *Lanes[T]) Len(name string) int {
	if ln := l.lanes[name]; ln != nil {
		return ln.items.len()
	}
	return 0
}

// Ready is how many lanes wait for nothing but a slot, less the slow ones: they
// have few, and it may be long until they get one.
func (l *Lanes[T]) Ready() int { return l.fronts[0].size }

// Size is how many lanes there are.
func (l *Lanes[T]) Size() int { return len(l.lanes) }

// Names are the lanes' names, in no order.
func (l *Lanes[T]) Names() iter.Seq[string] { return maps.Keys(l.lanes) }

// Count says how many lanes there are, how many of them are held, barred or
// wait, and how many operations count as in flight.
func (l *Lanes[T]) Count() (lanes, held, inFlight int) {
	for _, ln := range l.lanes {
		barred := ln.pool != nil && ln.pool.front == nil
		if barred || ln.state == laneHeld || ln.state == laneWaiting {
			held++
		}
	}
	return len(l.lanes), held, l.slots.inFlight
}

// NextHold is when the first held lane may go on, or the first gate opens, if
// any is held or shut.
func (l *Lanes[T]) NextHold() (at time.Time, ok bool) {
	if len(l.held) > 0 {
		at, ok = l.held[0].until, true
	}
	if len(l.shut) > 0 && (!ok || l.shut[0].until.Before(at)) {
		at, ok = l.shut[0].until, true
	}
	return at, ok
}
