package delivery

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A thousand lanes wait when the platform is back. They come as one, two, four,
// eight, each round when the one before has got through.
func TestAnOutageOpensUpGradually(t *testing.T) {
	t.Parallel()
	var o Outage
	l := NewLanes(256, func(string, int) []string { return nil }, sameRank)
	for i := range 1000 {
		l.Push(fmt.Sprint(i), i)
	}
	now := o.Failed(at(0), false)
	var rounds []int
	for probing := true; ; probing = false {
		var started []string
		for {
			probe := probing && len(started) > 0
			if ok, _ := o.Allows(now, probe, l.InFlight()); !ok {
				break
			}
			name, _, ok := l.Next(now)
			if !ok {
				break
			}
			started = append(started, name)
		}
		if len(started) == 0 {
			break
		}
		rounds = append(rounds, len(started))
		now = now.Add(50 * time.Millisecond)
		for _, name := range started {
			o.Passed(now)
			l.Done(name, false)
		}
	}
	if want := []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 233}; !slices.Equal(rounds, want) {
		t.Errorf("under way at once: %v, want %v", rounds, want)
	}
}

// What follows the probe hangs. It holds up the others for seconds, not longer.
func TestWhatHangsAfterAnOutageHoldsNobodyUpForLong(t *testing.T) {
	t.Parallel()
	var o Outage
	o.Failed(at(0), false)
	if !o.Passed(at(1)) {
		t.Fatal("it stands on")
	}
	for second, most := range []int{2, 2, 4, 8, 16, 32, 64, 128} {
		now := at(1 + float64(second))
		if ok, _ := o.Allows(now, false, most-1); !ok {
			t.Errorf("after %d s, %d under way: not one more may start", second, most-1)
		}
		if ok, until := o.Allows(now, false, most); ok || !until.IsZero() {
			t.Errorf("after %d s, %d under way: one more may start: %v, %v", second, most, ok, until)
		}
	}
	if ok, _ := o.Allows(at(9), false, 1<<20); !ok {
		t.Error("after 8 s it still bounds something")
	}
	if ok, _ := o.Allows(at(1), false, 1<<20); !ok {
		t.Error("open, and a clock that goes back shuts it again")
	}
}

// The platform fails again while it opens up: one probe, as before.
func TestAnOutageComesBackWhileItOpensUp(t *testing.T) {
	t.Parallel()
	var o Outage
	o.Failed(at(0), false)
	o.Passed(at(1))
	until := o.Failed(at(1.1), false)
	if ok, _ := o.Allows(at(1.2), false, 0); ok {
		t.Error("something may start at once")
	}
	if ok, _ := o.Allows(until, true, 1); ok {
		t.Error("a second probe may start")
	}
	if !o.Passed(until) {
		t.Fatal("it stands on")
	}
	if ok, _ := o.Allows(until, false, 2); ok {
		t.Error("the second time it opens up at once")
	}
}
