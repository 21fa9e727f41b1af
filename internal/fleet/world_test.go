package fleet

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world is nodes that plan each for itself, by views that are old.
type world struct {
	t        *rapid.T
	nodes    []Node // the truth
	past     [][]Node
	planners map[string]*Planner
	old      map[string]int            // how many turns each node's view lags behind
	drains   map[string]map[string]int // node -> what it gives away -> turns until that is drained
	gifts    map[string]string         // what drains -> to whom
	now      time.Time
	born     int
	moves    map[string]int // of each platform
}

// lagMost is how many seconds a view may be old. It is less than the calm.
const lagMost = 3

func newWorld(t *rapid.T, nodes []Node) *world {
	w := &world{
		t: t, nodes: nodes, planners: map[string]*Planner{}, old: map[string]int{}, drains: map[string]map[string]int{},
		gifts: map[string]string{}, now: time.Unix(1e9, 0), born: len(nodes), moves: map[string]int{},
	}
	for _, n := range nodes {
		w.come(n.ID)
	}
	return w
}

func (w *world) come(id string) {
	w.planners[id] = &Planner{Self: id, Calm: calm, Most: rapid.IntRange(1, 4).Draw(w.t, "most of "+id)}
	w.old[id] = rapid.IntRange(0, lagMost).Draw(w.t, "lag of "+id)
	w.drains[id] = map[string]int{}
}

func (w *world) index(id string) int {
	return slices.IndexFunc(w.nodes, func(n Node) bool { return n.ID == id })
}

// seen is what a node knows: its own as it is, the others as they were, unless
// they did not live then.
func (w *world) seen(id string) []Node {
	view := slices.DeleteFunc(slices.Clone(w.past[max(0, len(w.past)-1-w.old[id])]), func(n Node) bool { return n.ID == id })
	return append(view, w.nodes[w.index(id)])
}

// turn lets a second pass: every node says what it moves, and what has drained
// goes to whom it was given, if that one lives.
func (w *world) turn() (moved int) {
	w.now = w.now.Add(time.Second)
	w.past = append(w.past, slices.Clone(w.nodes))
	for _, n := range w.past[len(w.past)-1] {
		draining := map[string]bool{}
		for p := range w.drains[n.ID] {
			draining[p] = true
		}
		for _, m := range w.planners[n.ID].Moves(w.now, w.seen(n.ID), draining) {
			w.drains[n.ID][m.Platform] = rapid.IntRange(0, 3).Draw(w.t, "drain of "+m.Platform)
			w.gifts[m.Platform] = m.To
			w.moves[m.Platform]++
			moved++
		}
		for _, p := range slices.Sorted(maps.Keys(w.drains[n.ID])) {
			if w.drains[n.ID][p]--; w.drains[n.ID][p] < 0 {
				delete(w.drains[n.ID], p)
				w.take(n.ID, p)
				if to := w.index(w.gifts[p]); to >= 0 {
					w.give(to, p)
				} else { // it has gone meanwhile: whoever has least
					w.free()
				}
			}
		}
	}
	return moved
}

func (w *world) give(to int, p string) {
	w.nodes[to].Active = append(slices.Clone(w.nodes[to].Active), p)
}

func (w *world) take(from, p string) {
	i := w.index(from)
	w.nodes[i].Active = slices.DeleteFunc(slices.Clone(w.nodes[i].Active), func(x string) bool { return x == p })
}

// free lets what nobody holds be taken by its heirs.
func (w *world) free() {
	for p, id := range Heirs(w.nodes, "") {
		w.give(w.index(id), p)
	}
}

// change has a node come or crash, and returns how many moves that may take:
// the part of one node, and what is under way at that time.
func (w *world) change() (bound int) {
	bound = w.underWay()
	if len(w.nodes) > 1 && (len(w.nodes) > 6 || rapid.Bool().Draw(w.t, "one goes")) {
		i := rapid.IntRange(0, len(w.nodes)-1).Draw(w.t, "who goes")
		delete(w.drains, w.nodes[i].ID)
		w.nodes = slices.Delete(slices.Clone(w.nodes), i, i+1)
		w.free()
		return bound + w.part()
	}
	id := fmt.Sprintf("n%d", w.born)
	w.born++
	w.nodes = append(slices.Clone(w.nodes), Node{ID: id, Incarnation: "1", Platforms: w.nodes[0].Platforms})
	w.come(id)
	return bound + w.part()
}

// part is the even part of one node.
func (w *world) part() int { return (len(w.nodes[0].Platforms) + len(w.nodes) - 1) / len(w.nodes) }

// underWay is how many leases are being given away.
func (w *world) underWay() (n int) {
	for _, d := range w.drains {
		n += len(d)
	}
	return n
}

// rest lets time pass until nothing has moved for long.
func (w *world) rest() {
	for quiet := 0; quiet <= lagMost+int(2*calm/time.Second); quiet++ {
		if w.turn()+w.underWay() > 0 {
			quiet = 0
		}
		if len(w.past) > 2000 {
			w.t.Fatalf("it does not come to rest: %v", w.nodes)
		}
	}
}

func (w *world) spread() (least, most int) {
	least = 1 << 30
	for _, n := range w.nodes {
		least, most = min(least, len(n.Active)), max(most, len(n.Active))
	}
	return least, most
}

// moved is how many moves there were.
func (w *world) moved() (n int) {
	for _, of := range w.moves {
		n += of
	}
	return n
}

// allHeld is a fleet in which every platform is held by somebody, unevenly.
func allHeld(t *rapid.T) []Node {
	nodes := drawFleet(t, true)
	for _, p := range nodes[0].Platforms {
		if !slices.ContainsFunc(nodes, func(n Node) bool { return slices.Contains(n.Active, p) }) {
			nodes[0].Active = append(nodes[0].Active, p)
		}
	}
	return nodes
}

// needed is how many moves make a fleet even.
func needed(nodes []Node) (moves int) {
	plan := Plan(nodes)
	for platform, node := range holders(nodes) {
		if plan[platform] != node {
			moves++
		}
	}
	return moves
}

// Each node sees the others late, each by another lag, and drains take time:
// and yet the fleet comes to be even with the fewest moves there are, and no
// platform moves twice.
func TestOldViewsCostNoMove(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes := allHeld(t)
		want := needed(nodes)
		w := newWorld(t, nodes)
		w.rest()
		if least, most := w.spread(); most > least+1 {
			t.Fatalf("from %d to %d: %v", least, most, w.nodes)
		}
		if w.moved() != want {
			t.Fatalf("%d moves; %d are enough: %v", w.moved(), want, w.moves)
		}
	})
}

// Nodes come and crash at any time, also while platforms move. Each change
// costs at most the even part of a node and what was under way.
func TestMovesAreBoundedByChanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes := allHeld(t)
		w := newWorld(t, nodes)
		bound := needed(nodes)
		for range rapid.IntRange(1, 5).Draw(t, "changes") {
			for range rapid.IntRange(0, 40).Draw(t, "turns before") {
				w.turn()
			}
			bound += w.change()
		}
		w.rest()
		if least, most := w.spread(); most > least+1 {
			t.Fatalf("from %d to %d: %v", least, most, w.nodes)
		}
		if w.moved() > bound {
			t.Fatalf("%d moves; want at most %d: %v", w.moved(), bound, w.moves)
		}
	})
}
