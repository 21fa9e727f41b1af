package outbound

import (
	"context"
	"slices"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
)

// rpcSlots bounds the RPCs that run at once; they are not in the lanes'
// slots.
const rpcSlots = 64

// desk is the one goroutine that owns the lanes: it takes what the reader
// brings, sends couriers, and hears how they fared. Nothing in it blocks.
type desk struct {
	lanes         *delivery.Lanes[*entry]
	outage        delivery.Outage
	rpcs          []*entry // that wait for a slot
	keys          keyring
	waiters       map[bus.ID][]*entry // behind the entry that holds their key or is their target
	holding       *holding
	window        window
	opener        *opener
	courier       *courier
	clerk         *clerk
	caughtUp      bool
	draining      bool
	inFlight      int // couriers and clerks that are out
	clerks        int
	pace          pace
	probe         string   // in an outage: the lane whose operation tries whether it is over; "" = none is out
	overtaken     []*entry // superseded by a newer one before their turn
	status        *status
	outageChanged func(standing, auth bool)
}

// run serves until ctx ends or, once draining, nothing is in flight.
func (d *desk) run(ctx context.Context, arrivals <-chan arrival, drain <-chan struct{}) {
	outcomes := make(chan outcome, 64)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	defer func() { // couriers end with ctx; hear them out, so that none outlives the tenure
		for d.inFlight > 0 {
			<-outcomes
			d.inFlight--
		}
	}()
	var counted time.Time
	defer d.status.numbers.Store(nil)
	for ctx.Err() == nil {
		now := time.Now()
		d.dispatch(ctx, now, outcomes)
		if now.Sub(counted) >= time.Second {
			counted = now
			d.count()
		}
		if d.draining && d.inFlight == 0 {
			return
		}
		timer.Reset(d.nextWake(now))
		select {
		case a := <-arrivals:
			d.arrive(a)
		case o := <-outcomes:
			d.inFlight--
			d.finished(o)
		case <-d.status.nudged():
		case <-drain:
			d.draining, drain = true, nil
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// count tells the numbers: it costs a look at every lane, so not each time.
func (d *desk) count() {
	lanes, held, _ := d.lanes.Count()
	d.status.numbers.Store(&Numbers{Lanes: lanes, Held: held, InFlight: d.inFlight, Entries: d.holding.len()})
}

// arrive puts entries into their lanes, in order.
func (d *desk) arrive(a arrival) {
	d.caughtUp = d.caughtUp || a.caughtUp
	for _, e := range a.entries {
		if e.letter.env.Type == envelope.TypeRPC {
			d.rpcs = append(d.rpcs, e)
			continue
		}
		d.place(e, a.targets)
		d.keys.add(e)
		if d.overtakes(e) {
			continue
		}
		d.lanes.Push(e.lane, e)
		if !d.window.takes(e) {
			e.letter = nil
		}
		d.unblock(e)
	}
}

// unblock lets an entry pass that has come to stand behind one, in its own
// lane, that waits for it.
func (d *desk) unblock(e *entry) {
	for i, w := range d.waiters[e.id] {
		if w.lane == e.lane && w.key == e.key && w.letter.env.Type != envelope.TypeRPC {
			d.waiters[e.id] = slices.Delete(d.waiters[e.id], i, i+1)
			d.lanes.Rotate(w.lane)
			return
		}
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
	} else if c := targets[d.opener.stream.MessageClaim(target)]; c.Lane != "" {
		e.lane = c.Lane
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
	if !ok || last.letter == nil || last.letter.env.Type != t || last.trial.claimed {
		return false
	}
	d.lanes.ReplaceLast(e.lane, e)
	d.overtaken = append(d.overtaken, last)
	return true
}

// dispatch sends couriers as long as something may start.
func (d *desk) dispatch(ctx context.Context, now time.Time, outcomes chan<- outcome) {
	if !d.caughtUp || d.draining {
		return
	}
	for len(d.rpcs) > 0 && d.clerks < rpcSlots {
		e := d.rpcs[0]
		d.rpcs = d.rpcs[1:]
		d.clerks++
		d.inFlight++
		go func() { outcomes <- d.clerk.answer(ctx, e) }()
	}
	for _, e := range d.overtaken {
		d.inFlight++
		go func() { outcomes <- d.courier.supersede(ctx, e) }()
	}
	d.overtaken = nil
	if !d.status.mayDeliver() {
		return
	}
	for {
		if ok, _ := d.outage.Allows(now, d.probe != ""); !ok {
			return
		}
		lane, e, ok := d.lanes.Next(now)
		if !ok {
			return
		}
		if standing, _ := d.outage.Standing(); standing {
			d.probe = lane
		}
		d.pace.start(lane, now)
		d.inFlight++
		go func() { outcomes <- d.courier.carry(ctx, e) }()
	}
}

// finished hears how an operation fared.
func (d *desk) finished(o outcome) {
	e := o.entry
	if isRPC := e.letter != nil && e.letter.env.Type == envelope.TypeRPC; isRPC {
		d.clerks--
		d.finishedRPC(o)
		return
	}
	if o.end == endSuperseded {
		d.leave(e)
		return
	}
	now := time.Now()
	slow := d.pace.end(e.lane, now)
	if d.probe == e.lane {
		d.probe = ""
	}
	if o.answered && d.outage.Passed() {
		d.outageChanged(false, false)
	}
	switch o.end {
	case endFinished:
		d.lanes.Done(e.lane, slow)
		d.leave(e)
	case endShut:
		d.lanes.Shut(gateName(o.gate, e), o.until)
		d.lanes.Hold(e.lane, o.until, false)
	case endOutage:
		until := d.outage.Failed(now, o.auth)
		d.outageChanged(true, o.auth)
		d.lanes.Hold(e.lane, until, false)
	case endWait:
		d.wait(e, o)
	case endHold:
		d.lanes.Hold(e.lane, o.until, true)
	case endAbandoned:
		e.trial.claimed = false // whatever became of the claim is looked up again
		d.lanes.Hold(e.lane, now.Add(2*time.Second), false)
	}
}

// wait keeps an entry until the one that it waits for has left. One that is
// not held here is asked for again: it may not have been read yet, or be gone,
// and then its claim may be taken over. One that stands behind it in its own
// lane, as a replay of its key may, goes first: what waits for its own key's
// claim has no effect of its own.
func (d *desk) wait(e *entry, o outcome) {
	switch {
	case d.keys.sameLane(e, o.behind):
		d.lanes.Rotate(e.lane)
	case d.holding.has(o.behind):
		d.lanes.Wait(e.lane)
		d.waiters[o.behind] = append(d.waiters[o.behind], e)
	default:
		e.trial.adopt = o.behind.String()
		d.lanes.Hold(e.lane, o.until, false)
	}
}

func (d *desk) finishedRPC(o outcome) {
	switch e := o.entry; {
	case o.end == endFinished:
		d.leave(e)
	case o.end == endWait && d.holding.has(o.behind):
		d.waiters[o.behind] = append(d.waiters[o.behind], e)
	default: // the clerk has waited a while
		if o.end == endWait {
			e.trial.adopt = o.behind.String()
		}
		d.rpcs = append(d.rpcs, e)
	}
}

// leave lets go of a finished entry and wakes who waits behind it.
func (d *desk) leave(e *entry) {
	d.holding.remove(e.id)
	d.window.gives(e)
	d.keys.remove(e)
	for _, w := range d.waiters[e.id] {
		if w.letter != nil && w.letter.env.Type == envelope.TypeRPC {
			d.rpcs = append(d.rpcs, w)
		} else {
			d.lanes.Wake(w.lane)
		}
	}
	delete(d.waiters, e.id)
}

// nextWake takes the operations that ran long out of the count, and says how
// long until time alone changes what may start.
func (d *desk) nextWake(now time.Time) time.Duration {
	wait := time.Hour
	if told := d.status.numbers.Load(); told == nil || told.Entries > 0 {
		wait = time.Second // there is something to count
	}
	sooner := func(t time.Time) {
		wait = max(0, min(wait, t.Sub(now)))
	}
	slow, next := d.pace.overdue(now)
	for _, lane := range slow {
		d.lanes.Slow(lane)
		if d.probe == lane {
			d.probe = "" // it hangs: let another one try
		}
	}
	if !next.IsZero() {
		sooner(next)
	}
	if !d.caughtUp || d.draining || !d.status.mayDeliver() {
		return wait
	}
	if ok, until := d.outage.Allows(now, d.probe != ""); !ok {
		if !until.IsZero() {
			sooner(until)
		}
	} else if t, ok := d.lanes.NextHold(); ok {
		sooner(t)
	}
	return wait
}
