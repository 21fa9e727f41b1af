package delivery

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// at is a second of the tests' clock.
func at(seconds float64) time.Time {
	return time.Unix(2_000_000, 0).Add(time.Duration(seconds * float64(time.Second)))
}

// startAll takes as many as may start and returns their lanes.
func startAll(l *Lanes[parcel], now time.Time) (started []string) {
	for {
		name, _, ok := l.Next(now)
		if !ok {
			return started
		}
		started = append(started, name)
	}
}

func wantLanes(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: started %v, want %v", what, got, want)
	}
}

func TestEveryReadyLaneHasItsTurn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 4).Draw(t, "limit")
		k := rapid.IntRange(1, 12).Draw(t, "lanes")
		l := NewLanes(limit, parcelGates, parcelRank)
		for i := range k {
			for range 50 {
				l.Push(fmt.Sprint(i), parcel{})
			}
		}
		var flight, picks []string
		for range 2*k + limit {
			flight = append(flight, startAll(l, at(0))...)
			i := rapid.IntRange(0, len(flight)-1).Draw(t, "ends")
			l.Done(flight[i], false)
			picks = append(picks, flight[i])
			flight = slices.Delete(flight, i, i+1)
		}
		for i := range k { // ends lag behind picks by what is in flight
			if n := fmt.Sprint(i); !slices.Contains(picks, n) && !slices.Contains(flight, n) {
				t.Fatalf("lane %s of %d had no turn in %v", n, k, picks)
			}
		}
	})
}

func TestALaneThatHadItsTurnGoesToTheEnd(t *testing.T) {
	t.Parallel()
	l := NewLanes(1, parcelGates, parcelRank)
	for range 3 {
		for _, lane := range []string{"a", "b", "c"} {
			l.Push(lane, parcel{})
		}
	}
	var order []string
	for range 9 {
		name, _, _ := l.Next(at(0))
		order = append(order, name)
		l.Done(name, false)
	}
	wantLanes(t, "nine turns", order, "a", "b", "c", "a", "b", "c", "a", "b", "c")
}

func TestGatesHoldWhomTheyShould(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		gate string
		free []string
	}{
		{"account", nil},
		{"route x", []string{"b", "d"}},
		{"channel a", []string{"b", "c", "d"}},
		{"channel z", []string{"a", "b", "c", "d"}},
	} {
		l := NewLanes(10, parcelGates, parcelRank)
		for i, lane := range []string{"a", "b", "c", "d"} {
			l.Push(lane, parcel{route: []string{"x", "y"}[i%2]})
		}
		l.Shut(tt.gate, at(5))
		l.Shut(tt.gate, at(3)) // a shorter word does not open it
		wantLanes(t, tt.gate+" shut", startAll(l, at(0)), tt.free...)
		if len(tt.free) < 4 {
			if next, ok := l.NextHold(); !ok || !next.Equal(at(5)) {
				t.Errorf("%s: next at %v, %v", tt.gate, next, ok)
			}
		}
		wantLanes(t, tt.gate+" just before it opens", startAll(l, at(4.999)))
		if n := len(tt.free) + len(startAll(l, at(5))); n != 4 {
			t.Errorf("%s: %d lanes of 4 started once it was open", tt.gate, n)
		}
		if len(tt.free) < 4 && len(l.gates) != 0 {
			t.Errorf("%s: an open gate is kept: %v", tt.gate, l.gates)
		}
	}
}

func TestAGateShutFurtherHoldsAgain(t *testing.T) {
	t.Parallel()
	l := NewLanes(10, parcelGates, parcelRank)
	l.Push("a", parcel{})
	l.Shut("account", at(1))
	wantLanes(t, "shut", startAll(l, at(0)))
	l.Shut("account", at(4))
	wantLanes(t, "shut further", startAll(l, at(2)))
	wantLanes(t, "open", startAll(l, at(4)), "a")
}

func TestSlowOperationsStopCounting(t *testing.T) {
	t.Parallel()
	l := NewLanes(2, parcelGates, parcelRank)
	for _, lane := range []string{"a", "b", "c", "d"} {
		l.Push(lane, parcel{})
	}
	wantLanes(t, "at first", startAll(l, at(0)), "a", "b")
	l.Slow("a")
	l.Slow("a") // once only
	l.Slow("nobody")
	wantLanes(t, "one is slow", startAll(l, at(1)), "c")
	l.Done("a", true) // its slot was given away already
	wantLanes(t, "the slow one ended", startAll(l, at(1)))
	l.Done("b", false)
	wantLanes(t, "one of the others ended", startAll(l, at(1)), "d")
}

func TestLanesKnownToBeSlowStartInAQuarterOfTheSlots(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ limit, quarter int }{{1, 1}, {3, 1}, {4, 1}, {8, 2}, {16, 4}} {
		l := NewLanes(tt.limit, parcelGates, parcelRank)
		for i := range 20 {
			name := fmt.Sprint("slow", i)
			l.Push(name, parcel{})
			l.Push(name, parcel{})
		}
		for range 20 {
			name, _, _ := l.Next(at(0))
			l.Done(name, true)
		}
		started := startAll(l, at(0))
		if len(started) != tt.quarter {
			t.Fatalf("limit %d: %d slow lanes started, want %d", tt.limit, len(started), tt.quarter)
		}
		for i := range 20 {
			l.Push(fmt.Sprint("fast", i), parcel{})
		}
		if n := len(startAll(l, at(0))); n != tt.limit-tt.quarter {
			t.Fatalf("limit %d: %d others started beside %d slow ones", tt.limit, n, tt.quarter)
		}
		l.Done(started[0], false) // proved itself: fast from now on
		if tt.limit > 1 {
			wantLanes(t, "a slow one ended", startAll(l, at(0)), fmt.Sprint("slow", tt.quarter))
		}
	}
}

func TestSlowLanesTakeTurnsAmongThemselves(t *testing.T) {
	t.Parallel()
	l := NewLanes(4, parcelGates, parcelRank) // one slot for the slow
	for _, lane := range []string{"s", "t", "u"} {
		for range 4 {
			l.Push(lane, parcel{})
		}
	}
	for range 3 {
		lane, _, _ := l.Next(at(0))
		l.Hold(lane, at(0), true)
	}
	var order []string
	for range 6 {
		started := startAll(l, at(1))
		wantLanes(t, "the slot is taken", startAll(l, at(1))) // asked in vain, nobody loses its place
		order = append(order, started...)
		l.Done(started[0], true)
	}
	wantLanes(t, "six turns", order, "s", "t", "u", "s", "t", "u")
}

func TestAWaitingLaneWaitsForItsWakeOnly(t *testing.T) {
	t.Parallel()
	l := NewLanes(4, parcelGates, parcelRank)
	l.Push("a", parcel{serial: 1})
	l.Push("a", parcel{serial: 2})
	startAll(l, at(0))
	l.Wait("a")
	wantLanes(t, "waiting", startAll(l, at(1e6)))
	l.Wake("a")
	l.Wake("a")
	wantLanes(t, "woken, twice", startAll(l, at(1e6)), "a")
	l.Hold("a", at(2e6), false)
	l.Wake("a")
	wantLanes(t, "a held lane is not woken", startAll(l, at(1e6)))
}

func sameRank(int) Rank { return RankMessage }
