package delivery

import (
	"container/heap"
	"time"
)

// Lanes are the queues of a platform, one per conversation: first in, first
// out, one operation in flight in each. Between lanes the pick is fair: a
// lane that had its turn goes to the end.
//
// T is what waits; a lane never looks into it. Lanes is owned by one
// goroutine.
type Lanes[T any] struct {
	limit     int // operations in flight that count
	inFlight  int
	crawling  int // of those, from lanes known to be slow
	narrow    int // so many of them at most; 0 = a quarter of the limit
	lanes     map[string]*lane[T]
	turns     uint64          // given out so far
	ready     queue[*lane[T]] // in the order of their turns
	readySlow queue[*lane[T]] // the slow ones apart, so that nobody waits for them
	held      holds[T]
	gates     map[string]time.Time
	gatesOf   func(lane string, item T) []string
}

type lane[T any] struct {
	name  string
	items queue[T]
	state laneState
	slow  bool      // an operation of it ran long, or failed
	freed bool      // the one in flight has stopped counting
	turn  uint64    // when it was last ready: it goes before those with a higher one
	until time.Time // held
}

type laneState int8

const (
	laneReady   laneState = iota // in one of the ready queues
	laneBusy                     // its head is in flight
	laneHeld                     // its head waits for a time
	laneWaiting                  // its head waits for another entry
)

// NewLanes makes empty lanes with a limit of operations in flight. gatesOf
// names the gates an item of a lane passes through.
func NewLanes[T any](limit int, gatesOf func(lane string, item T) []string) *Lanes[T] {
	return &Lanes[T]{limit: limit, lanes: map[string]*lane[T]{}, gates: map[string]time.Time{}, gatesOf: gatesOf}
}

// Push puts an item at the end of its lane.
func (l *Lanes[T]) Push(name string, item T) {
	ln := l.lanes[name]
	if ln == nil {
		ln = &lane[T]{name: name}
		l.lanes[name] = ln
		l.line(ln)
	}
	ln.items.push(item)
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
func (l *Lanes[T]) ReplaceLast(name string, item T) { l.lanes[name].items.setLast(item) }

// Next takes the head of the lane whose turn it is. ok is false when nothing
// may start now.
func (l *Lanes[T]) Next(now time.Time) (name string, item T, ok bool) {
	l.release(now)
	for from := l.whose(); from != nil; from = l.whose() {
		ln := from.pop()
		if until := l.shut(ln, now); !until.IsZero() {
			l.hold(ln, until)
			continue
		}
		ln.state, ln.freed = laneBusy, false
		l.inFlight++
		if ln.slow {
			l.crawling++
		}
		return ln.name, ln.items.first(), true
	}
	return "", item, false
}

// whose returns the queue whose first lane has the turn, nil if no lane may
// start.
func (l *Lanes[T]) whose() *queue[*lane[T]] {
	fast := l.ready.len() > 0
	crawl := max(1, l.limit/4)
	if l.narrow > 0 {
		crawl = min(crawl, l.narrow)
	}
	slow := l.readySlow.len() > 0 && l.crawling < crawl
	switch {
	case l.inFlight >= l.limit, !fast && !slow:
		return nil
	case !slow, fast && l.ready.first().turn < l.readySlow.first().turn:
		return &l.ready
	default:
		return &l.readySlow
	}
}

// Narrow lets so many operations at once start in lanes that are known to be
// slow or failing; 0 = a quarter of the limit, which is never exceeded. The
// other lanes know nothing of it.
func (l *Lanes[T]) Narrow(most int) { l.narrow = most }

// InFlight is how many operations count as in flight.
func (l *Lanes[T]) InFlight() int { return l.inFlight }

// line puts a lane at the end of those that are ready.
func (l *Lanes[T]) line(ln *lane[T]) {
	l.turns++
	ln.state, ln.turn = laneReady, l.turns
	if ln.slow {
		l.readySlow.push(ln)
	} else {
		l.ready.push(ln)
	}
}

// shut returns until when a gate before the lane's head is shut, or zero.
func (l *Lanes[T]) shut(ln *lane[T], now time.Time) (until time.Time) {
	if len(l.gates) == 0 {
		return until
	}
	for _, g := range l.gatesOf(ln.name, ln.items.first()) {
		if t, ok := l.gates[g]; ok && t.After(now) {
			if t.After(until) {
				until = t
			}
		} else if ok {
			delete(l.gates, g)
		}
	}
	return until
}

// Shut keeps a gate shut until then. Lanes whose head would pass it wait.
func (l *Lanes[T]) Shut(gate string, until time.Time) {
	if until.After(l.gates[gate]) {
		l.gates[gate] = until
	}
}

// Slow says that the operation in flight in a lane runs long: it stops
// counting, and the lane is known for it.
func (l *Lanes[T]) Slow(name string) {
	ln := l.lanes[name]
	if ln == nil || ln.state != laneBusy || ln.freed {
		return
	}
	l.uncount(ln)
	ln.freed, ln.slow = true, true
}

// uncount takes a lane's operation out of those in flight.
func (l *Lanes[T]) uncount(ln *lane[T]) {
	if ln.freed {
		return
	}
	l.inFlight--
	if ln.slow {
		l.crawling--
	}
}

// Done ends the operation in flight in a lane: its head leaves. slow says
// whether it ran long.
func (l *Lanes[T]) Done(name string, slow bool) {
	ln := l.lanes[name]
	l.uncount(ln)
	ln.slow = slow
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
	l.uncount(ln)
	ln.slow = ln.slow || failing
	l.hold(ln, until)
}

// Wait ends the operation in flight in a lane and keeps its head until Wake.
func (l *Lanes[T]) Wait(name string) {
	ln := l.lanes[name]
	l.uncount(ln)
	ln.state = laneWaiting
}

// Wake ends a Wait. A lane that does not wait is left alone.
func (l *Lanes[T]) Wake(name string) {
	if ln := l.lanes[name]; ln != nil && ln.state == laneWaiting {
		l.line(ln)
	}
}

func (l *Lanes[T]) hold(ln *lane[T], until time.Time) {
	ln.state, ln.until = laneHeld, until
	heap.Push(&l.held, ln)
}

// release makes the lanes ready whose time has come.
func (l *Lanes[T]) release(now time.Time) {
	for len(l.held) > 0 && !l.held[0].until.After(now) {
		l.line(heap.Pop(&l.held).(*lane[T]))
	}
}

// NextHold is when the first held lane may go on, if any is held.
func (l *Lanes[T]) NextHold() (time.Time, bool) {
	if len(l.held) == 0 {
		return time.Time{}, false
	}
	return l.held[0].until, true
}

// Count says how many lanes there are, how many of them are held or wait, and
// how many operations count as in flight.
func (l *Lanes[T]) Count() (lanes, held, inFlight int) {
	for _, ln := range l.lanes {
		if ln.state == laneHeld || ln.state == laneWaiting {
			held++
		}
	}
	return len(l.lanes), held, l.inFlight
}

// holds are the held lanes, the earliest first; of those that the same gate
// holds, who was ready first.
type holds[T any] []*lane[T]

func (h holds[T]) Len() int { return len(h) }
func (h holds[T]) Less(i, j int) bool {
	if h[i].until.Equal(h[j].until) {
		return h[i].turn < h[j].turn
	}
	return h[i].until.Before(h[j].until)
}
func (h holds[T]) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is heap.Interface's.
func (h *holds[T]) Push(x any) { *h = append(*h, x.(*lane[T])) }

// Pop is heap.Interface's.
func (h *holds[T]) Pop() any {
	last := len(*h) - 1
	ln := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return ln
}
