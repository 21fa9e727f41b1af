package main

import (
	"testing"
	"time"
)

// TestModel: what bounds a fleet is the scarcest of Redis, the nodes' machines
// and the machine that all share.
func TestModel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		costs costs
		fleet fleet
		cores int
		rate  float64
		by    string
	}{
		{costs{10, 20, 0}, fleet{redis: 1, nodes: 1, parts: 1}, 8, 50_000, "Redis"},
		{costs{10, 20, 0}, fleet{redis: 2, nodes: 2, parts: 1}, 8, 100_000, "Redis"},
		{costs{10, 20, 0}, fleet{redis: 1, nodes: 1, parts: 4}, 8, 1e6 / 38.0, "Redis"},
		{costs{100, 1, 0}, fleet{redis: 1, nodes: 1, parts: 1}, 1, 1e6 / 101.0, "the cores that all share"},
		{costs{30, 20, 10}, fleet{redis: 2, nodes: 2, parts: 1}, 2, 2e6 / 60.0, "the cores that all share"},
	} {
		rate, by := c.costs.holds(c.fleet, c.cores)
		if rate < c.rate-1 || rate > c.rate+1 || by != c.by {
			t.Errorf("%+v, %+v on %d cores: %.0f, bound by %s; want %.0f, by %s", c.costs, c.fleet, c.cores, rate, by, c.rate, c.by)
		}
	}
}

// TestIdeal: the account's rate bounds many channels, a channel's own a burst,
// and what is flooded or fails takes nothing from the others.
func TestIdeal(t *testing.T) {
	t.Parallel()
	k := kind{"a", rate{10, time.Second}, rate{1, time.Second}}
	for _, trouble := range []bool{false, true} {
		if got, want := newScene(k, 0, trouble, 100).ideal(), 10*time.Second+latency/2; got != want { // 102 messages
			t.Errorf("100 channels, trouble %v: %v; want %v", trouble, got, want)
		}
	}
	few := newScene(kind{"a", rate{1000, time.Second}, rate{1, time.Second}}, 0, false, 100)
	if got, want := few.ideal(), 2*time.Second+latency/2; got != want { // three in one channel
		t.Errorf("a burst: %v; want %v", got, want)
	}
}
