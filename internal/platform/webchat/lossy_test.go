package webchat

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

// lossyHost is a host whose watchers miss what they are told to.
type lossyHost struct {
	*platformtest.Host
	rooms *lossyRooms
}

type lossyRooms struct {
	platform.Rooms
	mu   sync.Mutex
	miss func(platform.RoomNews) bool
	tell []func(platform.RoomNews)
	fail error // of every Update and Make
}

func newLossyHost() lossyHost {
	h := platformtest.NewHost()
	return lossyHost{h, &lossyRooms{Rooms: h.Rooms()}}
}

func (h lossyHost) Rooms() platform.Rooms { return h.rooms }

func (r *lossyRooms) Watch(ctx context.Context, f func(platform.RoomNews)) error {
	r.mu.Lock()
	r.tell = append(r.tell, f)
	r.mu.Unlock()
	return r.Rooms.Watch(ctx, func(n platform.RoomNews) {
		r.mu.Lock()
		missed := r.miss != nil && r.miss(n)
		r.mu.Unlock()
		if !missed {
			f(n)
		}
	})
}

func (r *lossyRooms) Update(ctx context.Context, room, id string, change func(platform.Record) []byte) (platform.Record, error) {
	r.mu.Lock()
	err := r.fail
	r.mu.Unlock()
	if err != nil {
		return platform.Record{}, err
	}
	return r.Rooms.Update(ctx, room, id, change)
}

// Make is the Update that it stands for.
func (r *lossyRooms) Make(ctx context.Context, room, id string, data []byte) (platform.Record, error) {
	return r.Update(ctx, room, id, func(now platform.Record) []byte {
		if now.Place != 0 {
			return nil
		}
		return data
	})
}

func (r *lossyRooms) set(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

// TestMissedNews: what the watcher does not bring is asked for: at the next
// news, which shows the gap, or when the store says that something was lost.
func TestMissedNews(t *testing.T) {
	t.Parallel()
	host := newLossyHost()
	n := openNode(t, host, host.Host, map[string]any{"people": false})
	ann := n.enter("lobby", "Ann")
	n.bot(say("lobby", "0"))
	ann.shows("0")

	host.rooms.set(func() {
		host.rooms.miss = func(r platform.RoomNews) bool { return r.Record != nil && r.Record.Version%3 != 0 }
	})
	for i := range 8 {
		n.bot(say("lobby", fmt.Sprint(i+1)))
	}
	ann.shows("8")
	if got := ann.texts(); got != "0,1,2,3,4,5,6,7,8" {
		t.Errorf("after gaps: %s", got)
	}

	host.rooms.set(func() { host.rooms.miss = func(platform.RoomNews) bool { return true } })
	n.bot(say("lobby", "missed"))
	host.rooms.tell[0](platform.RoomNews{Lost: true})
	ann.shows("missed")
	host.rooms.tell[0](platform.RoomNews{Lost: true}) // nothing was
	host.rooms.set(func() { host.rooms.miss = nil })
	n.bot(say("lobby", "end"))
	ann.shows("end")
}

// TestStoreAway: while the store or the stream does not answer, a page is told
// to send again; when it does, all is recorded once.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	host := newLossyHost()
	n := openNode(t, host, host.Host, map[string]any{"people": false})
	ann := n.enter("lobby", "Ann")
	frame := map[string]any{"t": "send", "id": frameID(), "text": "hello"}
	host.rooms.set(func() { host.rooms.fail = errors.New("no store") })
	if f := ann.ask(frame); f.Type != "error" || f.Code != string(envelope.CodeUnavailable) || f.RetryAfter <= 0 {
		t.Errorf("without a store: %+v", f)
	}
	host.rooms.set(func() { host.rooms.fail = nil })
	host.FailPublish(errors.New("no stream"))
	if f := ann.ask(frame); f.Type != "error" || f.Code != string(envelope.CodeUnavailable) {
		t.Errorf("without a stream: %+v", f)
	}
	host.FailPublish(nil)
	for range 2 {
		if f := ann.ask(frame); f.Type != "ok" {
			t.Errorf("with both: %+v", f)
		}
	}
	ann.shows("hello")
	if len(host.Events()) != 1 || len(ann.seen) != 1 {
		t.Errorf("%d events, %d records", len(host.Events()), len(ann.seen))
	}
}
