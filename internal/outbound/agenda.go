package outbound

import (
	"cmp"
	"container/heap"
	"sync"

	"github.com/posternhq/postern/internal/bus"
)

// agenda is which entries are put aside until they are due: pending, not kept,
// and no business of a sweep's. It is what Redis keeps of them, read at the
// take-over. An entry's due never changes.
//
// When an entry is due and where it then stands are two things: its slot is
// never before its own id, though ids run ahead of a Redis clock that was set
// back. It is safe for concurrent use.
type agenda struct {
	mutex sync.Mutex
	aside map[bus.ID]struct{}
	later heaped // not due yet, the next to be so on top
	ready heaped // due, the first in place on top
}

func newAgenda() *agenda {
	return &agenda{aside: map[bus.ID]struct{}{}, later: heaped{by: slot.dueBefore}, ready: heaped{by: slot.before}}
}

// put notes that an entry is put aside until due, in ms by Redis' clock.
func (a *agenda) put(id bus.ID, due int64) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if _, aside := a.aside[id]; !aside {
		a.aside[id] = struct{}{}
		heap.Push(&a.later, slot{due: due, id: id})
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
	if len(a.later.slots) == 0 {
		return 0, false
	}
	return a.later.slots[0].due, true
}

// ripen notes that it is now, in ms by Redis' clock.
func (a *agenda) ripen(now int64) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for len(a.later.slots) > 0 && a.later.slots[0].due <= now {
		heap.Push(&a.ready, heap.Pop(&a.later))
	}
}

// precedes reports whether something that is due has its place before an id.
func (a *agenda) precedes(id bus.ID) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return len(a.ready.slots) > 0 && a.ready.slots[0].precedes(id)
}

// due hands out, once, at most count of the entries that are due and have their
// places before an id, in the order of their places. They count as put aside
// until they are removed.
func (a *agenda) due(before bus.ID, count int) (ids []bus.ID) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for len(ids) < count && len(a.ready.slots) > 0 && a.ready.slots[0].precedes(before) {
		ids = append(ids, heap.Pop(&a.ready).(slot).id)
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

// slot is where an entry that was put aside comes in: where one published at
// its due would stand, or where it was published, whichever is later.
type slot struct {
	due int64 // ms
	id  bus.ID
}

func (s slot) at() int64 { return max(s.due, int64(s.id.MS)) }

// before is the order of slots: of the same one, as they were published.
func (s slot) before(other slot) bool {
	return cmp.Or(cmp.Compare(s.at(), other.at()), s.id.Compare(other.id)) < 0
}

func (s slot) dueBefore(other slot) bool {
	return cmp.Or(cmp.Compare(s.due, other.due), s.id.Compare(other.id)) < 0
}

// precedes reports whether the slot is before an entry published under id.
func (s slot) precedes(id bus.ID) bool {
	return cmp.Or(cmp.Compare(s.at(), int64(id.MS)), s.id.Compare(id)) < 0
}

// heaped are slots in a heap, the first by its order on top.
type heaped struct {
	slots []slot
	by    func(s, other slot) bool
}

func (h *heaped) Len() int           { return len(h.slots) }
func (h *heaped) Less(i, j int) bool { return h.by(h.slots[i], h.slots[j]) }
func (h *heaped) Swap(i, j int)      { h.slots[i], h.slots[j] = h.slots[j], h.slots[i] }

// Push is heap.Interface's.
func (h *heaped) Push(x any) { h.slots = append(h.slots, x.(slot)) }

// Pop is heap.Interface's.
func (h *heaped) Pop() any {
	last := len(h.slots) - 1
	out := h.slots[last]
	h.slots = h.slots[:last]
	return out
}
