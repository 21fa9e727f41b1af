package backlog

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/posternhq/postern/internal/bus"
)

// What was put aside comes out when it is due, and no sooner; of what is due,
// each stands where one published at its due would, or at its own id, whichever
// is later. Ids run ahead of the clock in half of the cases, as they do once
// Redis' clock was set back: an entry then must not go before what was published
// before it.
func TestAgendaOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a := NewAgenda()
		number := rapid.Int64Range(1, 8)
		dues := map[bus.ID]int64{}
		for range rapid.IntRange(0, 20).Draw(rt, "entries") {
			id := bus.ID{MS: uint64(number.Draw(rt, "ms")), Seq: uint64(number.Draw(rt, "seq"))}
			if _, again := dues[id]; !again {
				dues[id] = number.Draw(rt, "due")
				a.Put(id, dues[id])
			}
		}
		now := rapid.Int64Range(0, 9).Draw(rt, "now")
		limit := bus.ID{MS: uint64(number.Draw(rt, "limit ms")), Seq: uint64(number.Draw(rt, "limit seq"))}
		a.Ripen(now)

		place := func(id bus.ID) bus.ID { return bus.ID{MS: max(id.MS, uint64(dues[id]))} }
		order := func(x, y bus.ID) int { return cmp.Or(cmp.Compare(place(x).MS, place(y).MS), x.Compare(y)) }
		var want []bus.ID
		for id, due := range dues {
			if due <= now && (place(id).MS < limit.MS || place(id).MS == limit.MS && id.Compare(limit) < 0) {
				want = append(want, id)
			}
		}
		slices.SortFunc(want, order)
		if stands := a.Precedes(limit); stands != (len(want) > 0) {
			rt.Fatalf("something stands before %v: %v, of %v", limit, stands, want)
		}
		if got := a.Due(limit, len(dues)+1); !slices.Equal(got, want) {
			rt.Fatalf("before %v at %d came %v; expected %v", limit, now, got, want)
		}
		for id, due := range dues {
			if first, ok := a.First(); due > now && (!ok || first > due || first <= now) {
				rt.Fatalf("the next is said to be due at %d, %v; %v is at %d", first, ok, id, due)
			}
		}
	})
}
