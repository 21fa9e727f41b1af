package outbound

import (
	"context"
	"time"
)

// dispatch sends couriers as long as something may start.
func (d *desk) dispatch(ctx context.Context, now time.Time, outcomes chan<- outcome) {
	if d.draining {
		return
	}
	for len(d.overtaken) > 0 && d.superseding < supersedingMost {
		e := d.overtaken[0]
		d.overtaken = d.overtaken[1:]
		d.out++
		d.superseding++
		gone := *e // the lane may still have e for its place, and look at it
		go func() {
			out := d.courier.supersede(ctx, &gone)
			out.entry = e
			outcomes <- out
		}()
	}
	if !d.informed {
		return
	}
	d.refill(ctx, outcomes)
	for {
		_, e, ok := d.rpcs.Next(now)
		if !ok {
			break
		}
		d.out++
		go func() { outcomes <- d.clerk.answer(ctx, e) }()
	}
	if !d.status.mayDeliver() {
		return
	}
	d.lanes.Narrow(d.health.failing.Width(now))
	for {
		if ok, _ := d.health.allows(now, d.lanes.InFlight()); !ok {
			return
		}
		lane, place, ok := d.lanes.Next(now)
		if !ok {
			return
		}
		e := d.stands.start(place)
		if e == nil {
			d.lanes.Done(lane, false)
			d.ask(lane)
			continue
		}
		d.health.starts(lane)
		d.pace.start(lane, now)
		d.out++
		go func() { outcomes <- d.courier.carry(ctx, e) }()
	}
}

// nextWake takes the operations that ran long out of the count, and says how
// long until time alone changes what may start.
func (d *desk) nextWake(now time.Time) time.Duration {
	wait := time.Hour
	if told := d.status.numbers.Load(); told == nil || told.Entries > 0 || d.backlog.Len() > 0 {
		wait = time.Second // there is something to count
	}
	sooner := func(t time.Time) {
		wait = max(0, min(wait, t.Sub(now)))
	}
	slow, next := d.pace.overdue(now)
	for _, lane := range slow {
		d.lanes.Slow(lane)
		d.health.hangs(lane)
	}
	if !next.IsZero() {
		sooner(next)
	}
	if !d.informed || d.draining {
		return wait
	}
	if t, ok := d.rpcs.NextHold(); ok {
		sooner(t)
	}
	if !d.status.mayDeliver() {
		return wait
	}
	if ok, until := d.health.allows(now, d.lanes.InFlight()); !ok {
		if !until.IsZero() {
			sooner(until)
		}
	} else if t, ok := d.lanes.NextHold(); ok {
		sooner(t)
	}
	return wait
}
