package webchat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/posternhq/postern/internal/render"
	"github.com/posternhq/postern/platform"
)

// hub is one time of being open: this node's sockets, the rooms they are in,
// and what all of them share.
//
// Goroutines: one for the watcher, which is the store's; two that look after
// sockets and people; two for each socket; one for each room that is behind.
// close ends all but the watcher's, which ends by itself soon after.
type hub struct {
	host     platform.Host
	config   config
	parser   *render.Parser
	timing   timing
	node     string // names this hub to those of other nodes
	sessions sessions
	files    filekeys
	ctx      context.Context
	end      context.CancelFunc

	mu       sync.RWMutex // of the maps, never held over a call of the store
	closed   bool
	rooms    map[string]*room
	sockets  map[*socket]bool
	entering int // sockets that were admitted and are not among them yet
	visitors visitors
	presence presence

	running sync.WaitGroup // the sockets' goroutines and the hub's own
}

func openHub(ctx context.Context, host platform.Host, c config, p *render.Parser, t timing) (*hub, error) {
	secret, err := host.Secret(ctx, "session")
	if err != nil {
		return nil, fmt.Errorf("get the key that sessions are signed with: %w", err)
	}
	secretKey := key(secret)
	life, end := context.WithCancel(context.Background())
	h := &hub{
		host: host, config: c, parser: p, timing: t, node: newVisitor(),
		sessions: sessions{key: secretKey.derive("session " + c.token)},
		files:    filekeys{upload: secretKey.derive("upload"), link: secretKey.derive("file")},
		ctx:      life, end: end,
		rooms: map[string]*room{}, sockets: map[*socket]bool{}, visitors: newVisitors(c),
		presence: presence{Status: "online"},
	}
	if err := host.Rooms().Watch(life, h.news); err != nil {
		end()
		return nil, fmt.Errorf("watch the rooms: %w", err)
	}
	if err := h.readPresence(ctx); err != nil {
		end()
		return nil, err
	}
	h.start(func() { h.every(h.lookAfterSockets) })
	h.start(func() { h.every(h.lookAfterPeople) })
	return h, nil
}

// start runs f in a goroutine that close waits for. It reports whether the hub
// was still open.
func (h *hub) start(f func()) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.closed {
		return false
	}
	h.running.Go(f)
	return true
}

// close sends every page away and waits until all is quiet.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	sockets := make([]*socket, 0, len(h.sockets))
	for s := range h.sockets {
		sockets = append(sockets, s)
	}
	h.mu.Unlock()
	var leaving sync.WaitGroup
	for _, s := range sockets {
		leaving.Go(func() { s.closeAndWait(closeGoing, "this node stops; connect again") })
	}
	leaving.Wait()
	h.end()
	h.running.Wait()
}

// news is what the watcher hears. It must not wait for the store.
func (h *hub) news(n platform.RoomNews) {
	if n.Lost {
		for _, r := range h.openRooms() {
			r.lost()
		}
		h.start(func() { _ = h.readPresence(h.ctx) }) // what cannot be read now comes with the next change
		return
	}
	if n.Room == presenceRoom {
		if n.Record != nil {
			h.setPresence(n.Record.Data)
		}
		return
	}
	h.mu.RLock()
	r := h.rooms[n.Room]
	h.mu.RUnlock()
	switch {
	case r == nil:
	case n.Record != nil:
		r.changed(*n.Record)
	case n.Signal != nil:
		r.signalled(n.Signal)
	}
}

func (h *hub) openRooms() []*room {
	h.mu.RLock()
	defer h.mu.RUnlock()
	rooms := make([]*room, 0, len(h.rooms))
	for _, r := range h.rooms {
		rooms = append(rooms, r)
	}
	return rooms
}

// roomsWith lists the ids of the open rooms and one more, sorted.
func (h *hub) roomsWith(one string) []string {
	ids := []string{one}
	for _, r := range h.openRooms() {
		if r.id != one {
			ids = append(ids, r.id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (h *hub) readPresence(ctx context.Context) error {
	r, err := h.host.Rooms().Get(ctx, presenceRoom, "presence")
	if errors.Is(err, platform.ErrRecordGone) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the bot's presence: %w", err)
	}
	h.setPresence(r.Data)
	return nil
}

func (h *hub) setPresence(data []byte) {
	var p presence
	if json.Unmarshal(data, &p) != nil {
		return
	}
	h.mu.Lock()
	h.presence = p
	h.mu.Unlock()
	frame := presenceFrame(p)
	for _, r := range h.openRooms() {
		r.show(frame, "")
	}
}

// signal is what passes between nodes and is kept nowhere: a frame for the
// pages in a room, or who is there on one node.
type signal struct {
	Frame  json.RawMessage `json:"frame,omitempty"`
	Except string          `json:"except,omitempty"` // the visitor who need not see it

	Node   string   `json:"node,omitempty"`
	People []person `json:"people,omitempty"`
	Ask    bool     `json:"ask,omitempty"` // the other nodes are to say who is at theirs
}

func (h *hub) signal(ctx context.Context, room string, s signal) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode a signal: %w", err)
	}
	return h.host.Rooms().Signal(ctx, room, data)
}

func (r *room) signalled(data []byte) {
	var s signal
	switch {
	case json.Unmarshal(data, &s) != nil:
	case s.Node != "":
		r.heardOf(s)
	case len(s.Frame) > 0:
		r.show(s.Frame, s.Except)
	}
}

// every calls f at each tick until the hub ends.
func (h *hub) every(f func(now time.Time)) {
	t := time.NewTicker(h.timing.tick)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			f(time.Now())
		case <-h.ctx.Done():
			return
		}
	}
}

// lookAfterPeople may wait for the store, so it has a goroutine of its own.
func (h *hub) lookAfterPeople(now time.Time) {
	for _, r := range h.openRooms() {
		r.tellPeople(now)
	}
	h.mu.Lock()
	h.visitors.forget(now)
	h.mu.Unlock()
}

// enter puts a socket into a room, which is opened if need be.
func (h *hub) enter(s *socket, id string) (*room, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, false
	}
	r := h.rooms[id]
	if r == nil {
		r = newRoom(h, id)
		h.rooms[id] = r
	}
	r.mu.Lock()
	r.sockets[s] = true
	r.mu.Unlock()
	return r, true
}

// leave takes a socket out of its room. The room stays until the ticker finds
// that nobody is in it and none who left has to be told of.
func (h *hub) leave(s *socket) {
	h.mu.Lock()
	delete(h.sockets, s)
	h.visitors.leave(s)
	h.mu.Unlock()
	if r := s.room; r != nil {
		r.mu.Lock()
		delete(r.sockets, s)
		r.mu.Unlock()
		r.gone(s)
	}
}

// drop closes a room that nobody is in.
func (h *hub) drop(r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sockets) == 0 && len(r.people.leaving) == 0 && h.rooms[r.id] == r {
		delete(h.rooms, r.id)
	}
}
