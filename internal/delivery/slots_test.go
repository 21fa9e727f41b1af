package delivery

import (
	"fmt"
	"testing"
)

// 3,000 channels hang. So many operations stop counting and no more; then each
// slot is kept until one comes back, and nobody's is lost.
func TestWhatHangsIsBounded(t *testing.T) {
	t.Parallel()
	const limit, lanes = 16, 3_000
	most := limit + slowMost*limit
	l := NewLanes(limit, func(string, int) []string { return nil }, sameRank)
	for i := range lanes {
		l.Push(fmt.Sprint(i), i)
	}
	var flying []string
	start := func() (n int) {
		for {
			name, _, ok := l.Next(at(0))
			if !ok {
				return n
			}
			flying = append(flying, name)
			n++
		}
	}
	for range 20 {
		start()
		for _, name := range flying {
			l.Slow(name)
		}
	}
	if len(flying) != most || l.InFlight() != limit {
		t.Fatalf("%d hang, %d of them with a slot; want %d, %d", len(flying), l.InFlight(), most, limit)
	}
	for i, name := range flying[:slowMost*limit] { // those that do not count
		l.Hold(name, at(1e6), true)
		if n := start(); n != 1 {
			t.Fatalf("when %d had come back, %d started; want one in its stead", i+1, n)
		}
		l.Slow(flying[len(flying)-1]) // it hangs as well
	}
	for _, name := range flying[slowMost*limit:] {
		l.Done(name, false)
	}
	if l.InFlight() != 0 || l.slots.uncounted != 0 || l.slots.clinging.Len() != 0 || l.slots.crawling != 0 {
		t.Errorf("all are back, and it counts %+v", l.slots)
	}
}
