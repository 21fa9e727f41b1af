package webchat

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

// heldHost is a host whose store can be held up.
type heldHost struct {
	*platformtest.Host
	rooms *heldRooms
}

type heldRooms struct {
	platform.Rooms
	update, changed hold // on the way to the store; on the way back
}

func newHeldHost(host *platformtest.Host, rooms platform.Rooms) heldHost {
	return heldHost{host, &heldRooms{Rooms: rooms, update: newHold(), changed: newHold()}}
}

func (h heldHost) Rooms() platform.Rooms { return h.rooms }

func (r *heldRooms) Update(ctx context.Context, room, id string, change func(platform.Record) []byte) (platform.Record, error) {
	r.update.pass()
	return r.Rooms.Update(ctx, room, id, change)
}

func (r *heldRooms) Changed(ctx context.Context, room string, since int64, limit int) ([]platform.Record, int64, error) {
	records, version, err := r.Rooms.Changed(ctx, room, since, limit)
	r.changed.pass()
	return records, version, err
}

// hold stops the first to pass once it is armed.
type hold struct {
	armed      *atomic.Bool
	held, goOn chan struct{}
}

func newHold() hold {
	return hold{armed: new(atomic.Bool), held: make(chan struct{}), goOn: make(chan struct{})}
}

func (h hold) pass() {
	if h.armed.CompareAndSwap(true, false) {
		close(h.held)
		<-h.goOn
	}
}

// TestNewsWhileCatchingUp: the watch has come back, the store says that
// nothing was lost, and before that answer is here there is news.
func TestNewsWhileCatchingUp(t *testing.T) {
	t.Parallel()
	lossy := newLossyHost()
	host := newHeldHost(lossy.Host, lossy.rooms)
	n := openNode(t, host, host.Host, map[string]any{"people": false})
	ann := n.enter("lobby", "Ann")
	n.bot(say("lobby", "before"))
	ann.shows("before")

	tell := lossy.rooms.tell[0]
	host.rooms.changed.armed.Store(true)
	tell(platform.RoomNews{Lost: true})
	<-host.rooms.changed.held
	lossy.rooms.set(func() { lossy.rooms.miss = func(platform.RoomNews) bool { return true } })
	record, err := lossy.rooms.Get(t.Context(), "lobby", n.bot(say("lobby", "meanwhile")))
	if err != nil {
		t.Fatal(err)
	}
	tell(platform.RoomNews{Room: "lobby", Record: &record}) // here, so that it is heard before the answer
	close(host.rooms.changed.goOn)
	ann.shows("meanwhile")
}
