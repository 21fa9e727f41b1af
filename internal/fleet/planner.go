package fleet

import (
	"maps"
	"slices"
	"time"
)

// Move is one lease that this node gives away.
type Move struct {
	Platform string
	To       string // node
	Why      string // for the log
}

// Planner turns plans into moves, at a pace. It is owned by one goroutine.
type Planner struct {
	Self string
	Calm time.Duration // that the view must have stood before anything moves
	Most int           // moves under way at once

	ground *ground
	given  map[string]gift
	missed map[string]miss // by node
}

// gift is a lease that we gave away, or are giving.
type gift struct {
	to   string
	at   time.Time // when we still had it
	gone bool      // we no longer have it
}

// miss is a node that did not take what was given to it, so often in a row, the
// last time at a time.
type miss struct {
	times int
	at    time.Time
}

// A node that did not take a lease is offered none for a while, doubling: each
// time the platform stands still until we take it back.
const (
	missFirst = 30 * time.Second
	missMost  = 30 * time.Minute
)

// over reports whether it may be offered something again.
func (m miss) over(now time.Time) bool {
	return now.Sub(m.at) >= min(missFirst<<min(m.times-1, 10), missMost)
}

// giftLasts is how long a lease that was given counts as the other's although
// the registry does not say so yet: its drain is over and it has been told of
// well within that, or the other did not come.
const giftLasts = 15 * time.Second

// Moves says what to give away now. nodes is the registry, with our own entry
// as we know it; draining are the platforms that we are giving away already;
// now must not go back. A move that was said is not said again while it may be
// under way.
func (p *Planner) Moves(now time.Time, nodes []Node, draining map[string]bool) []Move {
	after := p.withGifts(now, nodes, draining)
	if p.ground == nil {
		p.ground = newGround(now, after)
	}
	if p.ground.reach(after); !p.ground.bears(after) {
		p.ground = newGround(now, after)
	}
	if now.Sub(p.ground.since) < p.Calm {
		return nil
	}
	var mine []string
	loads := map[string]int{}
	for _, n := range after {
		if n.ID == p.Self {
			mine = n.Active
		}
		loads[n.ID] = len(n.Active)
	}
	plan := p.ground.planned()
	var moves []Move
	for _, platform := range mine {
		to, planned := plan[platform]
		if !planned || to == p.Self {
			continue
		}
		if m, missed := p.missed[to]; missed && !m.over(now) {
			continue
		}
		if len(draining)+len(moves) >= p.Most {
			break
		}
		moves = append(moves, Move{platform, to, why(loads[p.Self], loads[to])})
		p.given[platform] = gift{to: to, at: now}
	}
	return moves
}

func why(ours, theirs int) string {
	if ours > theirs+1 {
		return "it has fewer of them"
	}
	return "so that it can pass one on to a node with fewer"
}

// withGifts is the registry as it will be once what we gave has arrived.
func (p *Planner) withGifts(now time.Time, nodes []Node, draining map[string]bool) []Node {
	if p.given == nil {
		p.given, p.missed = map[string]gift{}, map[string]miss{}
	}
	holds := func(id, platform string) bool {
		i := slices.IndexFunc(nodes, func(n Node) bool { return n.ID == id })
		return i >= 0 && slices.Contains(nodes[i].Active, platform)
	}
	lives := func(id string) bool {
		return slices.ContainsFunc(nodes, func(n Node) bool { return n.ID == id && !n.Leaving })
	}
	maps.DeleteFunc(p.missed, func(id string, _ miss) bool { return !lives(id) })
	for platform, g := range p.given {
		ours := holds(p.Self, platform)
		other := slices.ContainsFunc(nodes, func(n Node) bool { return n.ID != p.Self && n.ID != g.to && slices.Contains(n.Active, platform) })
		switch {
		case ours && draining[platform]:
			p.given[platform] = gift{to: g.to, at: now}
		case holds(g.to, platform):
			delete(p.missed, g.to)
			delete(p.given, platform)
		case (ours || other) && g.gone && lives(g.to):
			p.missed[g.to] = miss{p.missed[g.to].times + 1, now}
			delete(p.given, platform)
		case !ours && !g.gone:
			p.given[platform] = gift{g.to, g.at, true}
		case ours, other, !lives(g.to), now.Sub(g.at) > giftLasts:
			delete(p.given, platform)
		}
	}
	after := slices.Clone(nodes)
	for i, n := range after {
		n.Active = slices.DeleteFunc(slices.Clone(n.Active), func(platform string) bool {
			g, given := p.given[platform]
			return given && g.to != n.ID
		})
		for platform, g := range p.given {
			if g.to == n.ID && !slices.Contains(n.Active, platform) {
				n.Active = append(n.Active, platform)
			}
		}
		slices.Sort(n.Active)
		after[i] = n
	}
	return after
}
