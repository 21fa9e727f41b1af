package outbound

import (
	"time"

	"github.com/posternhq/postern/internal/bus"
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
	for _, p := range e.trial.takePauses() {
		d.announced(p.gate, p.until)
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
		if gate := gateName(o.gate, e); o.answered {
			d.shut(gate, o.until)
		} else {
			d.announced(gate, o.until)
			d.tooMany(gate)
		}
		lanes.Refused(e.lane, o.until)
	case endGated:
		lanes.Refused(e.lane, o.until)
	case endOutage:
		lanes.Hold(e.lane, d.health.down(now, o.auth), false)
	case endWait, endTarget:
		d.wait(lanes, o, slow)
	case endStream:
		if e.lane == o.lane && d.crowded() {
			lanes.Hold(e.lane, now.Add(apartAgain), false)
			break
		}
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
		d.bound(e)
		if e.snap != nil && !e.snap.quiet && !e.begun() {
			if gone := d.stands.back(e); gone != nil {
				d.overtake(gone)
				d.raise(e.key)
			}
		}
	}
}

// bound lets go of the letter of an entry that has to wait again where the window
// is for those whose turn is still to come: ten thousand conversations behind
// their gates may wait for hours.
func (d *desk) bound(e *entry) {
	if e.letter == nil || len(e.letter.warnings) > 0 {
		return
	}
	if e.snap != nil && e.snap.quiet { // it is nowhere to be read again
		return
	}
	// What has begun keeps it, should somebody trim the stream.
	begun := e.trial != nil && (e.trial.claim.State == bus.ClaimSending || e.trial.claim.Part > 0)
	if d.window.crowded() && !begun || e.windowed == 0 && !d.window.takes(e) {
		d.window.gives(e)
		e.letter = nil
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

// announced keeps a gate shut until then, by the adapter's own count.
func (d *desk) announced(gate string, until time.Time) {
	if gate == accountGate {
		d.health.account.Announced(until)
	} else {
		d.lanes.Shut(gate, until)
	}
}

// tooMany notes that one came to a gate which the adapter had counted shut.
func (d *desk) tooMany(gate string) {
	if gate == accountGate {
		d.health.account.TooMany()
	}
}

// leave lets go of a finished entry and wakes who waits for it.
func (d *desk) leave(e *entry) {
	d.window.gives(e)
	d.keys.remove(e)
	d.departed.note(e)
	d.room.left.Add(1)
	d.counts(e, -1)
	d.release(e.id)
	d.follow(e.key)
}
