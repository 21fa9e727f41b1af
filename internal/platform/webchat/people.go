package webchat

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/posternhq/postern/envelope"
)

// people is who is in a room: here, and by word of them on other nodes. The
// room's mutex guards it. Direct messages have none.
type people struct {
	here    map[string]*presentPerson
	leaving map[string]leaver // no socket here any more; said to have left later
	there   map[string]elsewhere
	changed bool      // the pages have not been told
	told    time.Time // when the other nodes were told last; zero: at once
	opened  bool      // they were asked
}

type presentPerson struct {
	person
	sockets int
}

type leaver struct {
	person
	since time.Time
}

// elsewhere is one node's word. It holds for a while.
type elsewhere struct {
	people []person
	until  time.Time
}

func newPeople() people {
	return people{here: map[string]*presentPerson{}, leaving: map[string]leaver{}, there: map[string]elsewhere{}}
}

// arrived counts a socket in. joined says that its visitor was not in the room
// before, on any node.
func (r *room) arrived(s *socket) (joined bool) {
	if !r.hub.config.people || isDM(r.id) {
		return false
	}
	s.counted = true
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.people.here[s.visitor.id]
	if p == nil {
		_, back := r.people.leaving[s.visitor.id]
		joined = !back && !r.people.isElsewhere(s.visitor.id)
		delete(r.people.leaving, s.visitor.id)
		p = &presentPerson{}
		r.people.here[s.visitor.id] = p
	}
	p.person = s.person()
	p.sockets++
	r.people.news()
	return joined
}

// renamed notes a visitor's new name.
func (r *room) renamed(s *socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.people.here[s.visitor.id]; p != nil {
		p.person = s.person()
		r.people.news()
	}
}

// gone counts a socket out.
func (r *room) gone(s *socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.people.here[s.visitor.id]
	if p == nil || !s.counted {
		return
	}
	if p.sockets--; p.sockets == 0 {
		delete(r.people.here, s.visitor.id)
		r.people.leaving[s.visitor.id] = leaver{p.person, time.Now()}
	}
	r.people.news()
}

// news: pages and nodes are to be told at the next tick.
func (p *people) news() { p.changed, p.told = true, time.Time{} }

func (p *people) isElsewhere(id string) bool {
	for _, e := range p.there {
		if slices.ContainsFunc(e.people, func(q person) bool { return q.ID == id }) {
			return true
		}
	}
	return false
}

// all is everybody, each once, by name.
func (p *people) all() []person {
	seen := map[string]person{}
	for id, q := range p.here {
		seen[id] = q.person
	}
	for _, e := range p.there {
		for _, q := range e.people {
			seen[q.ID] = q
		}
	}
	list := make([]person, 0, len(seen))
	for _, q := range seen {
		list = append(list, q)
	}
	slices.SortFunc(list, func(a, b person) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return list
}

// name is what somebody in the room is called, or "".
func (r *room) name(id string) string {
	if id == botID {
		return r.hub.config.botName
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.people.here[id]; p != nil {
		return p.Name
	}
	for _, e := range r.people.there {
		for _, q := range e.people {
			if q.ID == id {
				return q.Name
			}
		}
	}
	return ""
}

// heardOf takes another node's word.
func (r *room) heardOf(s signal) {
	if s.Node == r.hub.node {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.people.there[s.Node]
	if !slices.Equal(before.people, s.People) {
		r.people.changed = true
	}
	if len(s.People) == 0 {
		delete(r.people.there, s.Node)
	} else {
		r.people.there[s.Node] = elsewhere{s.People, time.Now().Add(r.hub.timing.present)}
	}
	if s.Ask {
		r.people.told = time.Time{}
	}
}

// tellPeople is what there is to do for a room at each tick: the other nodes
// are told who is here, the pages who is there, the workers who has left.
func (r *room) tellPeople(now time.Time) {
	r.mu.Lock()
	p := &r.people
	for node, e := range p.there {
		if now.After(e.until) {
			delete(p.there, node)
			p.changed = true
		}
	}
	var left []person
	for id, l := range p.leaving {
		if now.Sub(l.since) >= r.hub.timing.linger {
			delete(p.leaving, id)
			if !p.isElsewhere(id) {
				left = append(left, l.person)
			}
		}
	}
	var word *signal
	if p.opened || len(p.here) > 0 {
		if now.Sub(p.told) > r.hub.timing.present/2 {
			word = &signal{Node: r.hub.node, Ask: !p.opened}
			for _, q := range p.here {
				word.People = append(word.People, q.person)
				if len(word.People) == maxPeople {
					break
				}
			}
			slices.SortFunc(word.People, func(a, b person) int { return cmp.Compare(a.ID, b.ID) })
			p.told, p.opened = now, true
		}
	}
	var frame []byte
	if p.changed {
		p.changed = false
		all := p.all()
		frame = peopleFrame(len(all), all[:min(len(all), maxPeople)])
	}
	idle := len(r.sockets) == 0 && len(p.leaving) == 0
	r.mu.Unlock()

	if frame != nil {
		r.show(frame, "")
	}
	ctx, cancel := context.WithTimeout(r.hub.ctx, storeWithin)
	defer cancel()
	if word != nil {
		if err := r.hub.signal(ctx, r.id, *word); err != nil {
			r.hub.host.Log().Warn("the other nodes were not told who is in a room", "room", r.id, "error", err)
		}
	}
	for _, who := range left {
		r.hub.publishMember(ctx, r.id, who, "left")
	}
	if idle {
		r.hub.drop(r)
	}
}

// publishMember tells the workers that somebody came or went. It is told once
// or, where the store does not answer, not at all.
func (h *hub) publishMember(ctx context.Context, room string, who person, what string) {
	err := h.host.Publish(ctx, envelope.Event{
		Event: envelope.EventMember, ChannelID: room, RoomName: roomName(room), UserID: who.ID, Username: who.Name, DisplayName: who.Name,
		EventID: recordID("member", room, newVisitor()), Timestamp: unixTime(h.host.Now()), Member: what, TargetUser: who.ID,
	}, "")
	if err != nil {
		h.host.Log().Warn("a member event was not recorded", "room", room, "what", what, "error", err)
	}
}
