package webchat

import (
	"context"
	"sync"

	"github.com/posternhq/postern/platform"
)

// changedAtOnce is how many records one question for changes brings.
const changedAtOnce = 200

// beyond is a version that no room reaches; exact in a float, as stores count.
const beyond = 1 << 52

// room is a room that has sockets on this node.
//
// News of it comes from the hub's watcher. As long as versions come one after
// the other they go into the log; where one is missing, the room is behind,
// and a goroutine of its own asks the store until it is not.
type room struct {
	hub *hub
	id  string

	mu      sync.Mutex
	sockets map[*socket]bool
	log     roomLog
	known   bool  // log has begun
	heard   int64 // the highest version that there was news of since the store was asked last
	behind  bool  // catchUp is running
	people  people
}

func newRoom(h *hub, id string) *room {
	return &room{hub: h, id: id, sockets: map[*socket]bool{}, people: newPeople()}
}

// begin finds out at which version the room is, so that its log can begin.
func (r *room) begin(ctx context.Context) (version int64, err error) {
	r.mu.Lock()
	if r.known {
		defer r.mu.Unlock()
		return r.log.end, nil
	}
	r.mu.Unlock()
	_, version, err = r.hub.host.Rooms().Changed(ctx, r.id, beyond, 1)
	if err != nil {
		return 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.known {
		r.known, r.log = true, newLog(version)
		r.catchUpIfBehind()
	}
	return r.log.end, nil
}

// changed takes the news of one record.
func (r *room) changed(record platform.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = max(r.heard, record.Version)
	if r.known && !r.behind && record.Version == r.log.end+1 {
		r.log.add(record)
		r.wake()
		return
	}
	r.catchUpIfBehind()
}

// lost: news may have been missed.
func (r *room) lost() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = beyond // whatever is there is to be asked for
	r.catchUpIfBehind()
}

// catchUpIfBehind starts to catch up. The mutex is held.
func (r *room) catchUpIfBehind() {
	if r.known && !r.behind && r.heard > r.log.end {
		r.behind = r.hub.start(func() { r.catchUp() })
	}
}

// catchUp asks the store for what is missing until nothing is.
func (r *room) catchUp() {
	pause := backoff{}
	for {
		r.mu.Lock()
		since := r.log.end
		r.heard = 0 // the answer has it, or a failover has lost it
		r.mu.Unlock()
		records, version, err := r.hub.host.Rooms().Changed(r.hub.ctx, r.id, since, changedAtOnce)
		if err != nil {
			r.hub.host.Log().Warn("the room store did not say what changed; asking again", "room", r.id, "error", err)
			if !pause.wait(r.hub.ctx) {
				return
			}
			continue
		}
		if r.caughtUp(since, records, version) {
			return
		}
	}
}

// caughtUp takes the store's answer, and says whether it was all: not if there
// was news of more since the store was asked.
func (r *room) caughtUp(since int64, records []platform.Record, version int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, record := range records {
		if record.Version > r.log.end {
			r.log.add(record)
		}
	}
	all := len(records) == 0 || records[len(records)-1].Version >= version
	switch {
	case version < since:
		// The store was wiped. What the pages show is gone; they come again.
		r.hub.host.Log().Warn("the room store has lost a room's past", "room", r.id)
		r.log = newLog(version)
		for s := range r.sockets {
			s.close(closeAgain, "the room's past is gone; connect again")
		}
	case all:
		r.log.end = max(r.log.end, version)
	}
	r.wake()
	if all && r.log.end >= r.heard {
		r.behind = false
		return true
	}
	return false
}

// wake tells every socket that there is more to send, and keeps in the log no
// more than some socket still needs: who comes back later asks the store. The
// mutex is held.
func (r *room) wake() {
	sent := r.log.end
	for s := range r.sockets {
		if at := s.at.Load(); at >= 0 { // else it has not been welcomed
			sent = min(sent, at)
		}
		s.rouse()
	}
	r.log.forget(sent)
}

// show hands a passing frame to every socket but one visitor's; a socket that
// has no room for it goes without.
func (r *room) show(frame []byte, except string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.sockets {
		if except == "" || s.visitor.id != except {
			s.offer(frame)
		}
	}
}
