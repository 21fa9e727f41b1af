package backlog

import (
	"hash/maphash"
	"sync"

	"github.com/posternhq/postern/internal/bus"
)

// Backlog knows the entries that a node holds, whatever they wait for: what is
// found pending, less these, was missed. Those that are queued wait in their
// lanes beyond what is in memory; the others are their owner's business.
//
//	Add ─► kept ─► Queue ─► queued ─► Take ─► taken ─► Release ─► kept ─► Remove
//
// A key is found from Queue until Release. It is safe for concurrent use.
type Backlog struct {
	mutex   sync.Mutex
	seed    maphash.Seed
	records slab[record]
	wild    map[uint32]bus.ID // ids that do not fit into a record, by its number
	ids     index
	keys    index
	lanes   lanes
	queued  int
}

// New makes an empty backlog.
func New() *Backlog { return &Backlog{seed: maphash.MakeSeed(), wild: map[uint32]bus.ID{}} }

// Add reports whether id is new.
func (b *Backlog) Add(id bus.ID) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	_, isNew := b.add(id)
	return isNew
}

func (b *Backlog) add(id bus.ID) (n uint32, isNew bool) {
	hash := hashID(b.seed, id)
	if n, kept := b.find(id); kept {
		return n, false
	}
	n = b.records.take()
	r := b.records.at(n)
	if r.id = pack(id); r.id == unfit {
		b.wild[n] = id
	}
	b.ids.add(n, hash, b.hashOf)
	return n, true
}

// Remove lets go of an entry that is not queued.
func (b *Backlog) Remove(id bus.ID) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	n, kept := b.find(id)
	if !kept {
		return
	}
	b.release(n)
	b.ids.remove(n, hashID(b.seed, id), b.hashOf)
	delete(b.wild, n)
	b.records.free(n)
}

// Has reports whether an entry is kept.
func (b *Backlog) Has(id bus.ID) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	_, kept := b.find(id)
	return kept
}

// Len is how many entries are kept.
func (b *Backlog) Len() int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.records.live
}

// Missing are those of ids that are not kept, in their order.
func (b *Backlog) Missing(ids []bus.ID) (out []bus.ID) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, id := range ids {
		if _, kept := b.find(id); !kept {
			out = append(out, id)
		}
	}
	return out
}

func (b *Backlog) find(id bus.ID) (n uint32, kept bool) {
	return b.ids.find(hashID(b.seed, id), func(n uint32) bool { return b.id(n) == id })
}

func (b *Backlog) id(n uint32) bus.ID {
	if id, fits := b.records.at(n).id.unpack(); fits {
		return id
	}
	return b.wild[n]
}

func (b *Backlog) hashOf(n uint32) uint32    { return hashID(b.seed, b.id(n)) }
func (b *Backlog) keyOf(n uint32) uint32     { return uint32(b.records.at(n).key) }
func (b *Backlog) hashKey(key string) uint64 { return max(1, maphash.String(b.seed, key)) }

func hashID(seed maphash.Seed, id bus.ID) uint32 { return uint32(maphash.Comparable(seed, id)) }

// findKey is the entry that a key is found by: the oldest that is queued or
// taken.
func (b *Backlog) findKey(hash uint64) (n uint32, ok bool) {
	return b.keys.find(uint32(hash), func(n uint32) bool { return b.records.at(n).key == hash })
}
