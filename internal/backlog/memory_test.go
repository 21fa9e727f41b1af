package backlog

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/posternhq/postern/internal/bus"
)

// inUse is the heap, in bytes.
func inUse() int64 {
	runtime.GC()
	runtime.GC() // what the first one has swept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// fill queues entries as a stream brings them: two in a millisecond, each with
// a key of its own, lane by lane in turn.
func fill(b *Backlog, entries, lanes int) {
	names := make([]string, lanes)
	for i := range names {
		names[i] = fmt.Sprintf("12:channel-%06d", i)
	}
	for i := range entries {
		b.Queue(names[i%lanes], entryID(i), fmt.Sprintf("message-key-of-some-length-%d", i))
	}
}

func entryID(i int) bus.ID { return bus.ID{MS: 1_790_000_000_000 + uint64(i)/2, Seq: uint64(i) % 2} }

// An entry that is read and waits costs at most 40 bytes, and nothing once it
// has left. It measures the heap of the whole process: nothing runs beside it.
func TestWhatAnEntryCosts(t *testing.T) {
	for _, tt := range []struct {
		entries, lanes, most int
	}{
		{250_000, 1, 40},
		{250_000, 1_000, 40},
		{100_000, 100_000, 240}, // a lane of its own for each
	} {
		before := inUse()
		b := New()
		fill(b, tt.entries, tt.lanes)
		each := float64(inUse()-before) / float64(tt.entries)
		t.Logf("%d entries in %d lanes: %.1f bytes each", tt.entries, tt.lanes, each)
		if each > float64(tt.most) {
			t.Errorf("%d entries in %d lanes cost %.1f bytes each; at most %d", tt.entries, tt.lanes, each, tt.most)
		}
		for i := range tt.lanes {
			for _, id := range b.Take(fmt.Sprintf("12:channel-%06d", i), tt.entries) {
				b.Remove(id)
			}
		}
		if left := inUse() - before; left > 64<<10 {
			t.Errorf("%d entries in %d lanes have left, and %d bytes have not", tt.entries, tt.lanes, left)
		}
		runtime.KeepAlive(b)
	}
}

func BenchmarkQueue(b *testing.B) {
	log := New()
	for i := 0; b.Loop(); i++ {
		log.Queue("lane", entryID(i), "message-key")
	}
}

// What the reader asks of each entry, of a million that are held.
func BenchmarkHas(b *testing.B) {
	log := New()
	fill(log, 1_000_000, 1000)
	for i := 0; b.Loop(); i++ {
		log.Has(bus.ID{MS: 1_800_000_000_000 + uint64(i)})
	}
}

func BenchmarkTakeAndRelease(b *testing.B) {
	log := New()
	for i := 0; b.Loop(); i++ {
		log.Queue("lane", entryID(i), "")
		for _, id := range log.Take("lane", 1) {
			log.Release(id)
			log.Remove(id)
		}
	}
}

// An entry that is put aside costs at most 40 bytes, and nothing once it is
// handed out and removed.
func TestWhatAnEntryPutAsideCosts(t *testing.T) {
	const entries, most = 200_000, 40
	before := inUse()
	a := NewAgenda()
	for i := range entries {
		id := entryID(i)
		a.Put(id, int64(id.MS)+3_600_000+int64(i)%7919)
	}
	each := float64(inUse()-before) / entries
	t.Logf("%.1f bytes each", each)
	if each > most {
		t.Errorf("an entry that is put aside costs %.1f bytes; at most %d", each, most)
	}
	a.Ripen(1 << 50)
	end := bus.ID{MS: 1 << 60}
	for ids := a.Due(end, 512); len(ids) > 0; ids = a.Due(end, 512) {
		a.Remove(ids)
	}
	if left := inUse() - before; left > 64<<10 {
		t.Errorf("all have left, and %d bytes have not", left)
	}
	runtime.KeepAlive(a)
}
