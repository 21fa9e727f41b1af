// Package plan draws, from a seed, what goes wrong in a run and when. The same
// seed and stage give the same plan, on every machine.
package plan

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Stage is what there is that can fail.
type Stage struct {
	Nodes    int           // at least 1
	Over     time.Duration // every fault has ended by then; at least ten leases
	Lease    time.Duration
	Links    bool // each node has a link to Redis of its own that can fail
	Clock    bool // Redis' clock can be stepped
	Alone    bool // Redis is one server: away, and back with what it had; no other takes over
	Replicas bool // Redis can fail over
}

// Fault is one thing that goes wrong.
type Fault struct {
	Kind  Kind
	At    time.Duration // since the run's start
	For   time.Duration // 0 = it happens in a moment
	Node  int           // whose; -1 = Redis' or the platform's
	Count int
	Wait  time.Duration
}

// String is the fault in a line.
func (f Fault) String() string {
	s := fmt.Sprintf("%6.2fs %s", f.At.Seconds(), f.Kind)
	if f.Node >= 0 {
		s += fmt.Sprintf(" of node %d", f.Node+1)
	}
	if f.Count > 0 {
		s += fmt.Sprintf(", count %d", f.Count)
	}
	if f.Wait > 0 {
		s += fmt.Sprintf(", by %v", f.Wait)
	}
	if f.For > 0 {
		s += fmt.Sprintf(", for %v", f.For)
	}
	return s
}

// Plan is the faults of one run, by their beginning.
type Plan []Fault

// The number of faults in a run. More of them would leave no time in which
// anything is delivered.
const (
	fewest = 12
	most   = 18
)

// Draw returns the seed's plan. Each kind is drawn once before any is drawn
// again, so that a few seeds show them all, and the rare ones first, in the
// seeds whose turn it is.
func Draw(seed uint64, stage Stage) Plan {
	r := rand.New(rand.NewPCG(seed, 0x706f737465726e))
	var p Plan
	var kinds []trait
	for _, t := range stage.traits() {
		if t.rare == 0 {
			kinds = append(kinds, t)
		} else if seed%t.rare == 0 {
			f, _ := stage.place(r, t, p) // of a moment: there is room
			p = append(p, f)
		}
	}
	for left := fewest + r.IntN(most-fewest+1) - len(p); left > 0; {
		r.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
		for _, t := range kinds[:min(left, len(kinds))] {
			if f, ok := stage.place(r, t, p); ok {
				p = append(p, f)
				left--
			}
		}
	}
	slices.SortStableFunc(p, func(a, b Fault) int { return cmp.Compare(a.At, b.At) })
	return p
}

// tries is how often a place is looked for before another kind has its turn:
// the moments that fit between what is there run out for long faults first,
// and never for those of a moment.
const tries = 50

// place draws a fault that overlaps none on its own track.
func (s Stage) place(r *rand.Rand, t trait, p Plan) (Fault, bool) {
	for range tries {
		f := Fault{
			Kind: t.kind, Node: -1,
			For: t.lasts.draw(r, s.Lease), Wait: t.wait.draw(r, time.Second),
			Count: t.count[0] + r.IntN(t.count[1]-t.count[0]+1),
		}
		if t.track == ofNode {
			f.Node = r.IntN(s.Nodes)
		}
		f.At = time.Duration(r.Int64N(int64(s.Over - f.For))).Truncate(time.Millisecond)
		if !slices.ContainsFunc(p, func(other Fault) bool { return f.collides(other) }) {
			return f, true
		}
	}
	return Fault{}, false
}

// draw returns a length of whole milliseconds.
func (s span) draw(r *rand.Rand, unit time.Duration) time.Duration {
	d := (s[0] + r.Float64()*(s[1]-s[0])) * float64(unit)
	return time.Duration(d).Truncate(time.Millisecond)
}

// collides reports whether two faults are of one track and overlap. A failover
// keeps its track for as long again, for replicas to follow the new master.
func (f Fault) collides(other Fault) bool {
	return f.track() == other.track() && f.Node == other.Node &&
		f.At <= other.over() && other.At <= f.over()
}

func (f Fault) over() time.Duration {
	if f.Kind == Failover {
		return f.At + 2*f.For
	}
	return f.At + f.For
}

func (f Fault) track() track {
	for _, t := range traits() {
		if t.kind == f.Kind {
			return t.track
		}
	}
	return ""
}
