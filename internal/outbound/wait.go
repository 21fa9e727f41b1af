package outbound

import (
	"slices"
	"time"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
)

// waits are the entries that wait for another one, and not for their turn:
//
//	it waits for                       meanwhile it stands               and is woken by
//	the entry that holds its own key   in no lane: it has no effect yet  release
//	its target, which is unfinished    at the head of its lane           release
//	its target, which was put aside    in no lane                        follow, vanished
//	the end of the stream it is for    in no lane                        ended
//
// Who is in no lane is without its letter, unless it is a snapshot. The last two
// step aside, since what they wait for may stand behind them.
type waits struct {
	holder waiting[bus.ID] // for a key's holder
	lanes  waiting[bus.ID] // for a target, each with its lane
	target waiting[string] // for one that was put aside, by its key
	stream waiting[string]
}

func newWaits() waits {
	return waits{holder: waiting[bus.ID]{}, lanes: waiting[bus.ID]{}, target: waiting[string]{}, stream: waiting[string]{}}
}

// waiting are the entries that wait for each thing, in the order they came.
type waiting[K comparable] map[K][]*entry

func (w waiting[K]) add(what K, e *entry) { w[what] = append(w[what], e) }

// of takes out who waits for something.
func (w waiting[K]) of(what K) []*entry {
	all := w[what]
	delete(w, what)
	return all
}

// wait keeps an entry until the one that it waits for has left. Who waits for
// a target holds its lane: what comes after it must not overtake. Not so if the
// target has stepped aside itself. One that this node does not hold is asked for
// again: it may not have been read yet, or be gone, and then its claim may be
// taken over.
func (d *desk) wait(lanes *delivery.Lanes[*entry], o outcome, slow bool) {
	e := o.entry
	switch {
	case !d.backlog.Has(o.behind):
		e.trial.adopt = o.behind.String()
		lanes.Hold(e.lane, o.until, false)
	case o.end == endTarget && d.targetAside(e, o.behind) && d.crowded():
		lanes.Hold(e.lane, time.Now().Add(apartAgain), false)
	case o.end == endTarget && d.targetAside(e, o.behind):
		lanes.Done(e.lane, slow)
		d.stepAside(e, o.behind)
	case o.end == endTarget:
		lanes.Wait(e.lane)
		d.waits.lanes.add(o.behind, e)
	case d.crowded():
		lanes.Hold(e.lane, o.until, false)
	default:
		lanes.Done(e.lane, slow)
		d.part(e)
		d.waits.holder.add(o.behind, e)
	}
}

// apartMost is how many entries wait in no lane, some 300 bytes each, snapshots
// with their texts. More hold their lanes, and try again: better one conversation
// than all.
const apartMost = 1 << 17

// apartAgain is when one that found it crowded tries again.
const apartAgain = 5 * time.Second

// crowded reports whether no more can wait in no lane.
func (d *desk) crowded() bool { return d.apart >= apartMost }

// part takes an entry that waits in no lane, without its letter, out of the
// number of those in memory: it may be there for days, and others must have
// their turns.
func (d *desk) part(e *entry) {
	d.window.gives(e)
	if e.snap == nil { // which others are told from by what it says
		e.letter = nil
	}
	e.apart = true
	d.apart++
	d.counts(e, -1)
}

// rejoin counts an entry among those in memory again.
func (d *desk) rejoin(e *entry) {
	if e.apart {
		e.apart = false
		d.apart--
		d.counts(e, 1)
	}
}

// counts counts an entry that is in memory, or is no more.
func (d *desk) counts(e *entry, by int) {
	if e.rpc {
		d.rpcsAwake += by
	} else {
		d.awake += by
	}
}

// targetAside reports whether the target of an operation has stepped aside.
func (d *desk) targetAside(e *entry, target bus.ID) bool {
	return slices.ContainsFunc(d.keys[e.letter.env.TargetKey], func(o *entry) bool { return o.id == target && o.aside })
}

// awaitDelayed keeps an operation until its target, which was put aside, has
// left.
func (d *desk) awaitDelayed(o outcome, slow bool) {
	if !d.backlog.Has(o.behind) && !d.agenda.Has(o.behind) { // it has left since the courier looked
		d.lanes.Hold(o.entry.lane, o.until, false)
		return
	}
	if d.crowded() {
		d.lanes.Hold(o.entry.lane, time.Now().Add(apartAgain), false)
		return
	}
	d.lanes.Done(o.entry.lane, slow)
	d.stepAside(o.entry, o.behind)
}

// stepAside keeps an operation in no lane, and without its letter: it may take
// days until its target has left.
func (d *desk) stepAside(e *entry, target bus.ID) {
	e.aside, e.trial.behind = true, target
	d.waits.target.add(e.letter.env.TargetKey, e)
	d.part(e)
}

// awaitStream keeps an operation until the stream that it is for has ended. In
// that stream's lane nothing else is in flight meanwhile, so that its end
// cannot be missed: there it looks again, once, and then waits in no lane, or
// the snapshots behind it would wait for it.
func (d *desk) awaitStream(e *entry, lane string) {
	if e.lane != lane {
		e.lane = lane
		d.lanes.Push(lane, e)
		return
	}
	e.aside = true
	d.waits.stream.add(e.letter.env.TargetKey, e)
	d.part(e)
}

// release lets go of an entry that is not there any more, and wakes who waits
// for it.
func (d *desk) release(id bus.ID) {
	d.backlog.Remove(id)
	for _, w := range d.waits.lanes.of(id) {
		d.lanes.Wake(w.lane)
	}
	for _, w := range d.waits.holder.of(id) {
		d.rejoin(w)
		w.trial.adopt = id.String() // should it have gone without an end
		w.snap.again()
		d.lanesOf(w).Push(w.lane, w)
	}
}

// follow lets the operations on a key go on, behind the entry that has just
// left and before all that came after it.
func (d *desk) follow(key string) {
	lanes := map[string][]*entry{}
	for _, w := range d.waits.target.of(key) {
		d.rejoin(w)
		w.aside = false
		lanes[w.lane] = append(lanes[w.lane], w)
	}
	for lane, all := range lanes {
		d.lanes.PushFirst(lane, all...)
	}
}

// vanished lets the operations go on whose target, put aside, is gone from the
// stream.
func (d *desk) vanished(target bus.ID) {
	for key, all := range d.waits.target {
		if slices.ContainsFunc(all, func(w *entry) bool { return w.trial.behind == target }) {
			d.follow(key)
		}
	}
}

// ended puts the operations that waited for a stream into its lane.
func (d *desk) ended(stream string) {
	for _, w := range d.waits.stream.of(stream) {
		d.rejoin(w)
		w.aside = false
		d.lanes.Push(w.lane, w)
	}
}
