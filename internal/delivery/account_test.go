package delivery

import (
	"slices"
	"strconv"
	"testing"
	"time"
)

// 100,000 lanes wait before the account's gate. When it opens they go on in the
// order they came, as one, two, four, eight; and when the platform refuses one
// of them again, nothing more goes until it opens anew.
func TestAnAccountsGateOpensUpGradually(t *testing.T) {
	t.Parallel()
	const lanes = 100_000
	l := NewLanes(256, func(string, int) []string { return nil }, sameRank)
	for i := range lanes {
		l.Push(strconv.Itoa(i), i)
	}
	var a Account
	a.Shut(at(10))
	a.Shut(at(5)) // a shorter word does not open it
	now, refusals, next := at(0), 0, 0
	var rounds []int
	for next < lanes {
		var started []string
		for {
			ok, until := a.Allows(now, l.InFlight())
			if !ok {
				if until.After(now) && len(started) == 0 {
					now = until
					rounds = nil
					continue
				}
				break
			}
			name, item, ok := l.Next(now)
			if !ok {
				break
			}
			if item != next {
				t.Fatalf("%d went on before %d", item, next)
			}
			next++
			started = append(started, name)
		}
		rounds = append(rounds, len(started))
		now = now.Add(50 * time.Millisecond)
		for _, name := range started {
			l.Done(name, false)
			if refusals == 0 && next > 1000 {
				refusals++
				a.Shut(now.Add(time.Minute))
			}
			a.Passed(now)
		}
	}
	if want := []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 256}; !slices.Equal(rounds[:10], want) {
		t.Errorf("after the last refusal came %v at once, want %v", rounds[:10], want)
	}
	if _, _, ok := l.Next(now); ok || l.Size() != 0 {
		t.Errorf("%d lanes are left", l.Size())
	}
}

func TestAnAccountsGateHoldsAll(t *testing.T) {
	t.Parallel()
	var a Account
	if ok, _ := a.Allows(at(0), 1000); !ok {
		t.Error("it bounds something from the start")
	}
	a.Shut(at(2))
	if ok, until := a.Allows(at(1), 0); ok || !until.Equal(at(2)) {
		t.Errorf("shut: %v, until %v", ok, until)
	}
	if ok, _ := a.Allows(at(2), 1); ok {
		t.Error("two go at once when it opens")
	}
	if ok, _ := a.Allows(at(10), 255); !ok {
		t.Error("8 s later it bounds still")
	}
}

// What the adapter counts for itself shuts the gate exactly: as many go on as were
// under way, one more with each that passes, also while it is shut, and one less
// each time that somebody came too soon. What the platform refuses begins anew.
func TestAccountThatTheAdapterCounts(t *testing.T) {
	t.Parallel()
	var a Account
	now := time.Unix(1000, 0)
	width := func(want int) {
		t.Helper()
		if ok, _ := a.Allows(now, want-1); !ok {
			t.Errorf("of %d not all may be under way", want)
		}
		if ok, _ := a.Allows(now, want); ok {
			t.Errorf("more than %d may be under way", want)
		}
	}
	opens := func(say func(time.Time)) {
		until := now.Add(20 * time.Millisecond)
		say(until)
		if ok, at := a.Allows(now, 0); ok || !at.Equal(until) {
			t.Errorf("it is open, or until %v", at)
		}
		now = until
	}
	opens(a.Announced)
	width(1)
	for range 4 {
		opens(func(until time.Time) { a.Announced(until); a.Passed(now) })
	}
	width(5)
	opens(func(until time.Time) { a.Announced(until); a.TooMany(); a.TooMany() })
	width(4)
	opens(a.Shut)
	width(1)
	opens(func(until time.Time) { a.Shut(until); a.Passed(now); a.TooMany() })
	width(1)
}
