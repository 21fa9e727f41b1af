package webchat

import (
	"context"
	"fmt"
	"sync"
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
	armed    *atomic.Bool
	held, on chan struct{}
	goOn     func() // may be called twice
}

func newHold() hold {
	h := hold{armed: new(atomic.Bool), held: make(chan struct{}), on: make(chan struct{})}
	h.goOn = sync.OnceFunc(func() { close(h.on) })
	return h
}

func (h hold) pass() {
	if h.armed.CompareAndSwap(true, false) {
		close(h.held)
		<-h.on
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
	defer host.rooms.changed.goOn()
	tell(platform.RoomNews{Lost: true})
	<-host.rooms.changed.held
	lossy.rooms.set(func() { lossy.rooms.miss = func(platform.RoomNews) bool { return true } })
	record, err := lossy.rooms.Get(t.Context(), "lobby", n.bot(say("lobby", "meanwhile")))
	if err != nil {
		t.Fatal(err)
	}
	tell(platform.RoomNews{Room: "lobby", Record: &record}) // here, so that it is heard before the answer
	host.rooms.changed.goOn()
	ann.shows("meanwhile")
}

// TestOlderEditComesLate: a node is slow at the store when its page is cut off;
// the page does the same through another node, then something newer; the first
// write comes last, and undoes nothing.
func TestOlderEditComesLate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		older, newer map[string]any
		before, want string
	}{
		"edit": {
			map[string]any{"t": "edit", "text": "older"}, map[string]any{"t": "edit", "text": "newer"}, "hello", "newer[]",
		},
		"edit that changes nothing": {
			map[string]any{"t": "edit", "text": "hello"}, map[string]any{"t": "edit", "text": "newer"}, "hello", "newer[]",
		},
		"reaction": {
			map[string]any{"t": "react", "emoji": "👍"}, map[string]any{"t": "react", "emoji": "👍", "remove": true}, "hello", "hello[]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shared := platformtest.NewHost()
			host := newHeldHost(shared, shared.Rooms())
			slow := openNode(t, host, shared, map[string]any{"people": false})
			fine := startNode(t, shared, map[string]any{"people": false})
			ann := slow.enter("lobby", "Ann")
			id := ann.say(c.before)
			ann.shows(c.before)
			c.older["id"], c.older["message"], c.newer["message"] = frameID(), id, id
			host.rooms.update.armed.Store(true)
			defer host.rooms.update.goOn()
			ann.send(c.older)
			<-host.rooms.update.held
			_ = ann.conn.CloseNow()
			ann.again(fine)
			for _, frame := range []map[string]any{c.older, c.newer} {
				if f := ann.ask(frame); f.Type != "ok" {
					t.Fatalf("%v: %+v", frame, f)
				}
			}
			host.rooms.update.goOn()
			if err := slow.adapter.Close(t.Context()); err != nil { // it waits for the write
				t.Fatal(err)
			}
			fine.bot(say("lobby", "end"))
			ann.shows("end")
			if r := ann.records[id]; fmt.Sprint(r.Text, r.Reactions) != c.want {
				t.Errorf("the room reads %q %v, want %s", r.Text, r.Reactions, c.want)
			}
		})
	}
}

// TestMessageRemembersFewFrames: what a message remembers is bounded, and the
// newest of it.
func TestMessageRemembersFewFrames(t *testing.T) {
	t.Parallel()
	m := &message{}
	for i := range 3 * maxDone {
		if frame := fmt.Sprint(i); !m.once(frame) || m.once(frame) {
			t.Fatalf("frame %s is not taken once", frame)
		}
	}
	again, err := load(m.store())
	if err != nil || len(again.Done) != maxDone || again.once(fmt.Sprint(2*maxDone)) || !again.once("0") {
		t.Errorf("it remembers %v, %v", again.Done, err)
	}
}
