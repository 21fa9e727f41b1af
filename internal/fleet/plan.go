package fleet

import (
	"cmp"
	"maps"
	"slices"
)

// Node is a live node as the registry has it.
type Node struct {
	ID          string
	Incarnation string   // of its process
	Leaving     bool     // it stops: it is given nothing, and what it has is free
	Platforms   []string // of its config
	Unfit       []string // of them, those that it cannot reach now: it is given none of these
	Active      []string // whose lease it holds
}

// Plan says which node should be active for each platform, given who is now.
// It is the same for the same nodes in whatever order.
//
// No platform can go from one node to another, nor any chain of them, so that
// loads come closer than they are; where all nodes have all platforms, that
// means even within one. A lease that may stay where it is stays.
func Plan(nodes []Node) map[string]string {
	b := newBoard(nodes)
	b.assignFree()
	for b.improve() {
	}
	return b.plan
}

// Heirs says which node should take over each platform that gone holds, and
// each that nobody holds, once gone is not there: even, and nothing else moves.
func Heirs(nodes []Node, gone string) map[string]string {
	b := newBoard(slices.DeleteFunc(slices.Clone(nodes), func(n Node) bool { return n.ID == gone }))
	free := b.assignFree()
	return maps.Collect(func(yield func(string, string) bool) {
		for _, p := range free {
			if !yield(p, b.plan[p]) {
				return
			}
		}
	})
}

// board is a plan in the making.
type board struct {
	nodes  []string                       // that may be given something, in the order of their ids
	able   map[string]map[string]struct{} // node -> the platforms that it may be given
	all    []string                       // platforms that some node may be given or holds, in order
	holder map[string]string              // platform -> who has its lease; not there = free
	plan   map[string]string
	load   map[string]int
	has    map[string][]string // node -> platforms planned for it, the next to go last
}

func newBoard(nodes []Node) *board {
	b := &board{
		able: map[string]map[string]struct{}{}, holder: map[string]string{}, plan: map[string]string{},
		load: map[string]int{}, has: map[string][]string{},
	}
	nodes = slices.SortedFunc(slices.Values(nodes), func(x, y Node) int { return cmp.Compare(x.ID, y.ID) })
	seen := map[string]struct{}{}
	for _, n := range nodes {
		if n.Leaving {
			for _, p := range n.Active {
				seen[p] = struct{}{}
			}
			continue
		}
		able := map[string]struct{}{}
		for _, p := range n.Platforms {
			able[p], seen[p] = struct{}{}, struct{}{}
		}
		for _, p := range n.Unfit {
			delete(able, p)
		}
		b.nodes = append(b.nodes, n.ID)
		b.able[n.ID] = able
		for _, p := range slices.Sorted(slices.Values(n.Active)) {
			if _, held := b.holder[p]; !held {
				b.holder[p], seen[p] = n.ID, struct{}{}
				b.put(p, n.ID)
			}
		}
	}
	b.all = slices.Sorted(maps.Keys(seen))
	return b
}

func (b *board) put(p, node string) {
	b.plan[p] = node
	b.load[node]++
	b.has[node] = append(b.has[node], p)
}

// assignFree gives what nobody holds to whoever has least, what few can have
// first, and returns it. What nobody can have stays out of the plan.
func (b *board) assignFree() (free []string) {
	choice := map[string][]string{}
	for _, p := range b.all {
		if _, held := b.holder[p]; held {
			continue
		}
		for _, n := range b.nodes {
			if _, able := b.able[n][p]; able {
				choice[p] = append(choice[p], n)
			}
		}
		if len(choice[p]) > 0 {
			free = append(free, p)
		}
	}
	slices.SortStableFunc(free, func(x, y string) int { return cmp.Compare(len(choice[x]), len(choice[y])) })
	for _, p := range free {
		b.put(p, slices.MinFunc(choice[p], func(x, y string) int { return cmp.Compare(b.load[x], b.load[y]) }))
	}
	return free
}

// improve hands one platform from a node to one that has at least two less,
// through others if it must be, and reports whether it did. Each time the sum
// of the loads' squares falls, so it comes to an end.
func (b *board) improve() bool {
	order := slices.SortedStableFunc(slices.Values(b.nodes), func(x, y string) int { return cmp.Compare(b.load[y], b.load[x]) })
	for _, from := range order {
		if b.load[from] < 2 {
			return false
		}
		if way := b.way(from); way != nil {
			for _, step := range way {
				b.hand(step)
			}
			return true
		}
	}
	return false
}

// step is one platform's way from one node to another.
type step struct{ platform, from, to string }

// way is the shortest way on which platforms can be handed on from a node to
// one with at least two less; of those as near, to the one with least.
func (b *board) way(from string) []step {
	came := map[string]step{from: {}}
	for ring := []string{from}; len(ring) > 0; {
		var next []string
		for _, x := range ring {
			for _, y := range b.nodes {
				if _, been := came[y]; been {
					continue
				}
				if p, ok := b.spare(x, y); ok {
					came[y] = step{p, x, y}
					next = append(next, y)
				}
			}
		}
		goal := ""
		for _, y := range next {
			if b.load[y] <= b.load[from]-2 && (goal == "" || b.load[y] < b.load[goal]) {
				goal = y
			}
		}
		if goal != "" {
			var way []step
			for at := goal; at != from; at = came[at].from {
				way = append(way, came[at])
			}
			return way
		}
		ring = next
	}
	return nil
}

// spare is a platform that x has in the plan and y may have. What x does not
// hold stands last in its list, and costs no further move.
func (b *board) spare(x, y string) (string, bool) {
	for _, p := range slices.Backward(b.has[x]) {
		if _, able := b.able[y][p]; able {
			return p, true
		}
	}
	return "", false
}

func (b *board) hand(s step) {
	b.has[s.from] = slices.DeleteFunc(b.has[s.from], func(p string) bool { return p == s.platform })
	b.load[s.from]--
	b.put(s.platform, s.to)
}
