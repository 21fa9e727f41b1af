package outbound

import (
	"context"
	"time"

	"github.com/posternhq/postern/internal/backlog"
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
	lanes       *delivery.Lanes[*entry] // of conversations
	rpcs        *delivery.Lanes[*entry] // one of its own for each
	keys        keyring
	stands      stands
	departed    *departed
	room        *room
	agenda      *backlog.Agenda
	waits       waits
	gates       *gates
	backlog     *backlog.Backlog
	loader      *loader
	loading     bool // a load is under way
	awake       int  // entries that are not queued, but RPCs
	rpcsAwake   int
	apart       int // entries in no lane
	slots       int
	window      window
	courier     *courier
	clerk       *clerk
	informed    bool // of what an earlier owner left of pauses and shut gates
	draining    bool
	out         int // goroutines whose outcome is still to come
	pace        pace
	health      health
	overtaken   []*entry // superseded by a newer one before their turn
	superseding int      // of them, being settled
	status      *status
}

func newDesk(p parts, status *status, courier *courier, clerk *clerk) *desk {
	slots := p.cfg.Limits.InFlight
	return &desk{
		lanes: delivery.NewLanes(slots, gatesOf, rankOf), rpcs: delivery.NewLanes(rpcSlots, noGates, rankOf),
		keys: keyring{}, stands: stands{}, waits: newWaits(), departed: p.departed, room: p.room, agenda: p.agenda, gates: p.gates,
		backlog: p.backlog, loader: &loader{stream: p.stream, opener: p.opener, losses: p.losses, log: p.cfg.Log},
		slots: slots, window: newWindow(slots), courier: courier, clerk: clerk,
		pace: newPace(), health: health{fails: p.failing, changed: p.cfg.Watcher.Outage}, status: status,
	}
}

// run serves until ctx ends or, once draining, nothing is in flight.
func (d *desk) run(ctx context.Context, arrivals <-chan arrival, drain <-chan struct{}) {
	outcomes := make(chan outcome, d.slots)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	defer func() { // couriers end with ctx; hear them out, so that none outlives the tenure
		for d.out > 0 {
			<-outcomes
			d.out--
		}
	}()
	var counted time.Time
	defer d.status.numbers.Store(nil)
	for ctx.Err() == nil {
		now := time.Now()
		d.dispatch(ctx, now, outcomes)
		d.room.set(d.awake >= awakeMost/2)
		if now.Sub(counted) >= time.Second {
			counted = now
			d.count()
		}
		if d.draining && d.out == 0 {
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
			d.hear(o)
			for range len(outcomes) { // that came meanwhile: then all that may start does
				d.hear(<-outcomes)
			}
		case <-d.status.nudged():
		case <-drain:
			d.draining, drain = true, nil
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// hear takes in what a courier or clerk comes back with.
func (d *desk) hear(o outcome) {
	d.out--
	d.finished(o)
}

// count tells the numbers: it costs a look at every lane in memory, so not each
// time.
func (d *desk) count() {
	lanes, held, _ := d.lanes.Count()
	lanes += d.queuedOnly()
	if d.health.account.Shuts(time.Now()) { // before all that is not in flight
		held = lanes - len(d.pace.busy)
	}
	d.status.numbers.Store(&Numbers{Lanes: lanes, Held: held, InFlight: d.lanes.InFlight() + d.rpcs.InFlight(), Entries: d.backlog.Len()})
}

// queuedOnly is how many lanes have nothing in memory.
func (d *desk) queuedOnly() int {
	n, _ := d.backlog.Count()
	if d.backlog.Waits(rpcQueue) {
		n--
	}
	for lane := range d.lanes.Names() {
		if d.backlog.Waits(lane) {
			n--
		}
	}
	return n
}

// lanesOf are the lanes that an entry goes through.
func (d *desk) lanesOf(e *entry) *delivery.Lanes[*entry] {
	if e.rpc {
		return d.rpcs
	}
	return d.lanes
}
