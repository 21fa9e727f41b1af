package fleet

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

const calm = 10 * time.Second

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
		{"a lease is lost", func() { nodes[0].Active = slices.Clone(nodes[0].Active[1:]) }},
		{"two hold one", func() { nodes[1].Active = nodes[0].Active[:1] }},
		{"one of them no longer", func() { nodes[1].Active = nil }},
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

// What a node cannot reach may change at any time: the plan heeds it, and the
// calm goes on.
func TestCalmOutlastsWhatComesAndGoes(t *testing.T) {
	t.Parallel()
	p := &Planner{Self: "a", Calm: calm, Most: 99}
	now := time.Unix(1e9, 0)
	nodes := two(4)
	nodes[1].Unfit = nodes[1].Platforms
	p.Moves(now, nodes, nil)
	nodes[1].Unfit = nodes[1].Platforms[1:]
	if got := p.Moves(now.Add(calm), nodes, nil); len(got) != 1 || got[0].Platform != "p00" {
		t.Errorf("moves %v; want p00, the one that b can reach", got)
	}
}

// A node that does not take what is given to it is offered nothing for a while,
// longer each time: the platform stands still meanwhile.
func TestANodeThatTakesNothingIsLeftAlone(t *testing.T) {
	t.Parallel()
	p := &Planner{Self: "a", Most: 99}
	start := time.Unix(1e9, 0)
	nodes := two(2)
	var given []time.Duration
	away := 0
	for now := time.Duration(0); now < 4*time.Minute; now += time.Second {
		if away--; away <= 0 { // it came back
			nodes[0].Active = two(2)[0].Active
		}
		for _, m := range p.Moves(start.Add(now), nodes, nil) {
			given, away = append(given, now), 2
			nodes[0].Active = slices.DeleteFunc(slices.Clone(nodes[0].Active), func(n string) bool { return n == m.Platform })
		}
	}
	nodes[0].Active = two(2)[0].Active
	p.Moves(start.Add(5*time.Minute), nodes, nil)
	var pauses []time.Duration
	for i := 1; i < len(given); i++ {
		pauses = append(pauses, (given[i] - given[i-1]).Round(missFirst))
	}
	if want := []time.Duration{missFirst, 2 * missFirst, 4 * missFirst}; !slices.Equal(pauses, want) {
		t.Errorf("given at %v, so after %v; want %v", given, pauses, want)
	}
	m := p.Moves(start.Add(time.Hour), nodes, nil)
	nodes[0].Active = slices.DeleteFunc(slices.Clone(nodes[0].Active), func(n string) bool { return n == m[0].Platform })
	nodes[1].Active = append(nodes[1].Active, m[0].Platform)
	if p.Moves(start.Add(time.Hour+time.Second), nodes, nil); len(p.missed) != 0 {
		t.Errorf("it took one, and still counts as one that does not: %v", p.missed)
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
	nodes[0].Active = two(2)[0].Active // it came back to us, drained for nothing or never
	if got := p.Moves(now.Add(3*time.Second+giftLasts), nodes, nil); len(got) != 1 {
		t.Errorf("moves %v; want it given again", got)
	}
}
