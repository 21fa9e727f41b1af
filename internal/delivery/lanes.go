package delivery

import (
	"container/heap"
	"container/list"
	"time"
)

// Lanes are the queues of a platform, one per conversation: first in, first
// out, one operation in flight in each. Between lanes the pick is fair: a
// lane that had its turn goes to the end, and what is more urgent has a head
// start.
//
//	          ┌──────────── Done ────────────┐
//	Push ─► ready ─► Next ─► in flight ──────┤
//	          ▲ ▲   ▲          │             └─► gone, when empty
//	          │ │   └─ gate ◄─ shut: found by Next
//	          │ └── held ◄─────┤ until a time: Hold, Refused
//	          └── waiting ◄────┘ until Wake: Wait
//
// T is what waits; a lane never looks into it. Each call costs O(log lanes) at
// most, over time. Lanes is owned by one goroutine.
type Lanes[T any] struct {
	slots   slots[T]
	lanes   map[string]*lane[T]
	turns   uint64      // given out so far
	fronts  [2]front[T] // of the lanes that are ready; the slow ones apart, so that nobody waits for them
	free    [2]pool[T]  // those of them that no gate has barred
	held    holds[T]
	gates   map[string]*gate[T]
	shut    shutGates[T]
	gatesOf func(lane string, item T) []string
	rankOf  func(item T) Rank
}

type lane[T any] struct {
	name   string
	items  queue[T]
	tally  tally // of the items
	state  laneState
	slow   bool          // an operation of it ran long, or failed
	freed  bool          // the one in flight has stopped counting
	clings *list.Element // the one in flight should, and too many have
	turn   uint64        // when it was last ready
	key    uint64        // its turn, less the head starts of the others: it goes before those with a higher one
	pool   *pool[T]      // it waits in; nil = it is not ready
	at     int           // in the pool
	until  time.Time     // held
	keeps  bool          // its turn, when it is ready again
	kept   bool          // it did before
}

type laneState int8

const (
	laneReady   laneState = iota // in a pool
	laneBusy                     // its head is in flight
	laneHeld                     // its head waits for a time
	laneWaiting                  // its head waits for another entry
)

// NewLanes makes empty lanes with a limit of operations in flight. gatesOf
// names the gates that an item of a lane passes through; rankOf is asked for
// an item's rank when it comes and when it goes, and between the two it changes
// by Raise only.
func NewLanes[T any](limit int, gatesOf func(lane string, item T) []string, rankOf func(item T) Rank) *Lanes[T] {
	l := &Lanes[T]{lanes: map[string]*lane[T]{}, gates: map[string]*gate[T]{}, gatesOf: gatesOf, rankOf: rankOf}
	l.slots.limit = limit
	for i := range l.free {
		l.free[i].open(&l.fronts[i])
	}
	return l
}

// Push puts an item at the end of its lane.
func (l *Lanes[T]) Push(name string, item T) {
	ln := l.lanes[name]
	if ln == nil {
		ln = &lane[T]{name: name}
		l.lanes[name] = ln
		ln.tally[l.rankOf(item)]++
		ln.items.push(item)
		l.line(ln)
		return
	}
	ln.items.push(item)
	l.count(ln, item)
}

// PushFirst puts items, in their order, before all that waits in a lane, but
// behind an item whose turn is not over.
func (l *Lanes[T]) PushFirst(name string, items ...T) {
	ln := l.lanes[name]
	if ln == nil {
		for _, item := range items {
			l.Push(name, item)
		}
		return
	}
	at := 0
	if ln.state != laneReady {
		at = 1
	}
	ln.items.insert(at, items...)
	for _, item := range items {
		l.count(ln, item)
	}
}

// Last is the item at the end of a lane that is not in flight, for an item
// that may take its place.
func (l *Lanes[T]) Last(name string) (item T, ok bool) {
	ln := l.lanes[name]
	if ln == nil || ln.items.len() < 2 && ln.state == laneBusy {
		return item, false
	}
	return ln.items.last(), true
}

// ReplaceLast puts an item in the place of the last one.
func (l *Lanes[T]) ReplaceLast(name string, item T) {
	ln := l.lanes[name]
	ln.tally[l.rankOf(ln.items.last())]--
	ln.items.setLast(item)
	l.count(ln, item)
}

// Raise notes that an item of a lane has another rank than before.
func (l *Lanes[T]) Raise(name string, from, to Rank) {
	if ln := l.lanes[name]; ln != nil {
		ln.tally[from]--
		ln.tally[to]++
		l.rekey(ln)
	}
}

func (l *Lanes[T]) count(ln *lane[T], item T) {
	ln.tally[l.rankOf(item)]++
	l.rekey(ln)
}

// rekey gives a lane the place that its turn and its items' ranks come to.
func (l *Lanes[T]) rekey(ln *lane[T]) {
	key := ln.turn + uint64(ln.tally.best())*headStart*uint64(l.slots.limit)
	if key == ln.key {
		return
	}
	ln.key = key
	if ln.pool != nil {
		ln.pool.moved(ln)
	}
}

// before is the order of lanes that are ready.
func (ln *lane[T]) before(other *lane[T]) bool {
	return ln.key < other.key || ln.key == other.key && ln.turn < other.turn
}

// Next takes the head of the lane whose turn it is. ok is false when nothing
// may start now.
func (l *Lanes[T]) Next(now time.Time) (name string, item T, ok bool) {
	l.openGates(now)
	l.release(now)
	for from := l.whose(); from != nil; from = l.whose() {
		ln := from.pop()
		bar := l.barring(ln)
		if bar != nil {
			bar.behind[ln.class()].add(ln)
		}
		l.tidy(from.gate)
		if bar != nil {
			continue
		}
		ln.state = laneBusy
		l.slots.begin(ln)
		return ln.name, ln.items.first(), true
	}
	return "", item, false
}

// whose returns the pool whose first lane has the turn, nil if no lane may
// start.
func (l *Lanes[T]) whose() *pool[T] {
	var first *lane[T]
	for class := range l.fronts {
		ln := l.fronts[class].first()
		if ln != nil && l.slots.allows(class > 0) && (first == nil || ln.before(first)) {
			first = ln
		}
	}
	if first == nil {
		return nil
	}
	return first.pool
}

// class says which of two pools a lane belongs to.
func (ln *lane[T]) class() int {
	if ln.slow {
		return 1
	}
	return 0
}

// line puts a lane among those that are ready: at their end, unless it keeps
// its turn.
func (l *Lanes[T]) line(ln *lane[T]) {
	if !ln.keeps {
		l.turns++
		ln.turn, ln.kept = l.turns, false
	}
	ln.state, ln.keeps = laneReady, false
	l.rekey(ln)
	l.free[ln.class()].add(ln)
}

// Done ends the operation in flight in a lane: its head leaves. slow says
// whether it ran long.
func (l *Lanes[T]) Done(name string, slow bool) {
	ln := l.lanes[name]
	l.slots.end(ln)
	ln.slow = slow
	ln.tally[l.rankOf(ln.items.first())]--
	ln.items.pop()
	if ln.items.len() == 0 {
		delete(l.lanes, name)
		return
	}
	l.line(ln)
}

// Hold ends the operation in flight in a lane and keeps its head, with all
// behind it, until then. failing makes the lane one of the slow.
func (l *Lanes[T]) Hold(name string, until time.Time, failing bool) {
	ln := l.lanes[name]
	l.slots.end(ln)
	ln.slow = ln.slow || failing
	ln.state, ln.until = laneHeld, until
	heap.Push(&l.held, ln)
}

// Refused is Hold for a lane that was let in just as its gate was shut: it did
// not have its turn and keeps it. One that this happens to again goes to the
// end, or it might keep a gate shut for all.
func (l *Lanes[T]) Refused(name string, until time.Time) {
	ln := l.lanes[name]
	ln.keeps = !ln.kept
	ln.kept = true
	l.Hold(name, until, false)
}

// Wait ends the operation in flight in a lane and keeps its head until Wake.
func (l *Lanes[T]) Wait(name string) {
	ln := l.lanes[name]
	l.slots.end(ln)
	ln.state = laneWaiting
}

// Wake ends a Wait. A lane that does not wait is left alone.
func (l *Lanes[T]) Wake(name string) {
	if ln := l.lanes[name]; ln != nil && ln.state == laneWaiting {
		l.line(ln)
	}
}

// release makes the lanes ready whose time has come.
func (l *Lanes[T]) release(now time.Time) {
	for len(l.held) > 0 && !l.held[0].until.After(now) {
		l.line(heap.Pop(&l.held).(*lane[T]))
	}
}
