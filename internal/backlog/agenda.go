package backlog

import (
	"container/heap"
	"hash/maphash"
	"sync"

	"github.com/posternhq/postern/internal/bus"
)

// Agenda knows which entries are put aside until they are due: pending, not
// kept, and no business of a sweep's. It is what Redis keeps of them, read at
// the take-over. An entry's due never changes.
//
//	Put ─► later ─► Ripen ─► ready ─► Due ─► handed out ─► Remove
//
// Times are in ms by Redis' clock. It is safe for concurrent use.
type Agenda struct {
	mutex sync.Mutex
	seed  maphash.Seed
	aside slab[delayed]
	wild  map[uint32]bus.ID // ids that cannot be packed, by number
	ids   index
	later heaped // not due yet, the next to be so on top
	ready heaped // due, the first in place on top
}

// delayed is one entry that is put aside, in 16 bytes.
type delayed struct {
	id  packed
	due int64
}

// NewAgenda makes an empty one.
func NewAgenda() *Agenda {
	a := &Agenda{seed: maphash.MakeSeed(), wild: map[uint32]bus.ID{}}
	a.later.before = func(x, y uint32) bool { return a.slot(x).dueBefore(a.slot(y)) }
	a.ready.before = func(x, y uint32) bool { return a.slot(x).before(a.slot(y)) }
	return a
}

// Put notes that an entry is put aside until due. One that is, stays.
func (a *Agenda) Put(id bus.ID, due int64) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if _, aside := a.find(id); aside {
		return
	}
	n := a.aside.take()
	d := a.aside.at(n)
	d.id, d.due = pack(id), due
	if d.id == unfit {
		a.wild[n] = id
	}
	a.ids.add(n, hashID(a.seed, id), a.hashOf)
	heap.Push(&a.later, n)
}

// Has reports whether an entry is put aside.
func (a *Agenda) Has(id bus.ID) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	_, aside := a.find(id)
	return aside
}

// First is the due of what is due first, of what is not known to be so.
func (a *Agenda) First() (due int64, ok bool) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	n, ok := a.later.top()
	if !ok {
		return 0, false
	}
	return a.aside.at(n).due, true
}

// Ripen notes that it is now.
func (a *Agenda) Ripen(now int64) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for n, ok := a.later.top(); ok && a.aside.at(n).due <= now; n, ok = a.later.top() {
		heap.Push(&a.ready, heap.Pop(&a.later))
	}
}

// Precedes reports whether something that is due has its slot before an id.
func (a *Agenda) Precedes(id bus.ID) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.precedes(id)
}

func (a *Agenda) precedes(id bus.ID) bool {
	n, ok := a.ready.top()
	return ok && a.slot(n).precedes(id)
}

// Due hands out, once, at most count of the entries that are due and have their
// slots before an id, in the order of their slots. They count as put aside
// until they are removed.
func (a *Agenda) Due(before bus.ID, count int) (ids []bus.ID) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for len(ids) < count && a.precedes(before) {
		ids = append(ids, a.id(heap.Pop(&a.ready).(uint32)))
	}
	return ids
}

// Remove notes that entries which were handed out are put aside no more.
func (a *Agenda) Remove(ids []bus.ID) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for _, id := range ids {
		if n, aside := a.find(id); aside {
			a.ids.remove(n, hashID(a.seed, id), a.hashOf)
			delete(a.wild, n)
			a.aside.free(n)
		}
	}
}

func (a *Agenda) find(id bus.ID) (n uint32, aside bool) {
	return a.ids.find(hashID(a.seed, id), func(n uint32) bool { return a.id(n) == id })
}

func (a *Agenda) id(n uint32) bus.ID {
	if id, fits := a.aside.at(n).id.unpack(); fits {
		return id
	}
	return a.wild[n]
}

func (a *Agenda) slot(n uint32) slot     { return slot{due: a.aside.at(n).due, id: a.id(n)} }
func (a *Agenda) hashOf(n uint32) uint32 { return hashID(a.seed, a.id(n)) }
