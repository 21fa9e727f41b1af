package delivery

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/posternhq/postern/envelope"
)

func TestRankOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		o    envelope.Outbound
		want Rank
	}{
		{envelope.Outbound{Type: envelope.TypeMessage}, RankMessage},
		{envelope.Outbound{Type: envelope.TypeRPC}, RankMessage},
		{envelope.Outbound{Type: envelope.TypeStream, Final: true}, RankMessage},
		{envelope.Outbound{Type: envelope.TypeStream}, RankChange},
		{envelope.Outbound{Type: envelope.TypeEdit}, RankChange},
		{envelope.Outbound{Type: envelope.TypeDelete}, RankChange},
		{envelope.Outbound{Type: envelope.TypeReaction}, RankChange},
		{envelope.Outbound{Type: envelope.TypeTyping}, RankSign},
		{envelope.Outbound{Type: envelope.TypePresence}, RankSign},
	} {
		if got := RankOf(&tt.o); got != tt.want {
			t.Errorf("%s, final %v: %d, want %d", tt.o.Type, tt.o.Final, got, tt.want)
		}
	}
}

// Of lanes that become ready close together the more urgent start first, and of
// the same rank who came first; in each lane things keep their order.
func TestWhatIsMoreUrgentGoesFirst(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 4).Draw(t, "limit")
		l := NewLanes(limit, parcelGates, parcelRank)
		type ready struct {
			name string
			rank Rank
		}
		var want []ready
		for i := range rapid.IntRange(1, headStart*limit).Draw(t, "lanes") {
			r := ready{fmt.Sprint(i), ranks}
			for serial := range rapid.IntRange(1, 3).Draw(t, "items") {
				rank := Rank(rapid.IntRange(0, int(ranks)-1).Draw(t, "rank"))
				l.Push(r.name, parcel{serial: serial, rank: rank})
				r.rank = min(r.rank, rank)
			}
			want = append(want, r)
		}
		slices.SortStableFunc(want, func(a, b ready) int { return cmp.Compare(a.rank, b.rank) })
		for _, w := range want {
			name, p, _ := l.Next(at(0))
			if name != w.name || p.serial != 0 {
				t.Fatalf("lane %s starts with its item %d; want the first of %s, of %v", name, p.serial, w.name, want)
			}
			l.Hold(name, at(1e6), false)
		}
	})
}

// However much that is more urgent becomes ready all the time, each lane has its
// turn before more than its head start have gone by.
func TestNothingStarves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 4).Draw(t, "limit")
		l := NewLanes(limit, parcelGates, parcelRank)
		others := rapid.IntRange(1, 20).Draw(t, "others")
		for i := range others {
			l.Push(fmt.Sprint("urgent", i), parcel{rank: RankMessage})
		}
		rank := Rank(rapid.IntRange(1, int(ranks)-1).Draw(t, "rank"))
		l.Push("patient", parcel{rank: rank})
		most := others + int(rank)*headStart*limit
		for n := 0; ; n++ {
			name, _, ok := l.Next(at(0))
			if !ok || name == "patient" {
				if !ok || n < most-others {
					t.Fatalf("it started as number %d, %v", n, ok)
				}
				return
			}
			if n > most {
				t.Fatalf("%d have gone before it, of %d others; want at most %d", n, others, most)
			}
			if rapid.Bool().Draw(t, "new lane") {
				l.Done(name, false)
				l.Push(fmt.Sprint("new", n), parcel{rank: RankMessage})
			} else {
				l.Push(name, parcel{rank: RankMessage})
				l.Done(name, false)
			}
		}
	})
}

func TestAMessageHurriesTheTypingBeforeIt(t *testing.T) {
	t.Parallel()
	l := NewLanes(1, parcelGates, parcelRank)
	l.Push("a", parcel{rank: RankSign})
	l.Push("b", parcel{rank: RankChange})
	l.Push("c", parcel{serial: 1, rank: RankSign})
	l.Push("c", parcel{serial: 2, rank: RankMessage})
	var order []string
	for range 4 {
		name, p, _ := l.Next(at(0))
		order = append(order, fmt.Sprint(name, p.serial))
		l.Done(name, false)
	}
	wantLanes(t, "all", order, "c1", "c2", "b0", "a0")
}

func TestALaneRisesWithAnItemOfIt(t *testing.T) {
	t.Parallel()
	snapshot := &parcel{rank: RankChange}
	l := NewLanes(1, func(string, *parcel) []string { return nil }, func(p *parcel) Rank { return p.rank })
	l.Push("edit", &parcel{rank: RankChange})
	l.Push("stream", snapshot)
	snapshot.rank = RankMessage // its final one stands there now
	l.Raise("stream", RankChange, RankMessage)
	l.Raise("nobody", RankChange, RankMessage)
	for _, want := range []string{"stream", "edit"} {
		name, _, _ := l.Next(at(0))
		if name != want {
			t.Errorf("%s started, want %s", name, want)
		}
		l.Done(name, false)
	}
}
