package backlog

import "github.com/posternhq/postern/internal/bus"

// Queue puts an entry at the end of its lane's queue. Its key is found by it,
// unless an older entry has the same one: of those that follow an original the
// lane is of no interest as long as it waits, and then its claim tells.
func (b *Backlog) Queue(lane string, id bus.ID, key string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	n, _ := b.add(id)
	no, ln := b.lanes.open(lane)
	r := b.records.at(n)
	r.lane, r.next = no, 0
	if ln.last == 0 {
		ln.first = n + 1
	} else {
		b.records.at(ln.last - 1).next = n + 1
	}
	ln.last = n + 1
	b.queued++
	if key == "" {
		return
	}
	hash := b.hashKey(key)
	if _, older := b.findKey(hash); !older {
		r.key = hash
		b.keys.add(n, uint32(hash), b.keyOf)
	}
}

// Waits reports whether entries of a lane are queued, or taken and not
// released: what comes later is to be queued behind them.
func (b *Backlog) Waits(lane string) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.lanes.find(lane) != nil
}

// Lane is the lane of the entry that a key is found by, one that is queued or
// taken. It goes by 64 bits of the key's hash.
func (b *Backlog) Lane(key string) (lane string, ok bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	n, ok := b.findKey(b.hashKey(key))
	if !ok {
		return "", false
	}
	return b.lanes.at(b.records.at(n).lane).name, true
}

// Ask puts a lane at the end of those whose queues are to be read on. One that
// has asked, whose entries are taken, or that has none queued, is left alone.
func (b *Backlog) Ask(lane string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if ln := b.lanes.find(lane); ln != nil && ln.first != 0 && ln.taken == 0 && !ln.asks {
		b.lanes.ask(lane)
	}
}

// Next takes out the lane that has asked first.
func (b *Backlog) Next() (lane string, ok bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.lanes.next()
}

// Take takes at most n entries off the front of the queue of a lane that does
// not ask: Next has named it, or it never asks. They count as its own until they
// are released.
func (b *Backlog) Take(lane string, n int) (ids []bus.ID) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	ln := b.lanes.find(lane)
	for ; n > 0 && ln != nil && ln.first != 0; n-- {
		r := b.records.at(ln.first - 1)
		ids = append(ids, b.id(ln.first-1))
		if ln.first = r.next; ln.first == 0 {
			ln.last = 0
		}
		r.next = taken
		ln.taken++
		b.queued--
	}
	return ids
}

// Release notes that an entry which was taken is its owner's again.
func (b *Backlog) Release(id bus.ID) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if n, kept := b.find(id); kept {
		b.release(n)
	}
}

// taken stands in next of a record that was taken: no number is as high.
const taken = 1<<32 - 1

func (b *Backlog) release(n uint32) {
	r := b.records.at(n)
	if r.next != taken {
		return
	}
	if r.key != 0 {
		b.keys.remove(n, uint32(r.key), b.keyOf)
	}
	no := r.lane
	r.next, r.lane, r.key = 0, 0, 0
	if ln := b.lanes.at(no); ln.taken > 1 || ln.first != 0 {
		ln.taken--
	} else {
		b.lanes.close(no)
	}
}

// Count says how many lanes have entries queued or taken, and how many entries
// are queued.
func (b *Backlog) Count() (lanes, queued int) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.lanes.slab.live, b.queued
}
