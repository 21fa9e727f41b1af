package delivery

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestFailingStands(t *testing.T) {
	t.Parallel()
	fail := func(f *Failing, lanes int, at time.Time) {
		for i := range lanes {
			f.Failed(fmt.Sprint(i), at)
		}
	}
	for _, tt := range []struct {
		name string
		do   func(f *Failing)
		want bool
	}{
		{"nothing is known", func(*Failing) {}, false},
		{"many at once are a hiccup", func(f *Failing) { fail(f, 100, at(0)) }, false},
		{"a few for long may be broken each on its own", func(f *Failing) { fail(f, 7, at(0)); fail(f, 7, at(3600)) }, false},
		{"several, for long enough", func(f *Failing) { fail(f, 8, at(0)); fail(f, 1, at(5)) }, true},
		{"the last of several comes late", func(f *Failing) { fail(f, 7, at(0)); f.Failed("8th", at(5)) }, true},
		{"one got through in between", func(f *Failing) { fail(f, 8, at(0)); f.Passed(at(4)); fail(f, 8, at(5)) }, false},
		{"one got through since", func(f *Failing) { fail(f, 8, at(0)); fail(f, 8, at(5)); f.Passed(at(6)) }, false},
	} {
		var f Failing
		if tt.do(&f); f.Standing() != tt.want {
			t.Errorf("%s: standing %v", tt.name, f.Standing())
		}
	}
}

func TestFailingIsToldOnce(t *testing.T) {
	t.Parallel()
	var f Failing
	began := 0
	for second := range 100 {
		for lane := range 20 {
			if f.Failed(fmt.Sprint(lane), at(float64(second))) {
				began++
			}
		}
	}
	if began != 1 || !f.Passed(at(100)) || f.Passed(at(101)) {
		t.Errorf("it began %d times; want once, and one end", began)
	}
	if len(f.lanes) > failingLanes {
		t.Errorf("it keeps %d names", len(f.lanes))
	}
}

func TestFailingLanesComeBackGradually(t *testing.T) {
	t.Parallel()
	var f Failing
	if f.Width(at(0)) != 0 {
		t.Error("it bounds something from the start")
	}
	for i := range 8 {
		f.Failed(fmt.Sprint(i), at(0))
	}
	f.Failed("0", at(5))
	if got := f.Width(at(1000)); got != failingWidth {
		t.Errorf("standing: %d", got)
	}
	f.Passed(at(1000))
	if got := f.Width(at(1000)); got != failingWidth+1 {
		t.Errorf("one got through: %d", got)
	}
	for range 10 {
		f.Passed(at(1000.1))
	}
	if got := f.Width(at(1000.1)); got != failingWidth+11 {
		t.Errorf("ten more: %d", got)
	}
	if got := f.Width(at(1008)); got != 0 {
		t.Errorf("8 s later: %d", got)
	}
}

// Any mixture of lanes that work and lanes that fail, any order of their
// operations: it stands only while every lane tried since the last that got
// through has failed, and a lane that has not failed since starts whenever it
// would without it.
func TestFailingHoldsUpNoWorkingLane(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const limit = 32
		var f Failing
		none := func(string, int) []string { return nil }
		lanes, now := NewLanes(limit, none, sameRank), at(0)
		broken := rapid.IntRange(0, 40).Draw(t, "broken")
		failed := map[string]bool{} // since something got through
		slow := map[string]bool{}   // as its last operation was
		var first time.Time
		var busy []string
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0: // something is published
				lanes.Push(fmt.Sprint(rapid.IntRange(0, 50).Draw(t, "lane")), 0)
			case 1: // time passes
				now = now.Add(time.Duration(rapid.IntRange(1, 3000).Draw(t, "ms")) * time.Millisecond)
			case 2: // all start that may
				lanes.Narrow(f.Width(now))
				for {
					name, _, ok := lanes.Next(now)
					if !ok {
						break
					}
					busy = append(busy, name)
				}
				if waiting := lanes.fronts[0].size; waiting > 0 && lanes.InFlight() < limit {
					t.Fatalf("%d lanes that have not failed are ready and do not start", waiting)
				}
				crawling := 0
				for _, name := range busy {
					if slow[name] {
						crawling++
					}
				}
				if f.Standing() && crawling > failingWidth {
					t.Fatalf("%d lanes that failed try at once", crawling)
				}
			case 3: // one comes back
				if len(busy) == 0 {
					continue
				}
				i := rapid.IntRange(0, len(busy)-1).Draw(t, "back")
				name := busy[i]
				busy = append(busy[:i], busy[i+1:]...)
				var n int
				if _, err := fmt.Sscan(name, &n); err != nil {
					t.Fatal(err)
				}
				if n >= broken { // it works
					f.Passed(now)
					lanes.Done(name, false)
					clear(failed)
					slow[name] = false
					if f.Standing() {
						t.Fatal("something got through, and it stands on")
					}
					continue
				}
				if len(failed) == 0 {
					first = now
				}
				failed[name], slow[name] = true, true
				f.Failed(name, now)
				lanes.Hold(name, now.Add(time.Second), true)
			}
			if f.Standing() && (len(failed) < failingLanes || now.Sub(first) < failingFor) {
				t.Fatalf("it stands, with %d lanes failing for %v", len(failed), now.Sub(first))
			}
		}
	})
}
