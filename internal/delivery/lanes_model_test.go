package delivery

import (
	"cmp"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// parcel is what the lanes of the tests carry. Its route is a gate of its own.
type parcel struct {
	serial int
	route  string
	rank   Rank
}

func parcelRank(p parcel) Rank { return p.rank }

func parcelGates(lane string, p parcel) []string {
	return []string{"account", "route " + p.route, "channel " + lane}
}

// lanesModel says what Lanes must do, by looking at everything each time.
type lanesModel struct {
	limit int
	lanes map[string]*laneModel
	turns int
	gates map[string]*gateModel
	cling []string // who should have stopped counting, in the order of that
}

type gateModel struct {
	until time.Time
	shut  bool
}

type laneModel struct {
	items       []parcel
	state       laneState
	slow        bool
	counted     bool
	freed       bool
	turn        int
	until       time.Time
	gate        string // behind which it is; "" = none
	keeps, kept bool
}

func (m *lanesModel) count(only func(*laneModel) bool) (n int) {
	for _, ln := range m.lanes {
		if only(ln) {
			n++
		}
	}
	return n
}

func (m *lanesModel) names(state laneState) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(m.lanes)) {
		if m.lanes[name].state == state {
			names = append(names, name)
		}
	}
	return names
}

func (m *lanesModel) line(name string) {
	ln := m.lanes[name]
	if !ln.keeps {
		m.turns++
		ln.turn, ln.kept = m.turns, false
	}
	ln.state, ln.keeps = laneReady, false
}

// barred reports whether a lane is behind a shut gate.
func (m *lanesModel) barred(ln *laneModel) bool { return ln.gate != "" && m.gates[ln.gate].shut }

// order is who goes first: the turn, and a head start for what is urgent.
func (m *lanesModel) order(a, b string) int {
	key := func(ln *laneModel) int {
		best := ranks
		for _, p := range ln.items {
			best = min(best, p.rank)
		}
		return ln.turn + int(best)*headStart*m.limit
	}
	x, y := m.lanes[a], m.lanes[b]
	return cmp.Or(key(x)-key(y), x.turn-y.turn)
}

// next is which lane must start now, "" if none.
func (m *lanesModel) next(now time.Time) string {
	for name, g := range m.gates {
		g.shut = g.shut && g.until.After(now)
		m.tidy(name)
	}
	due := m.names(laneHeld)
	slices.SortFunc(due, func(a, b string) int {
		return cmp.Or(m.lanes[a].until.Compare(m.lanes[b].until), m.lanes[a].turn-m.lanes[b].turn)
	})
	for _, name := range due {
		if !m.lanes[name].until.After(now) {
			m.line(name)
		}
	}
	if m.count(func(ln *laneModel) bool { return ln.counted }) >= m.limit {
		return ""
	}
	ready := m.names(laneReady)
	slices.SortFunc(ready, m.order)
	for _, name := range ready {
		ln := m.lanes[name]
		crawling := m.count(func(ln *laneModel) bool { return ln.counted && ln.slow })
		if m.barred(ln) || ln.slow && crawling >= max(1, m.limit/4) {
			continue
		}
		was := ln.gate
		ln.gate = ""
		for _, g := range parcelGates(name, ln.items[0]) {
			if gate := m.gates[g]; gate != nil && gate.shut && (ln.gate == "" || gate.until.After(m.gates[ln.gate].until)) {
				ln.gate = g
			}
		}
		m.tidy(was)
		if ln.gate == "" {
			ln.state, ln.counted = laneBusy, true
			return name
		}
	}
	return ""
}

// tidy forgets a gate that bars nobody.
func (m *lanesModel) tidy(name string) {
	if g := m.gates[name]; g != nil && !g.shut && m.count(func(ln *laneModel) bool { return ln.gate == name }) == 0 {
		delete(m.gates, name)
	}
}

// land ends what is in flight in a lane, and lets another stop counting if
// this one did not count.
func (m *lanesModel) land(name string) {
	ln := m.lanes[name]
	m.cling = slices.DeleteFunc(m.cling, func(n string) bool { return n == name })
	if ln.freed && len(m.cling) > 0 {
		next := m.lanes[m.cling[0]]
		next.counted, next.freed = false, true
		m.cling = m.cling[1:]
	}
	ln.counted, ln.freed = false, false
}

// lanesMachine drives Lanes and its model side by side.
type lanesMachine struct {
	real   *Lanes[parcel]
	model  lanesModel
	now    time.Time
	serial int
	pushed map[string][]int // by lane: what must come out, in order
	out    map[string][]int
}

func newLanesMachine(limit int) *lanesMachine {
	return &lanesMachine{
		real:  NewLanes(limit, parcelGates, parcelRank),
		model: lanesModel{limit: limit, lanes: map[string]*laneModel{}, gates: map[string]*gateModel{}},
		now:   time.Unix(1_000_000, 0), pushed: map[string][]int{}, out: map[string][]int{},
	}
}

var laneNames = []string{"a", "b", "c", "d", "e", "f", "g", "h"}

func (m *lanesMachine) push(t *rapid.T) {
	name := rapid.SampledFrom(laneNames).Draw(t, "lane")
	m.serial++
	p := parcel{m.serial, rapid.SampledFrom([]string{"x", "y"}).Draw(t, "route"), m.rank(t)}
	m.real.Push(name, p)
	m.pushed[name] = append(m.pushed[name], p.serial)
	if m.model.lanes[name] == nil {
		m.model.lanes[name] = &laneModel{}
		m.model.line(name)
	}
	m.model.lanes[name].items = append(m.model.lanes[name].items, p)
}

func (m *lanesMachine) rank(t *rapid.T) Rank {
	return Rank(rapid.IntRange(0, int(ranks)-1).Draw(t, "rank"))
}

// pushFirst: before all that waits, behind an item whose turn is not over.
func (m *lanesMachine) pushFirst(t *rapid.T) {
	name := rapid.SampledFrom(laneNames).Draw(t, "lane")
	var items []parcel
	var serials []int
	for range rapid.IntRange(1, 3).Draw(t, "items") {
		m.serial++
		items, serials = append(items, parcel{m.serial, "x", m.rank(t)}), append(serials, m.serial)
	}
	m.real.PushFirst(name, items...)
	if m.model.lanes[name] == nil {
		m.model.lanes[name] = &laneModel{}
		m.model.line(name)
	}
	ln, at := m.model.lanes[name], 0
	if ln.state != laneReady {
		at = 1
	}
	ln.items = slices.Insert(slices.Clone(ln.items), at, items...)
	m.pushed[name] = slices.Insert(m.pushed[name], len(m.out[name])+at, serials...)
}

func (m *lanesMachine) replaceLast(t *rapid.T) {
	name := rapid.SampledFrom(laneNames).Draw(t, "lane")
	ln := m.model.lanes[name]
	last, ok := m.real.Last(name)
	want := ln != nil && (len(ln.items) > 1 || ln.state != laneBusy)
	if ok != want {
		t.Fatalf("Last(%s): %v, want %v", name, ok, want)
	}
	if !ok {
		return
	}
	if end := ln.items[len(ln.items)-1]; last != end {
		t.Fatalf("Last(%s): %v, want %v", name, last, end)
	}
	m.serial++
	p := parcel{m.serial, last.route, m.rank(t)}
	m.real.ReplaceLast(name, p)
	ln.items[len(ln.items)-1] = p
	m.pushed[name][len(m.pushed[name])-1] = p.serial
}

// start takes as many as may start, which holds for every instant: what the
// desk does.
func (m *lanesMachine) start(t *rapid.T) {
	for {
		want := m.model.next(m.now)
		name, p, ok := m.real.Next(m.now)
		if name != want || ok != (want != "") {
			t.Fatalf("Next: %q, %v; want %q", name, ok, want)
		}
		if !ok {
			return
		}
		if first := m.model.lanes[name].items[0]; p != first {
			t.Fatalf("Next: %v of lane %s; its first is %v", p, name, first)
		}
	}
}

// busy draws a lane with an operation in flight.
func (m *lanesMachine) busy(t *rapid.T) (string, *laneModel) {
	names := m.model.names(laneBusy)
	if len(names) == 0 {
		t.Skip("nothing is in flight")
	}
	name := rapid.SampledFrom(names).Draw(t, "busy")
	return name, m.model.lanes[name]
}

func (m *lanesMachine) done(t *rapid.T) {
	name, ln := m.busy(t)
	m.finish(name, ln, rapid.Bool().Draw(t, "slow"))
}

func (m *lanesMachine) finish(name string, ln *laneModel, slow bool) {
	m.real.Done(name, slow)
	m.out[name] = append(m.out[name], ln.items[0].serial)
	m.model.land(name)
	ln.items, ln.slow = ln.items[1:], slow
	if len(ln.items) == 0 {
		delete(m.model.lanes, name)
		return
	}
	m.model.line(name)
}

func (m *lanesMachine) hold(t *rapid.T) {
	name, ln := m.busy(t)
	until := m.now.Add(m.wait(t))
	failing := rapid.Bool().Draw(t, "failing")
	m.real.Hold(name, until, failing)
	m.model.land(name)
	ln.state, ln.until, ln.slow = laneHeld, until, ln.slow || failing
}

func (m *lanesMachine) refused(t *rapid.T) {
	name, ln := m.busy(t)
	until := m.now.Add(m.wait(t))
	m.real.Refused(name, until)
	m.model.land(name)
	ln.state, ln.until, ln.keeps, ln.kept = laneHeld, until, !ln.kept, true
}

func (m *lanesMachine) wait(t *rapid.T) time.Duration {
	return time.Duration(rapid.IntRange(-1, 5).Draw(t, "seconds")) * time.Second
}

func (m *lanesMachine) waitForAnother(t *rapid.T) {
	name, ln := m.busy(t)
	m.real.Wait(name)
	m.model.land(name)
	ln.state = laneWaiting
}

// wake wakes any lane: one that is not waiting must not notice.
func (m *lanesMachine) wake(t *rapid.T) {
	name := rapid.SampledFrom(laneNames).Draw(t, "lane")
	m.real.Wake(name)
	if ln := m.model.lanes[name]; ln != nil && ln.state == laneWaiting {
		m.model.line(name)
	}
}

// slow marks any lane: one with nothing in flight must not notice.
func (m *lanesMachine) slow(t *rapid.T) {
	name := rapid.SampledFrom(laneNames).Draw(t, "lane")
	m.real.Slow(name)
	ln := m.model.lanes[name]
	if ln == nil || ln.state != laneBusy || ln.freed {
		return
	}
	ln.slow = true
	switch freed := m.model.count(func(ln *laneModel) bool { return ln.freed }); {
	case slices.Contains(m.model.cling, name):
	case freed < slowMost*m.model.limit:
		ln.counted, ln.freed = false, true
	default:
		m.model.cling = append(m.model.cling, name)
	}
}

func (m *lanesMachine) shut(t *rapid.T) {
	gate := rapid.SampledFrom([]string{"account", "route x", "route y", "channel a", "channel b"}).Draw(t, "gate")
	until := m.now.Add(m.wait(t))
	m.real.Shut(gate, until)
	if g := m.model.gates[gate]; g == nil || until.After(g.until) {
		m.model.gates[gate] = &gateModel{until, true}
	}
}

func (m *lanesMachine) pass(t *rapid.T) { m.now = m.now.Add(m.wait(t) + time.Second) }

// check holds after every step.
func (m *lanesMachine) check(t *rapid.T) {
	lanes, held, inFlight := m.real.Count()
	counted := m.model.count(func(ln *laneModel) bool { return ln.counted })
	still := len(m.model.names(laneHeld)) + len(m.model.names(laneWaiting)) + m.model.count(m.model.barred)
	if lanes != len(m.model.lanes) || held != still || inFlight != counted {
		t.Fatalf("Count: %d lanes, %d held, %d in flight; want %d, %d, %d", lanes, held, inFlight, len(m.model.lanes), still, counted)
	}
	if inFlight > m.model.limit {
		t.Fatalf("%d in flight with a limit of %d", inFlight, m.model.limit)
	}
	freed := m.model.count(func(ln *laneModel) bool { return ln.freed })
	if freed > slowMost*m.model.limit || m.real.slots.uncounted != freed || m.real.slots.clinging.Len() != len(m.model.cling) {
		t.Fatalf("%d run without a slot, %d should; want %d, %d", m.real.slots.uncounted, m.real.slots.clinging.Len(), freed, len(m.model.cling))
	}
	ready := m.model.count(func(ln *laneModel) bool { return ln.state == laneReady && !ln.slow && !m.model.barred(ln) })
	if m.real.Ready() != ready || len(m.real.gates) != len(m.model.gates) {
		t.Fatalf("%d are ready, %d gates are kept; want %d, %d", m.real.Ready(), len(m.real.gates), ready, len(m.model.gates))
	}
	var first time.Time
	for _, g := range m.model.gates {
		if g.shut && (first.IsZero() || g.until.Before(first)) {
			first = g.until
		}
	}
	for _, name := range m.model.names(laneHeld) {
		if until := m.model.lanes[name].until; first.IsZero() || until.Before(first) {
			first = until
		}
	}
	if at, ok := m.real.NextHold(); ok == first.IsZero() || !at.Equal(first) {
		t.Fatalf("NextHold: %v, %v; want %v", at, ok, first)
	}
}

// drain lets everything come out.
func (m *lanesMachine) drain(t *rapid.T) {
	for len(m.model.lanes) > 0 {
		m.now = m.now.Add(time.Hour)
		for _, name := range m.model.names(laneWaiting) {
			m.real.Wake(name)
			m.model.line(name)
		}
		m.start(t)
		busy := m.model.names(laneBusy)
		if len(busy) == 0 {
			t.Fatalf("%d lanes are left, and none may start", len(m.model.lanes))
		}
		for _, name := range busy {
			m.finish(name, m.model.lanes[name], false)
		}
	}
	if !maps.EqualFunc(m.pushed, m.out, slices.Equal[[]int]) {
		t.Fatalf("went in: %v\ncame out: %v", m.pushed, m.out)
	}
	if lanes, held, inFlight := m.real.Count(); lanes+held+inFlight+m.real.slots.crawling != 0 {
		t.Fatalf("drained, and yet %d lanes, %d held, %d in flight, %d crawling", lanes, held, inFlight, m.real.slots.crawling)
	}
}

func TestLanesAgainstTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newLanesMachine(rapid.IntRange(1, 9).Draw(t, "limit"))
		if rapid.Bool().Draw(t, "few slots") {
			m = newLanesMachine(1)
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": m.push, "push2": m.push, "pushFirst": m.pushFirst, "replaceLast": m.replaceLast, "start": m.start, "start2": m.start,
			"done": m.done, "hold": m.hold, "refused": m.refused, "wait": m.waitForAnother, "wake": m.wake, "slow": m.slow,
			"shut": m.shut, "pass": m.pass, "": m.check,
		})
		m.drain(t)
	})
}
