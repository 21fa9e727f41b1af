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
type agenda struct {
	mutex  sync.Mutex
	next   time.Time // zero = nothing is waited for
	aside  map[bus.ID]struct{}
	places places
	change chan struct{}
}

// newAgenda makes one that asks at once: what an earlier owner put aside is
// not known.
func newAgenda() *agenda {
	return &agenda{next: time.Now(), aside: map[bus.ID]struct{}{}, change: make(chan struct{}, 1)}
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
		heap.Push(&a.places, place{due: due, id: id})
	}
}

// has reports whether an entry is put aside.
func (a *agenda) has(id bus.ID) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	_, aside := a.aside[id]
	return aside
}

// first is the due of what is due first.
func (a *agenda) first() (due int64, ok bool) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if len(a.places) == 0 {
		return 0, false
	}
	return a.places[0].due, true
}

// due hands out, once, at most count of the entries that are due by then, in
// the order of their places. They count as put aside until they are removed.
func (a *agenda) due(by int64, count int) (ids []bus.ID) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for len(ids) < count && len(a.places) > 0 && a.places[0].due <= by {
		ids = append(ids, heap.Pop(&a.places).(place).id)
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

// place is where an entry that was put aside comes in: by its due; of the same
// due, as it was published.
type place struct {
	due int64 // ms
	id  bus.ID
}

// places are a heap, the first one on top.
type places []place

func (p places) Len() int { return len(p) }
func (p places) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(p[i].due, p[j].due), p[i].id.Compare(p[j].id)) < 0
}
func (p places) Swap(i, j int) { p[i], p[j] = p[j], p[i] }

// Push is heap.Interface's.
func (p *places) Push(x any) { *p = append(*p, x.(place)) }

// Pop is heap.Interface's.
func (p *places) Pop() any {
	last := len(*p) - 1
	out := (*p)[last]
	*p = (*p)[:last]
	return out
}
