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
}

func parcelGates(lane string, p parcel) []string {
	return []string{"account", "route " + p.route, "channel " + lane}
}

// lanesModel says what Lanes must do, by looking at everything each time.
type lanesModel struct {
	limit int
	lanes map[string]*laneModel
	order []string // of the ready lanes: who has waited longest comes first
	turns int
	gates map[string]time.Time
}

type laneModel struct {
	items   []parcel
	state   laneState
	slow    bool
	counted bool
	turn    int
	until   time.Time
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
	m.turns++
	m.lanes[name].state, m.lanes[name].turn = laneReady, m.turns
	m.order = append(m.order, name)
}

// shutFor is until when a gate before a lane's head is shut, or zero.
func (m *lanesModel) shutFor(name string, now time.Time) (until time.Time) {
	for _, g := range parcelGates(name, m.lanes[name].items[0]) {
		if t := m.gates[g]; t.After(now) && t.After(until) {
			until = t
		}
	}
	return until
}

// next is which lane must start now, "" if none.
func (m *lanesModel) next(now time.Time) string {
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
	for _, name := range slices.Clone(m.order) {
		ln := m.lanes[name]
		crawling := m.count(func(ln *laneModel) bool { return ln.counted && ln.slow })
		if ln.slow && crawling >= max(1, m.limit/4) {
			continue
		}
		m.order = slices.DeleteFunc(m.order, func(n string) bool { return n == name })
		if until := m.shutFor(name, now); !until.IsZero() {
			ln.state, ln.until = laneHeld, until
			continue
		}
		ln.state, ln.counted = laneBusy, true
		return name
	}
	return ""
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
		real:  NewLanes(limit, parcelGates),
		model: lanesModel{limit: limit, lanes: map[string]*laneModel{}, gates: map[string]time.Time{}},
		now:   time.Unix(1_000_000, 0), pushed: map[string][]int{}, out: map[string][]int{},
	}
}

var laneNames = []string{"a", "b", "c", "d", "e", "f", "g", "h"}

func (m *lanesMachine) push(t *rapid.T) {
	name := rapid.SampledFrom(laneNames).Draw(t, "lane")
	m.serial++
	p := parcel{m.serial, rapid.SampledFrom([]string{"x", "y"}).Draw(t, "route")}
	m.real.Push(name, p)
	m.pushed[name] = append(m.pushed[name], p.serial)
	if m.model.lanes[name] == nil {
		m.model.lanes[name] = &laneModel{}
		m.model.line(name)
	}
	m.model.lanes[name].items = append(m.model.lanes[name].items, p)
}

// pushFirst: before all that waits, behind an item whose turn is not over.
func (m *lanesMachine) pushFirst(t *rapid.T) {
	name := rapid.SampledFrom(laneNames).Draw(t, "lane")
	var items []parcel
	var serials []int
	for range rapid.IntRange(1, 3).Draw(t, "items") {
		m.serial++
		items, serials = append(items, parcel{m.serial, "x"}), append(serials, m.serial)
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
	p := parcel{m.serial, last.route}
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
	ln.items, ln.counted, ln.slow = ln.items[1:], false, slow
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
	ln.state, ln.until, ln.counted, ln.slow = laneHeld, until, false, ln.slow || failing
}

func (m *lanesMachine) wait(t *rapid.T) time.Duration {
	return time.Duration(rapid.IntRange(-1, 5).Draw(t, "seconds")) * time.Second
}

func (m *lanesMachine) waitForAnother(t *rapid.T) {
	name, ln := m.busy(t)
	m.real.Wait(name)
	ln.state, ln.counted = laneWaiting, false
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
	if ln := m.model.lanes[name]; ln != nil && ln.state == laneBusy {
		ln.counted, ln.slow = false, true
	}
}

func (m *lanesMachine) shut(t *rapid.T) {
	gate := rapid.SampledFrom([]string{"account", "route x", "route y", "channel a", "channel b"}).Draw(t, "gate")
	until := m.now.Add(m.wait(t))
	m.real.Shut(gate, until)
	if until.After(m.model.gates[gate]) {
		m.model.gates[gate] = until
	}
}

func (m *lanesMachine) pass(t *rapid.T) { m.now = m.now.Add(m.wait(t) + time.Second) }

// check holds after every step.
func (m *lanesMachine) check(t *rapid.T) {
	lanes, held, inFlight := m.real.Count()
	counted := m.model.count(func(ln *laneModel) bool { return ln.counted })
	still := len(m.model.names(laneHeld)) + len(m.model.names(laneWaiting))
	if lanes != len(m.model.lanes) || held != still || inFlight != counted {
		t.Fatalf("Count: %d lanes, %d held, %d in flight; want %d, %d, %d", lanes, held, inFlight, len(m.model.lanes), still, counted)
	}
	if inFlight > m.model.limit {
		t.Fatalf("%d in flight with a limit of %d", inFlight, m.model.limit)
	}
	var first time.Time
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
	if lanes, held, inFlight := m.real.Count(); lanes+held+inFlight+m.real.crawling != 0 {
		t.Fatalf("drained, and yet %d lanes, %d held, %d in flight, %d crawling", lanes, held, inFlight, m.real.crawling)
	}
}

func TestLanesAgainstTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newLanesMachine(rapid.IntRange(1, 9).Draw(t, "limit"))
		t.Repeat(map[string]func(*rapid.T){
			"push": m.push, "push2": m.push, "pushFirst": m.pushFirst, "replaceLast": m.replaceLast, "start": m.start, "start2": m.start,
			"done": m.done, "hold": m.hold, "wait": m.waitForAnother, "wake": m.wake, "slow": m.slow,
			"shut": m.shut, "pass": m.pass, "": m.check,
		})
		m.drain(t)
	})
}
