package outbound

import (
	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// arrive puts entries into their lanes, in order.
func (d *desk) arrive(a arrival) {
	if a.informed {
		d.informed = true
		for gate, opens := range d.gates.shutNow() { // by the owner before us
			d.shut(gate, opens)
		}
	}
	for _, e := range a.entries {
		d.place(e, a.targets)
		if d.mayWake(e) {
			d.wake(e)
		} else {
			d.queue(e)
		}
	}
	clear(d.departed.lanes)
	for _, id := range a.gone {
		d.vanished(id)
	}
	for _, e := range a.quiet { // behind a queue there may be a snapshot of it: it is told of again
		if _, awake := d.keys.lane(e.key); !awake && !d.backlog.Waits(e.lane) && d.backlog.Add(e.id) {
			d.awake++
			d.keys.add(e)
			d.lanes.Push(e.lane, e)
		}
	}
}

// wake gives an entry its place in memory.
func (d *desk) wake(e *entry) {
	d.counts(e, 1)
	d.keys.add(e)
	if d.overtakes(e) {
		return
	}
	if e.snap == nil {
		d.lanesOf(e).Push(e.lane, e)
	} else if !d.stand(e) {
		return
	}
	if !d.window.takes(e) {
		e.letter = nil
	}
}

// stand finds a snapshot its place. False: it is overtaken itself.
func (d *desk) stand(e *entry) bool {
	inLane, gone := d.stands.arrive(e)
	if inLane {
		d.lanes.Push(e.lane, e)
	}
	if gone != nil {
		d.overtake(gone)
		d.raise(e.key)
	}
	return gone != e
}

// raise has a stream's place be as urgent as who stands there.
func (d *desk) raise(stream string) {
	if place, from, to := d.stands.raise(stream); from != to {
		d.lanes.Raise(place.lane, from, to)
	}
}

// place moves an entry that has a target into the target's lane, so that it
// comes after it.
func (d *desk) place(e *entry, targets map[string]bus.Claim) {
	target := e.letter.env.TargetKey
	if target == "" || e.letter.fault != nil {
		return
	}
	if lane, ok := d.keys.lane(target); ok {
		e.lane = lane
	} else if c := targets[target]; c.Lane != "" {
		e.lane = c.Lane
	} else if lane, ok := d.departed.lanes[target]; ok {
		e.lane = lane
	} else if lane, ok := d.backlog.Lane(target); ok {
		e.lane = lane
	}
}

// overtakes puts a typing or presence in the place of one that still waits at
// the end of its lane: only the newest counts.
func (d *desk) overtakes(e *entry) bool {
	t := e.letter.env.Type
	if t != envelope.TypeTyping && t != envelope.TypePresence || e.letter.fault != nil {
		return false
	}
	last, ok := d.lanes.Last(e.lane)
	if !ok || last.snap != nil || last.letter == nil || last.letter.env.Type != t || last.trial != nil {
		return false
	}
	d.lanes.ReplaceLast(e.lane, e)
	d.overtaken = append(d.overtaken, last)
	return true
}

// overtake ends an entry that has no effect any more. Only what its receipt
// says is kept of it: a long stream may have thousands.
func (d *desk) overtake(e *entry) {
	d.keys.remove(e)
	d.window.gives(e)
	if e.letter != nil {
		e.letter.data, e.letter.env.Text, e.letter.env.View = nil, "", nil
	}
	d.overtaken = append(d.overtaken, e)
}
