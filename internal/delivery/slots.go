package delivery

import "container/list"

// slots count the operations in flight.
//
// One that runs long stops counting, so that what hangs takes no slot from the
// others; but of such there may be only so many: beyond it one keeps its slot
// until another has come back. At most (1 + slowMost) × limit are in flight.
type slots[T any] struct {
	limit     int // operations that count
	inFlight  int // that do
	crawling  int // of those, from lanes known to be slow
	narrow    int // so many of them at most; 0 = a quarter of the limit
	uncounted int // that stopped counting
	clinging  list.List
}

// slowMost is how many operations may be in flight that do not count, in
// multiples of the limit.
const slowMost = 4

// begin takes a slot for a lane's operation.
func (s *slots[T]) begin(ln *lane[T]) {
	ln.freed = false
	s.inFlight++
	if ln.slow {
		s.crawling++
	}
}

// end gives back what a lane's operation took.
func (s *slots[T]) end(ln *lane[T]) {
	if !ln.freed {
		s.uncount(ln)
		return
	}
	ln.freed = false
	s.uncounted--
	if next := s.clinging.Front(); next != nil {
		s.free(next.Value.(*lane[T]))
	}
}

// free lets a lane's operation run on without a slot.
func (s *slots[T]) free(ln *lane[T]) {
	s.uncount(ln)
	ln.freed = true
	s.uncounted++
}

func (s *slots[T]) uncount(ln *lane[T]) {
	s.inFlight--
	if ln.slow {
		s.crawling--
	}
	if ln.clings != nil {
		s.clinging.Remove(ln.clings)
		ln.clings = nil
	}
}

// allows reports whether one more may start in a lane that is slow, or not.
func (s *slots[T]) allows(slow bool) bool {
	if !slow {
		return s.inFlight < s.limit
	}
	crawl := max(1, s.limit/4)
	if s.narrow > 0 {
		crawl = min(crawl, s.narrow)
	}
	return s.inFlight < s.limit && s.crawling < crawl
}

// Slow says that the operation in flight in a lane runs long: it stops
// counting, if not too many have, and the lane is known for it.
func (l *Lanes[T]) Slow(name string) {
	ln := l.lanes[name]
	if ln == nil || ln.state != laneBusy || ln.freed || ln.clings != nil {
		return
	}
	if !ln.slow {
		ln.slow = true
		l.slots.crawling++
	}
	if l.slots.uncounted < slowMost*l.slots.limit {
		l.slots.free(ln)
		return
	}
	ln.clings = l.slots.clinging.PushBack(ln)
}

// Narrow lets so many operations at once start in lanes that are known to be
// slow or failing; 0 = a quarter of the limit, which is never exceeded. The
// other lanes know nothing of it.
func (l *Lanes[T]) Narrow(most int) { l.slots.narrow = most }

// InFlight is how many operations count as in flight.
func (l *Lanes[T]) InFlight() int { return l.slots.inFlight }
