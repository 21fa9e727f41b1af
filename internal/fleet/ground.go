package fleet

import (
	"slices"
	"strings"
	"time"
)

// ground is the view that a node plans by: who lived and who held what at one
// time, and the plan for that. It holds as long as nothing comes about that the
// plan did not foresee: then there is new ground, and calm begins anew.
//
// So a fleet moves by one plan, made of one view, at each node at its own time:
// two that saw the same give nothing to the same node twice over, however late
// they hear of each other's moves, if only sooner than the calm is long.
type ground struct {
	since   time.Time
	members string
	nodes   []Node
	holds   map[string]string // platform -> node
	torn    bool              // two said that they hold the same: one of them no longer does
	plan    map[string]string // nil: not made yet
}

func newGround(now time.Time, nodes []Node) *ground {
	g := &ground{since: now, members: members(nodes), nodes: slices.Clone(nodes), holds: map[string]string{}}
	for platform, node := range holders(nodes) {
		_, twice := g.holds[platform]
		g.torn, g.holds[platform] = g.torn || twice, node
	}
	return g
}

// planned is the plan for it, made when it is first needed.
func (g *ground) planned() map[string]string {
	if g.plan == nil {
		g.plan = Plan(g.nodes)
	}
	return g.plan
}

// reach heeds what the nodes can reach by now: that changes the plan, and not
// the calm, or a platform that comes and goes would keep all from moving.
func (g *ground) reach(nodes []Node) {
	for i, n := range g.nodes {
		j := slices.IndexFunc(nodes, func(now Node) bool { return now.ID == n.ID })
		if j >= 0 && !slices.Equal(nodes[j].Unfit, n.Unfit) {
			g.nodes[i].Unfit, g.plan = nodes[j].Unfit, nil
		}
	}
}

// bears reports whether what is seen now came of this ground by its own plan:
// the same live, and whatever is not where it was is on its way or there.
func (g *ground) bears(nodes []Node) bool {
	if g.torn || members(nodes) != g.members {
		return false
	}
	held := map[string]bool{}
	for platform, node := range holders(nodes) {
		held[platform] = true
		if node != g.holds[platform] && node != g.planned()[platform] {
			return false
		}
	}
	for platform, node := range g.holds {
		if !held[platform] && g.planned()[platform] == node {
			return false // lost, and not given away
		}
	}
	return true
}

// holders are all leases that the nodes say they hold. In a view that is a
// little old two may say so.
func holders(nodes []Node) func(yield func(platform, node string) bool) {
	return func(yield func(platform, node string) bool) {
		for _, n := range nodes {
			for _, platform := range n.Active {
				if !yield(platform, n.ID) {
					return
				}
			}
		}
	}
}

// members is who lives, as one text: by process, so that a node that was
// started again is a change like any other.
func members(nodes []Node) string {
	var out []string
	for _, n := range nodes {
		leaving := ""
		if n.Leaving {
			leaving = "leaving"
		}
		out = append(out, strings.Join([]string{n.ID, n.Incarnation, leaving, strings.Join(n.Platforms, " ")}, "\x00"))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}
