package outbound

import (
	"context"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
	"github.com/posternhq/postern/platform"
)

// slowAfter is when an operation stops counting against the others' slots.
const slowAfter = time.Second

// rpcSlots bounds the RPCs that run at once; they are not in the lanes'
// slots.
const rpcSlots = 64

// desk is the one goroutine that owns the lanes: it takes what the reader
// brings, sends couriers, and hears how they fared. Nothing in it blocks.
type desk struct {
	lanes         *delivery.Lanes[*entry]
	outage        delivery.Outage
	rpcs          []*entry // that wait for a slot
	keys          map[string]*keyed
	waiters       map[bus.ID][]*entry // behind the entry that holds their key or is their target
	running       []started           // operations in the order of their start
	holding       *holding
	window        window
	opener        *opener
	courier       *courier
	clerk         *clerk
	caughtUp      bool
	draining      bool
	inFlight      int // couriers and clerks that are out
	clerks        int
	serial        uint64
	busy          map[string]started // by lane: the operation in flight
	overtaken     []*entry           // superseded by a newer one before their turn
	status        *status
	outageChanged func(standing, auth bool)
}

// keyed counts the unfinished entries of one key, and knows their lane: what
// targets the key goes there too.
type keyed struct {
	lane  string
	count int
}

// started is an operation in flight and when it began.
type started struct {
	lane   string
	serial uint64
	at     time.Time
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
			d.slow(time.Now())
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
		if e.key != "" {
			k := d.keys[e.key]
			if k == nil {
				k = &keyed{lane: e.lane}
				d.keys[e.key] = k
			}
			k.count++
		}
		if d.overtakes(e) {
			continue
		}
		d.lanes.Push(e.lane, e)
		if !d.window.takes(e) {
			e.letter = nil
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
	if k := d.keys[target]; k != nil {
		e.lane = k.lane
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
		if ok, _ := d.outage.Allows(now, d.inFlight-d.clerks); !ok {
			return
		}
		lane, e, ok := d.lanes.Next(now)
		if !ok {
			return
		}
		d.serial++
		op := started{lane, d.serial, now}
		d.busy[lane] = op
		d.running = append(d.running, op)
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
	slow := now.Sub(d.busy[e.lane].at) >= slowAfter
	delete(d.busy, e.lane)
	if o.delivered && d.outage.Passed() {
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
		if d.holding.has(o.behind) {
			d.lanes.Wait(e.lane)
			d.waiters[o.behind] = append(d.waiters[o.behind], e)
		} else {
			e.trial.adopt = o.behind.String()
			d.lanes.Hold(e.lane, now, false)
		}
	case endHold:
		d.lanes.Hold(e.lane, o.until, true)
	case endAbandoned:
		e.trial.claimed = false // whatever became of the claim is looked up again
		d.lanes.Hold(e.lane, now.Add(time.Second), false)
	}
}

func (d *desk) finishedRPC(o outcome) {
	switch e := o.entry; {
	case o.end == endFinished:
		d.leave(e)
	case o.end == endWait && d.holding.has(o.behind):
		d.waiters[o.behind] = append(d.waiters[o.behind], e)
	case o.end == endWait:
		e.trial.adopt = o.behind.String()
		d.rpcs = append(d.rpcs, e)
	}
}

// leave lets go of a finished entry and wakes who waits behind it.
func (d *desk) leave(e *entry) {
	d.holding.remove(e.id)
	d.window.gives(e)
	if k := d.keys[e.key]; k != nil && e.key != "" {
		if k.count--; k.count == 0 {
			delete(d.keys, e.key)
		}
	}
	for _, w := range d.waiters[e.id] {
		if w.letter != nil && w.letter.env.Type == envelope.TypeRPC {
			d.rpcs = append(d.rpcs, w)
		} else {
			d.lanes.Wake(w.lane)
		}
	}
	delete(d.waiters, e.id)
}

// slow takes operations that run long out of the count.
func (d *desk) slow(now time.Time) {
	for len(d.running) > 0 {
		first := d.running[0]
		if d.busy[first.lane].serial == first.serial {
			if now.Sub(first.at) < slowAfter {
				return
			}
			d.lanes.Slow(first.lane)
		}
		d.running = d.running[1:]
	}
}

// nextWake is how long until time alone changes what may start.
func (d *desk) nextWake(now time.Time) time.Duration {
	wait := time.Hour
	if told := d.status.numbers.Load(); told == nil || told.Entries > 0 {
		wait = time.Second // there is something to count
	}
	sooner := func(t time.Time) {
		wait = max(0, min(wait, t.Sub(now)))
	}
	d.slow(now)
	if len(d.running) > 0 {
		sooner(d.running[0].at.Add(slowAfter))
	}
	if !d.caughtUp || d.draining || !d.status.mayDeliver() {
		return wait
	}
	if ok, until := d.outage.Allows(now, d.inFlight-d.clerks); !ok {
		if !until.IsZero() {
			sooner(until)
		}
	} else if t, ok := d.lanes.NextHold(); ok {
		sooner(t)
	}
	return wait
}

// gateName names the gate that a rate limit shut for an entry.
func gateName(g platform.Gate, e *entry) string {
	switch g {
	case platform.GateAccount:
		return "account"
	case platform.GateRoute:
		return "route " + string(e.letter.env.Type)
	default:
		return "channel " + e.letter.env.ChannelID
	}
}

// gatesOf names the gates before an entry. One whose letter is not in memory
// passes its channel's and its route's when it comes back from the attempt.
func gatesOf(_ string, e *entry) []string {
	if e.letter == nil {
		return []string{"account"}
	}
	return []string{"account", "route " + string(e.letter.env.Type), "channel " + e.letter.env.ChannelID}
}
