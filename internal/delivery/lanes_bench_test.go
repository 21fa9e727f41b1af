package delivery

import (
	"fmt"
	"testing"
	"time"
)

// A push, a pick and an end, of so many lanes that are ready.
func BenchmarkLanes(b *testing.B) {
	for _, lanes := range []int{100, 10_000, 1_000_000} {
		b.Run(fmt.Sprint(lanes), func(b *testing.B) {
			l := manyLanes(lanes)
			for b.Loop() {
				name, item, _ := l.Next(at(0))
				l.Push(name, item)
				l.Done(name, false)
			}
		})
	}
}

// A route's gate, with 100,000 lanes behind it, opens, lets a few go on, and is
// shut again.
func BenchmarkGate(b *testing.B) {
	const lanes = 100_000
	l := manyLanes(lanes)
	now := at(0)
	l.Shut("route x", at(1))
	if _, _, ok := l.Next(now); ok || l.Ready() > 0 {
		b.Fatal("the gate bars not all")
	}
	for b.Loop() {
		now = now.Add(time.Second)
		for range 8 {
			name, item, ok := l.Next(now)
			if !ok {
				b.Fatal("nothing starts")
			}
			l.Push(name, item)
			l.Done(name, false)
		}
		l.Shut("route x", now.Add(time.Second))
	}
}

func manyLanes(n int) *Lanes[parcel] {
	l := NewLanes(256, func(string, parcel) []string { return []string{"route x"} }, parcelRank)
	for i := range n {
		l.Push(fmt.Sprint(i), parcel{rank: Rank(i) % ranks})
	}
	return l
}
