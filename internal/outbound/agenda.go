package outbound

import (
	"cmp"
	"container/heap"
	"sync"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// agenda is when the reader is to ask Redis what is due, and which entries are
// put aside until then: pending, not held, and no business of a sweep's. It is
// what Redis keeps of them, read at the take-over. An entry's due never changes.
//
// When an entry is due and where it then stands are two things: its place is
// never before its own id, though ids run ahead of a Redis clock that was set
// back.
type agenda struct {
	mutex  sync.Mutex
	next   time.Time // zero = nothing is waited for
	aside  map[bus.ID]struct{}
	later  heaped // not due yet, the next to be so on top
	ready  heaped // due, the first in place on top
	change chan struct{}
}

// newAgenda makes one that asks at once: what an earlier owner put aside is
// not known.
func newAgenda() *agenda {
	return &agenda{
		next: time.Now(), aside: map[bus.ID]struct{}{}, change: make(chan struct{}, 1),
		later: heaped{by: place.dueBefore}, ready: heaped{by: place.before},
	}
}

// in says that something will be due in d.
func (a *agenda) in(d time.Duration) {
	at := time.Now().Add(d)
	a.mutex.Lock()
	sooner := a.next.IsZero() || at.Before(a.next)
	if sooner {
		a.next = at
	}
	a.mutex.Unlock()
	if sooner {
		select {
		case a.change <- struct{}{}:
		default:
		}
	}
}

// take reports whether it is time to ask, and forgets that it was.
func (a *agenda) take() bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.next.IsZero() || time.Now().Before(a.next) {
		return false
	}
	a.next = time.Time{}
	return true
}

// wait is how long until it is time to ask.
func (a *agenda) wait() time.Duration {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.next.IsZero() {
		return time.Hour
	}
	return max(0, time.Until(a.next))
}

// put notes that an entry is put aside until due, in ms by Redis' clock.
func (a *agenda) put(id bus.ID, due int64) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if _, aside := a.aside[id]; !aside {
		a.aside[id] = struct{}{}
		heap.Push(&a.later, place{due: due, id: id})
	}
}

// has reports whether an entry is put aside.
func (a *agenda) has(id bus.ID) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	_, aside := a.aside[id]
	return aside
}

// first is the due of what is due first, of what is not known to be so.
func (a *agenda) first() (due int64, ok bool) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if len(a.later.places) == 0 {
		return 0, false
	}
	return a.later.places[0].due, true
}

// ripen notes that it is now, in ms by Redis' clock.
func (a *agenda) ripen(now int64) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for len(a.later.places) > 0 && a.later.places[0].due <= now {
		heap.Push(&a.ready, heap.Pop(&a.later))
	}
}

// stands reports whether something that is due has its place before an id.
func (a *agenda) stands(id bus.ID) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return len(a.ready.places) > 0 && a.ready.places[0].standsBefore(id)
}

// due hands out, once, at most count of the entries that are due and have their
// places before an id, in the order of their places. They count as put aside
// until they are removed.
func (a *agenda) due(before bus.ID, count int) (ids []bus.ID) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for len(ids) < count && len(a.ready.places) > 0 && a.ready.places[0].standsBefore(before) {
		ids = append(ids, heap.Pop(&a.ready).(place).id)
	}
	return ids
}

// remove notes that entries which were handed out are put aside no more.
func (a *agenda) remove(ids []bus.ID) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for _, id := range ids {
		delete(a.aside, id)
	}
}

// place is where an entry that was put aside comes in: where one published at
// its due would stand, or where it was published, whichever is later.
type place struct {
	due int64 // ms
	id  bus.ID
}

func (p place) at() int64 { return max(p.due, int64(p.id.MS)) }

// before is the order of places: of the same one, as they were published.
func (p place) before(q place) bool {
	return cmp.Or(cmp.Compare(p.at(), q.at()), p.id.Compare(q.id)) < 0
}

func (p place) dueBefore(q place) bool {
	return cmp.Or(cmp.Compare(p.due, q.due), p.id.Compare(q.id)) < 0
}

// standsBefore reports whether the place is before an entry published under id.
func (p place) standsBefore(id bus.ID) bool {
	return cmp.Or(cmp.Compare(p.at(), int64(id.MS)), p.id.Compare(id)) < 0
}

// heaped are places in a heap, the first by its order on top.
type heaped struct {
	places []place
	by     func(p, q place) bool
}

func (h *heaped) Len() int           { return len(h.places) }
func (h *heaped) Less(i, j int) bool { return h.by(h.places[i], h.places[j]) }
func (h *heaped) Swap(i, j int)      { h.places[i], h.places[j] = h.places[j], h.places[i] }

// Push is heap.Interface's.
func (h *heaped) Push(x any) { h.places = append(h.places, x.(place)) }

// Pop is heap.Interface's.
func (h *heaped) Pop() any {
	last := len(h.places) - 1
	out := h.places[last]
	h.places = h.places[:last]
	return out
}
