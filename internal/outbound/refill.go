package outbound

import (
	"context"

	"github.com/posternhq/postern/internal/bus"
)

// Entries wait in memory up to these numbers; beyond them they are queued in
// the backlog, and read again in their turn.
const (
	awakeMost = 8192          // over all lanes
	stuckMost = 4 * awakeMost // over all lanes, so that some may start though many are stuck
	shareMost = 64            // in one lane: less, the more lanes there are
	rpcsMost  = 1024
	rpcQueue  = "rpc" // where RPCs are queued; no lane has that name
)

// load is one reading of entries that were queued: the front of some lanes.
type load struct {
	ids   []bus.ID
	lanes []string // of each id
	there map[bus.ID]*entry
}

// share is how many entries a lane may have in memory.
func (d *desk) share() int {
	queues, _ := d.backlog.Count()
	return min(shareMost, max(1, awakeMost/(d.lanes.Size()+queues+1)))
}

// mayWake reports whether an entry that has arrived may wait in memory. Behind
// one that is queued it may not; but a snapshot that takes the place of one in
// memory, or yields to it, does so at once: what is queued of its stream between
// the two has no effect then, but for a final one.
func (d *desk) mayWake(e *entry) bool {
	switch {
	case e.rpc:
		return d.rpcsAwake < rpcsMost && !d.backlog.Waits(rpcQueue)
	case e.snap != nil && d.stands.merges(e):
		return true
	case d.backlog.Waits(e.lane):
		return false
	default:
		return d.awake < awakeMost && d.lanes.Len(e.lane) < d.share()
	}
}

// queue puts an entry into the backlog.
func (d *desk) queue(e *entry) {
	if e.rpc {
		d.backlog.Queue(rpcQueue, e.id, "")
		return
	}
	d.backlog.Queue(e.lane, e.id, e.key)
	d.ask(e.lane)
}

// ask has a lane's queue read on when it has come to the end of what is in
// memory, or nearly.
func (d *desk) ask(lane string) {
	if n := d.lanes.Len(lane); n == 0 || n <= d.share()/2 {
		d.backlog.Ask(lane)
	}
}

// refill reads queued entries as far as there is room for them. Who is stuck,
// behind a gate, after a failure, keeps its place in memory, so there is room
// beyond for as many lanes as the slots are for, until too many are stuck.
func (d *desk) refill(ctx context.Context, outcomes chan<- outcome) {
	if d.loading {
		return
	}
	l := d.dequeue()
	if l == nil {
		return
	}
	d.loading = true
	d.out++
	go func() {
		d.loader.read(ctx, l)
		outcomes <- outcome{end: endLoaded, load: l}
	}()
}

// dequeue takes from the queues what there is room for; nil = nothing. It is asked
// at each turn of the desk.
func (d *desk) dequeue() *load {
	var l load
	if n := rpcsMost/2 - d.rpcsAwake; n > 0 && d.backlog.Waits(rpcQueue) {
		l.take(rpcQueue, d.backlog.Take(rpcQueue, min(n, d.loader.ration.Count())))
	}
	room := max(awakeMost-d.awake, min(stuckMost-d.awake, 2*d.slots-d.lanes.Ready()))
	room = min(room, d.loader.ration.Count()-len(l.ids))
	for room > 0 {
		lane, ok := d.backlog.Next()
		if !ok {
			break
		}
		ids := d.backlog.Take(lane, min(room, d.share()))
		l.take(lane, ids)
		room -= len(ids)
	}
	if len(l.ids) == 0 {
		return nil
	}
	some := l
	return &some
}

func (l *load) take(lane string, ids []bus.ID) {
	for _, id := range ids {
		l.ids, l.lanes = append(l.ids, id), append(l.lanes, lane)
	}
}

// loaded puts entries that were read again into their lanes.
func (d *desk) loaded(l *load) {
	d.loading = false
	if l.there == nil { // the tenure ends
		return
	}
	for i, id := range l.ids {
		d.backlog.Release(id)
		e := l.there[id]
		if e == nil {
			d.release(id) // trimmed
			d.vanished(id)
			continue
		}
		if !e.rpc { // where it was queued: with its target
			e.lane = l.lanes[i]
		}
		d.wake(e)
	}
	for i, lane := range l.lanes {
		if lane != rpcQueue && (i == 0 || lane != l.lanes[i-1]) {
			d.ask(lane)
		}
	}
}
