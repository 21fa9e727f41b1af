package outbound

import (
	"context"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
)

// rpcSlots bounds the RPCs that run at once; they have slots of their own.
const rpcSlots = 64

// So many overtaken entries are settled at once, and so many more may wait for
// it before the desk takes nothing new.
const (
	supersedingMost = 512
	overtakenMost   = 4096
)

// desk is the one goroutine that owns the lanes: it takes what the reader
// brings, sends couriers, and hears how they fared. Nothing in it blocks.
type desk struct {
	lanes         *delivery.Lanes[*entry] // of conversations
	rpcs          *delivery.Lanes[*entry] // one of its own for each
	outage        delivery.Outage
	keys          keyring
	stands        stands
	forStream     streamWaiters
	followers     followers
	agenda        *agenda
	waiters       waiters
	holding       *holding
	window        window
	opener        *opener
	courier       *courier
	clerk         *clerk
	caughtUp      bool
	draining      bool
	inFlight      int // couriers and clerks that are out
	pace          pace
	probe         string   // in an outage: the lane whose operation tries whether it is over; "" = none is out
	overtaken     []*entry // superseded by a newer one before their turn
	superseding   int      // of them, being settled
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
		from := arrivals
		if len(d.overtaken) > overtakenMost {
			from = nil // settling them waits for nobody but Redis
		}
		select {
		case a := <-from:
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
		d.place(e, a.targets)
		d.keys.add(e)
		if d.overtakes(e) {
			continue
		}
		if e.snap == nil {
			d.lanesOf(e).Push(e.lane, e)
		} else if !d.stand(e) {
			continue
		}
		if !d.window.takes(e) {
			e.letter = nil
		}
	}
	for _, id := range a.gone {
		d.gone(id)
	}
	for _, e := range a.quiet {
		if _, unfinished := d.keys.lane(e.key); !unfinished && d.holding.add(e.id) {
			d.keys.add(e)
			d.lanes.Push(e.lane, e)
		}
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
	}
	return gone != e
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

// lanesOf are the lanes that an entry goes through.
func (d *desk) lanesOf(e *entry) *delivery.Lanes[*entry] {
	if e.rpc {
		return d.rpcs
	}
	return d.lanes
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
	if !ok || last.letter == nil || last.letter.env.Type != t || last.trial != nil {
		return false
	}
	d.lanes.ReplaceLast(e.lane, e)
	d.overtaken = append(d.overtaken, last)
	return true
}

// dispatch sends couriers as long as something may start.
func (d *desk) dispatch(ctx context.Context, now time.Time, outcomes chan<- outcome) {
	if d.draining {
		return
	}
	for len(d.overtaken) > 0 && d.superseding < supersedingMost {
		e := d.overtaken[0]
		d.overtaken = d.overtaken[1:]
		d.inFlight++
		d.superseding++
		go func() { outcomes <- d.courier.supersede(ctx, e) }()
	}
	if !d.caughtUp {
		return
	}
	for {
		_, e, ok := d.rpcs.Next(now)
		if !ok {
			break
		}
		d.inFlight++
		go func() { outcomes <- d.clerk.answer(ctx, e) }()
	}
	if !d.status.mayDeliver() {
		return
	}
	for {
		if ok, _ := d.outage.Allows(now, d.probe != ""); !ok {
			return
		}
		lane, place, ok := d.lanes.Next(now)
		if !ok {
			return
		}
		e := d.stands.start(place)
		if e == nil {
			d.lanes.Done(lane, false)
			continue
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
	e, now := o.entry, time.Now()
	if o.end == endSuperseded {
		d.superseding--
		d.leave(e)
		return
	}
	slow := false
	if !e.rpc { // what an RPC meets says nothing about the platform's health
		slow = d.pace.end(e.lane, now)
		d.learn(o)
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
		lanes.Shut(gateName(o.gate, e), o.until)
		lanes.Hold(e.lane, o.until, false)
	case endOutage:
		until := d.outage.Failed(now, o.auth)
		d.outageChanged(true, o.auth)
		lanes.Hold(e.lane, until, false)
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
	case endShut, endOutage, endHold:
		if e.snap != nil && !e.snap.quiet && !e.begun() {
			if gone := d.stands.back(e); gone != nil {
				d.overtake(gone)
			}
		}
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

// learn takes what an operation's end says about an outage.
func (d *desk) learn(o outcome) {
	if d.probe == o.entry.lane {
		d.probe = ""
	}
	if o.answered && d.outage.Passed() {
		d.outageChanged(false, false)
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
	switch held := d.holding.has(o.behind); {
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

// leave lets go of a finished entry and wakes who waits for it.
func (d *desk) leave(e *entry) {
	d.holding.remove(e.id)
	d.window.gives(e)
	d.keys.remove(e)
	inLane, aside := d.waiters.of(e.id)
	for _, w := range inLane {
		d.lanes.Wake(w.lane)
	}
	for _, w := range aside {
		w.trial.adopt = e.id.String() // should it have gone without an end
		w.snap.again()
		d.lanesOf(w).Push(w.lane, w)
	}
	d.follow(e.key)
}

// nextWake takes the operations that ran long out of the count, and says how
// long until time alone changes what may start.
func (d *desk) nextWake(now time.Time) time.Duration {
	wait := time.Hour
	if told := d.status.numbers.Load(); told == nil || told.Entries > 0 || d.holding.len() > 0 {
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
	if !d.caughtUp || d.draining {
		return wait
	}
	if t, ok := d.rpcs.NextHold(); ok {
		sooner(t)
	}
	if !d.status.mayDeliver() {
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
