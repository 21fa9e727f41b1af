package fleet

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const calm = 10 * time.Second

// world is nodes that plan each for itself, by views that may be old.
type world struct {
	nodes    []Node // the truth
	past     [][]Node
	planners map[string]*Planner
	now      time.Time
	moves    map[string]int // of each platform
}

func newWorld(nodes []Node) *world {
	w := &world{nodes: nodes, planners: map[string]*Planner{}, now: time.Unix(1e9, 0), moves: map[string]int{}}
	for _, n := range nodes {
		w.planners[n.ID] = &Planner{Self: n.ID, Calm: calm, Most: 4}
	}
	return w
}

func (w *world) index(id string) int {
	return slices.IndexFunc(w.nodes, func(n Node) bool { return n.ID == id })
}

// seen is what a node knows: its own as it is, the others as they were.
func (w *world) seen(id string, lag int) []Node {
	view := slices.Clone(w.past[max(0, len(w.past)-1-lag)])
	for i := range view {
		if view[i].ID == id {
			view[i] = w.nodes[w.index(id)]
		}
	}
	return view
}

// turn lets a second pass and every node move what it will.
func (w *world) turn(lag func() int) (moved int) {
	w.now = w.now.Add(time.Second)
	w.past = append(w.past, slices.Clone(w.nodes))
	var all []Move
	var from []string
	for _, n := range w.nodes {
		for _, m := range w.planners[n.ID].Moves(w.now, w.seen(n.ID, lag()), nil) {
			all, from = append(all, m), append(from, n.ID)
		}
	}
	for k, m := range all {
		i, j := w.index(from[k]), w.index(m.To)
		w.nodes[i].Active = slices.DeleteFunc(slices.Clone(w.nodes[i].Active), func(p string) bool { return p == m.Platform })
		w.nodes[j].Active = append(slices.Clone(w.nodes[j].Active), m.Platform)
		w.moves[m.Platform]++
	}
	return len(all)
}

func (w *world) spread() (least, most int) {
	least = 1 << 30
	for _, n := range w.nodes {
		least, most = min(least, len(n.Active)), max(most, len(n.Active))
	}
	return least, most
}

// Whatever the age of the views, within three turns, it comes to be even and to
// rest. How many moves it takes meanwhile is not bounded by this.
func TestFleetConverges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes := drawFleet(t, true)
		for _, p := range nodes[0].Platforms { // all are held by somebody
			if !slices.ContainsFunc(nodes, func(n Node) bool { return slices.Contains(n.Active, p) }) {
				nodes[0].Active = append(nodes[0].Active, p)
			}
		}
		w := newWorld(nodes)
		lag := rapid.IntRange(0, 3).Draw(t, "lag")
		quiet := 0
		for range 200 {
			if w.turn(func() int { return lag }) == 0 {
				quiet++
			} else {
				quiet = 0
			}
			if quiet > 20 {
				break
			}
		}
		if least, most := w.spread(); most > least+1 || quiet <= 20 {
			t.Fatalf("after 200 turns: from %d to %d, quiet for %d: %v", least, most, quiet, w.nodes)
		}
	})
}

// With views that are up to date no platform moves twice.
func TestNoPlatformMovesTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(drawFleet(t, true))
		for range 45 {
			w.turn(func() int { return 0 })
		}
		for p, n := range w.moves {
			if n > 1 {
				t.Fatalf("%s moved %d times", p, n)
			}
		}
	})
}

func two(first int) []Node {
	var all []string
	for i := range first {
		all = append(all, fmt.Sprintf("p%02d", i))
	}
	return []Node{{ID: "a", Incarnation: "1", Platforms: all, Active: all}, {ID: "b", Incarnation: "1", Platforms: all}}
}

func TestNothingMovesUntilItIsCalm(t *testing.T) {
	t.Parallel()
	p := &Planner{Self: "a", Calm: calm, Most: 4}
	now := time.Unix(1e9, 0)
	nodes := two(10)
	for _, event := range []struct {
		name   string
		change func()
	}{
		{"at the start", func() {}},
		{"a process anew", func() { nodes[1].Incarnation = "2" }},
		{"somebody stops", func() { nodes = append(nodes, Node{ID: "c", Leaving: true}) }},
		{"somebody came", func() { nodes = append(nodes, Node{ID: "d"}) }},
		{"somebody has another", func() { nodes[1].Platforms = append(slices.Clone(nodes[1].Platforms), "more") }},
	} {
		name := event.name
		event.change()
		if got := p.Moves(now, nodes, nil); len(got) != 0 {
			t.Errorf("%s: %v at once", name, got)
		}
		now = now.Add(calm - 1)
		if got := p.Moves(now, nodes, nil); len(got) != 0 {
			t.Errorf("%s: %v too soon", name, got)
		}
	}
	if got := p.Moves(now.Add(1), nodes, nil); len(got) == 0 {
		t.Error("it was calm for long, and nothing moves")
	}
}

func TestAFewAtATime(t *testing.T) {
	t.Parallel()
	p := &Planner{Self: "a", Most: 2}
	now := time.Unix(1e9, 0)
	nodes := two(10)
	first := p.Moves(now, nodes, nil)
	if len(first) != 2 || first[0].To != "b" {
		t.Fatalf("moves %v; want two to b", first)
	}
	if again := p.Moves(now.Add(time.Second), nodes, map[string]bool{first[0].Platform: true, first[1].Platform: true}); len(again) != 0 {
		t.Errorf("while both drain: %v", again)
	}
	nodes[0].Active = slices.DeleteFunc(slices.Clone(nodes[0].Active), func(p string) bool { return p == first[0].Platform })
	if next := p.Moves(now.Add(2*time.Second), nodes, map[string]bool{first[1].Platform: true}); len(next) != 1 || next[0].Platform == first[0].Platform {
		t.Errorf("one has gone: %v; want one more", next)
	}
}

// A gift that does not arrive is nobody's at last: the others take it.
func TestAGiftThatDoesNotArriveIsForgotten(t *testing.T) {
	t.Parallel()
	p := &Planner{Self: "a", Most: 99}
	now := time.Unix(1e9, 0)
	nodes := two(2)
	m := p.Moves(now, nodes, nil)
	if len(m) != 1 {
		t.Fatalf("moves %v; want one", m)
	}
	nodes[0].Active = slices.DeleteFunc(slices.Clone(nodes[0].Active), func(p string) bool { return p == m[0].Platform })
	p.Moves(now.Add(time.Second), nodes, nil)
	p.Moves(now.Add(2*time.Second+giftLasts), nodes, nil)
	if len(p.given) != 0 {
		t.Errorf("still counted as given: %v", p.given)
	}
	nodes[0].Active = two(2)[0].Active // it came back to us
	if got := p.Moves(now.Add(3*time.Second+giftLasts), nodes, nil); len(got) != 1 {
		t.Errorf("moves %v; want it given again", got)
	}
}
