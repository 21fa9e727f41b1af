package backlog

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/posternhq/postern/internal/bus"
)

// model says what a Backlog must do, by looking at everything each time.
type model struct {
	held  map[bus.ID]bool
	out   map[bus.ID]string // taken, by lane
	lanes map[string][]bus.ID
	asks  []string
	keys  []keyed // by what they are found
}

type keyed struct {
	id        bus.ID
	key, lane string
}

// machine drives a Backlog and its model side by side.
type machine struct {
	real  *Backlog
	model model
	next  uint64
}

var laneNames = []string{"a", "b", "c", "d"}

// id draws a new one: of the same millisecond often, made by hand sometimes.
func (m *machine) id(t *rapid.T) bus.ID {
	m.next++
	switch rapid.IntRange(0, 9).Draw(t, "id") {
	case 0:
		return bus.ID{MS: 1 << 50, Seq: m.next}
	case 1:
		return bus.ID{MS: m.next, Seq: 1 << 40}
	case 2, 3:
		return bus.ID{MS: 1_790_000_000_000 - m.next}
	default:
		return bus.ID{MS: 1_800_000_000_000, Seq: m.next}
	}
}

func (m *machine) add(t *rapid.T) {
	id := m.id(t)
	m.model.held[id] = true
	if !m.real.Add(id) || m.real.Add(id) {
		t.Fatalf("Add(%v) is new not exactly once", id)
	}
}

func (m *machine) queue(t *rapid.T) {
	lane, id := rapid.SampledFrom(laneNames).Draw(t, "lane"), m.id(t)
	key := rapid.SampledFrom([]string{"", "k1", "k2", fmt.Sprint("own", m.next)}).Draw(t, "key")
	if rapid.Bool().Draw(t, "added before") {
		m.real.Add(id)
	}
	m.real.Queue(lane, id, key)
	m.model.held[id] = true
	m.model.lanes[lane] = append(m.model.lanes[lane], id)
	if key != "" && !slices.ContainsFunc(m.model.keys, func(k keyed) bool { return k.key == key }) {
		m.model.keys = append(m.model.keys, keyed{id, key, lane})
	}
}

func (m *machine) burst(t *rapid.T) {
	for range rapid.IntRange(1, 200).Draw(t, "entries") {
		m.queue(t)
	}
}

func (m *machine) ask(t *rapid.T) {
	lane := rapid.SampledFrom(laneNames).Draw(t, "lane")
	m.real.Ask(lane)
	if len(m.model.lanes[lane]) > 0 && m.taken(lane) == 0 && !slices.Contains(m.model.asks, lane) {
		m.model.asks = append(m.model.asks, lane)
	}
}

func (m *machine) taken(lane string) (n int) {
	for _, l := range m.model.out {
		if l == lane {
			n++
		}
	}
	return n
}

func (m *machine) read(t *rapid.T) {
	lane, ok := m.real.Next()
	if ok != (len(m.model.asks) > 0) || ok && lane != m.model.asks[0] {
		t.Fatalf("Next: %q, %v; want the first of %v", lane, ok, m.model.asks)
	}
	if !ok {
		return
	}
	m.model.asks = m.model.asks[1:]
	n := min(len(m.model.lanes[lane]), rapid.IntRange(1, 100).Draw(t, "n"))
	want := m.model.lanes[lane][:n]
	if got := m.real.Take(lane, n); !slices.Equal(got, want) {
		t.Fatalf("Take(%s): %v; want %v", lane, got, want)
	}
	m.model.lanes[lane] = slices.Clone(m.model.lanes[lane][n:])
	for _, id := range want {
		m.model.out[id] = lane
	}
}

func (m *machine) release(t *rapid.T) {
	for _, id := range m.some(t, slices.Collect(maps.Keys(m.model.out))) {
		m.real.Release(id)
		m.forget(id)
	}
}

func (m *machine) forget(id bus.ID) {
	delete(m.model.out, id)
	m.model.keys = slices.DeleteFunc(m.model.keys, func(k keyed) bool { return k.id == id })
}

// remove lets go of entries that are not queued: taken ones, too.
func (m *machine) remove(t *rapid.T) {
	queued := map[bus.ID]bool{}
	for _, ids := range m.model.lanes {
		for _, id := range ids {
			queued[id] = true
		}
	}
	var free []bus.ID
	for id := range m.model.held {
		if !queued[id] {
			free = append(free, id)
		}
	}
	for _, id := range m.some(t, free) {
		m.real.Remove(id)
		m.forget(id)
		delete(m.model.held, id)
	}
}

// some draws a few of ids, which come in any order.
func (m *machine) some(t *rapid.T, ids []bus.ID) []bus.ID {
	slices.SortFunc(ids, bus.ID.Compare)
	return ids[:rapid.IntRange(0, len(ids)).Draw(t, "some")]
}

// check holds after every step.
func (m *machine) check(t *rapid.T) {
	queued, lanes := 0, 0
	for _, name := range laneNames {
		n := len(m.model.lanes[name])
		waits := n+m.taken(name) > 0
		if waits {
			lanes++
		}
		queued += n
		if m.real.Waits(name) != waits {
			t.Fatalf("Waits(%s): %v, with %d queued and %d taken", name, !waits, n, m.taken(name))
		}
	}
	if l, q := m.real.Count(); l != lanes || q != queued || m.real.Len() != len(m.model.held) {
		t.Fatalf("%d lanes, %d queued, %d held; want %d, %d, %d", l, q, m.real.Len(), lanes, queued, len(m.model.held))
	}
	for id := range m.model.held {
		if !m.real.Has(id) {
			t.Fatalf("%v is not held", id)
		}
	}
	if m.real.Has(bus.ID{MS: 7}) {
		t.Fatal("holds what it never saw")
	}
	for _, key := range []string{"k1", "k2", "k3"} {
		want := ""
		if i := slices.IndexFunc(m.model.keys, func(k keyed) bool { return k.key == key }); i >= 0 {
			want = m.model.keys[i].lane
		}
		if got, ok := m.real.Lane(key); got != want || ok != (want != "") {
			t.Fatalf("Lane(%s): %q, want %q", key, got, want)
		}
	}
}

// drain lets everything out, and then nothing may be left of it.
func (m *machine) drain(t *rapid.T) {
	for lane, ids := range m.model.lanes {
		if got := m.real.Take(lane, len(ids)+1); !slices.Equal(got, ids) {
			t.Fatalf("lane %s held %v; want %v", lane, got, ids)
		}
	}
	for id := range m.model.held {
		m.real.Remove(id)
	}
	b := m.real
	if len(b.records.chunks) > 1 || len(b.lanes.slab.chunks) > 1 || b.lanes.byName != nil || len(b.wild) > 0 || b.queued != 0 {
		t.Fatalf("empty, and keeps %+v", b)
	}
	for i := range indexParts {
		if b.ids.parts[i].slots != nil || b.keys.parts[i].slots != nil {
			t.Fatalf("empty, and keeps slots in part %d", i)
		}
	}
}

func TestBacklogAgainstTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{real: New(), model: model{
			held: map[bus.ID]bool{}, out: map[bus.ID]string{}, lanes: map[string][]bus.ID{},
		}}
		t.Repeat(map[string]func(*rapid.T){
			"add": m.add, "queue": m.queue, "burst": m.burst, "ask": m.ask, "read": m.read,
			"release": m.release, "remove": m.remove, "": m.check,
		})
		for _, ok := m.real.Next(); ok; _, ok = m.real.Next() {
		}
		m.drain(t)
	})
}
