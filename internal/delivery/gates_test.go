package delivery

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

// 100,000 lanes behind the gate of a route, half of them behind their channels'
// as well: each goes on when nothing bars it any more, in the order they came,
// also when the gate is shut again in between.
func TestManyLanesBehindAGateKeepTheirOrder(t *testing.T) {
	t.Parallel()
	const lanes = 100_000
	l := NewLanes(256, func(name string, item int) []string {
		return []string{"route", "channel " + strconv.Itoa(item%2)}
	}, sameRank)
	for i := range lanes {
		l.Push(strconv.Itoa(i), i)
	}
	l.Shut("route", at(10))
	l.Shut("channel 1", at(20))
	if _, _, ok := l.Next(at(0)); ok || l.Ready() != 0 {
		t.Fatalf("%d lanes are ready behind a shut gate", l.Ready())
	}
	take := func(n int, now time.Time, first, step int) {
		t.Helper()
		for i := range n {
			name, item, ok := l.Next(now)
			if !ok || item != first+i*step {
				t.Fatalf("number %d is lane %d, %v; want %d", i, item, ok, first+i*step)
			}
			l.Done(name, false)
		}
	}
	take(1000, at(10), 0, 2)
	l.Shut("route", at(15)) // again
	if _, item, ok := l.Next(at(11)); ok {
		t.Fatalf("%d starts behind a gate that was shut again", item)
	}
	take(lanes/2-1000, at(15), 2000, 2)
	if _, item, ok := l.Next(at(19)); ok {
		t.Fatalf("%d starts behind its channel's gate", item)
	}
	take(lanes/2, at(20), 1, 2)
	if l.Size() != 0 || len(l.gates) != 0 {
		t.Errorf("%d lanes and %d gates are left", l.Size(), len(l.gates))
	}
}

// Who was let in just as a gate was shut has not had its turn, and goes before
// those behind it; but only once, or it might keep the gate shut for all.
func TestARefusedLaneKeepsItsTurnOnce(t *testing.T) {
	t.Parallel()
	l := NewLanes(1, parcelGates, parcelRank)
	for i := range 3 {
		l.Push(fmt.Sprint("lane", i), parcel{})
	}
	var order []string
	for second := range 5 {
		name, _, _ := l.Next(at(float64(second)))
		order = append(order, name)
		if name == "lane0" {
			l.Refused(name, at(float64(second+1)))
		} else {
			l.Done(name, false)
		}
	}
	wantLanes(t, "five turns", order, "lane0", "lane0", "lane1", "lane2", "lane0")
}
