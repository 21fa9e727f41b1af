package outbound

import (
	"time"

	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
)

// finished hears how an operation fared.
func (d *desk) finished(o outcome) {
	e, now := o.entry, time.Now()
	switch o.end {
	case endLoaded:
		d.loaded(o.load)
		return
	case endSuperseded:
		d.superseding--
		d.leave(e)
		return
	}
	defer d.ask(e.lane)
	slow := false
	if !e.rpc {
		slow = d.pace.end(e.lane, now)
		d.health.learn(o, now)
	}
	lanes := d.lanesOf(e)
	switch o.end {
	case endFinished:
		lanes.Done(e.lane, slow)
		d.leave(e)
		if o.over {
			d.ended(e.key)
		}
	case endShut:
		d.shut(gateName(o.gate, e), o.until)
		lanes.Refused(e.lane, o.until)
	case endGated:
		lanes.Refused(e.lane, o.until)
	case endOutage:
		lanes.Hold(e.lane, d.health.down(now, o.auth), false)
	case endWait, endTarget:
		d.wait(lanes, o, slow)
	case endStream:
		lanes.Done(e.lane, slow)
		d.awaitStream(e, o.lane)
	case endDelayed:
		d.awaitDelayed(o, slow)
	case endHold:
		lanes.Hold(e.lane, o.until, true)
	case endAbandoned:
		e.trial.claimed = false // whatever became of the claim is looked up again
		lanes.Hold(e.lane, now.Add(2*time.Second), false)
	}
	switch o.end {
	case endShut, endGated, endOutage, endHold:
		if e.snap != nil && !e.snap.quiet && !e.begun() {
			if gone := d.stands.back(e); gone != nil {
				d.overtake(gone)
				d.raise(e.key)
			}
		}
	}
}

// shut keeps a gate shut until then.
func (d *desk) shut(gate string, until time.Time) {
	if gate == accountGate {
		d.health.account.Shut(until)
	} else {
		d.lanes.Shut(gate, until)
	}
}

// wait keeps an entry until the one that it waits for has left. Who waits for
// a target holds its lane: what comes after it must not overtake. Not so if the
// target has stepped aside, for something that may stand behind both: then it
// steps aside, too. Who waits for its own key's claim leaves its lane meanwhile:
// it will have no effect, and what it waits for may stand behind it. One that is
// not held here is asked for again: it may not have been read yet, or be gone,
// and then its claim may be taken over.
func (d *desk) wait(lanes *delivery.Lanes[*entry], o outcome, slow bool) {
	e := o.entry
	switch held := d.holding.Has(o.behind); {
	case !held:
		e.trial.adopt = o.behind.String()
		lanes.Hold(e.lane, o.until, false)
	case o.end == endTarget && d.targetAside(e, o.behind):
		lanes.Done(e.lane, slow)
		d.toFollow(e, o.behind)
	case o.end == endTarget:
		lanes.Wait(e.lane)
		d.waiters.inLane(o.behind, e)
	default:
		lanes.Done(e.lane, slow)
		d.waiters.aside(o.behind, e)
	}
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
	d.forStream.add(e.letter.env.TargetKey, e)
}

// ended puts the operations that waited for a stream into its lane.
func (d *desk) ended(stream string) {
	for _, w := range d.forStream.of(stream) {
		w.aside = false
		d.lanes.Push(w.lane, w)
	}
}

// leave lets go of a finished entry and wakes who waits for it.
func (d *desk) leave(e *entry) {
	d.window.gives(e)
	d.keys.remove(e)
	d.departed.note(e)
	if e.rpc {
		d.rpcsAwake--
	} else {
		d.awake--
	}
	d.release(e.id)
	d.follow(e.key)
}

// release lets go of an entry that is not there any more, and wakes who waits
// for it.
func (d *desk) release(id bus.ID) {
	d.holding.Remove(id)
	inLane, aside := d.waiters.of(id)
	for _, w := range inLane {
		d.lanes.Wake(w.lane)
	}
	for _, w := range aside {
		w.trial.adopt = id.String() // should it have gone without an end
		w.snap.again()
		d.lanesOf(w).Push(w.lane, w)
	}
}
