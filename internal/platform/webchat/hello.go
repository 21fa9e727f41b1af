package webchat

import (
	"context"
	"fmt"
	"slices"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// hello lets a page into its room: who is it, which room, what does it lack.
// It reports whether to read on.
func (s *socket) hello(f inFrame) bool {
	refuse := func(code envelope.Code, status websocket.StatusCode, format string, args ...any) bool {
		_ = s.send(errorOf("", code, 0, format, args...)) // past the outbox, to be there before the close
		s.close(status, clip(fmt.Sprintf(format, args...), 60))
		return false
	}
	if f.Type != "hello" {
		return refuse(envelope.CodeInvalid, closeProtocol, "the first frame is hello, not %q", clip(f.Type, 20))
	}
	session := s.session
	if f.Session != "" {
		session = f.Session
	}
	id, ok := s.hub.sessions.read(session, s.hub.host.Now())
	if !ok {
		return refuse(envelope.CodeAuth, closeSession, "no session, or one that does not hold; ask for one at -/session")
	}
	room := f.Channel
	switch {
	case room == "":
		room = s.hub.config.channel
	case room == dm, room == dmPrefix+id:
		room = dmPrefix + id
	case isDM(room):
		return refuse(envelope.CodeForbidden, closeForbidden, "this conversation is somebody else's; yours is dm")
	default:
		if err := checkPlace(room); err != nil {
			return refuse(envelope.CodeInvalid, closeForbidden, "no room can have this name: %v", err)
		}
	}
	if !s.admit(id) {
		return refuse(envelope.CodeRateLimited, closeTooMany, "too many pages are open: %d at most; close one", s.hub.config.perVisitor)
	}
	if !s.visitor.hellos.Allow() {
		return refuse(envelope.CodeRateLimited, closeTooMany, "too many pages were opened at once; connect again later")
	}
	s.rename(f.Name)
	if s.room, ok = s.hub.enter(s, room); !ok {
		return refuse(envelope.CodeUnavailable, closeGoing, "this node stops; connect again")
	}
	ctx, cancel := context.WithTimeout(s.ctx, storeWithin)
	defer cancel()
	if err := s.greet(ctx, f.Since); err != nil {
		s.hub.host.Log().Warn("a page could not be shown its room", "room", room, "error", err)
		return refuse(envelope.CodeUnavailable, closeAgain, "the room store does not answer; connect again")
	}
	if s.room.arrived(s) {
		s.hub.publishMember(ctx, room, s.person(), "joined")
	}
	return true
}

// admit counts the socket in, if its visitor may have one more.
func (s *socket) admit(id string) bool {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	v := s.hub.visitors.get(id)
	if v.sockets >= s.hub.config.perVisitor {
		return false
	}
	v.sockets++
	s.visitor = v
	return true
}

// greet answers hello: with what changed since the page was here, or, where
// that is too much or not known, with the room's end.
func (s *socket) greet(ctx context.Context, since *int64) error {
	version, err := s.room.begin(ctx)
	if err != nil {
		return err
	}
	rooms, c := s.hub.host.Rooms(), s.hub.config
	var records []platform.Record
	reset, more := since == nil || *since > version || *since < 0, false
	if !reset {
		records, version, err = rooms.Changed(ctx, s.room.id, *since, changedAtOnce+1)
		reset = len(records) > changedAtOnce || version < *since
	}
	at := version // up to which the page has all after this
	switch {
	case err == nil && reset:
		records, more, err = s.before(ctx, 0, c.history)
	case err == nil:
		records, at = fit(records, version)
	}
	if err != nil {
		return err
	}
	s.hub.mu.RLock()
	now := s.hub.presence
	s.hub.mu.RUnlock()
	w := welcome{
		Type: "welcome", You: s.person(), Bot: person{ID: botID, Name: c.botName, Bot: true}, Title: c.title,
		Channel: channel{ID: s.room.id, Name: roomName(s.room.id), IsDM: isDM(s.room.id)},
		Version: version, Reset: reset, More: more, Presence: now, People: c.people && !isDM(s.room.id),
		Limits: limits{Text: c.maxText, File: c.maxFile, Files: maxFiles, Name: maxName, Rate: c.rate, Burst: c.burst},
	}
	if c.greeting != "" {
		w.Greeting = encodeNodes(s.hub.parser.Markdown(c.greeting))
	}
	s.answer(encodeFrame(w))
	s.answer(appendRecords(nil, at, s.mine(records)))
	s.at.Store(at)
	s.rouse()
	return nil
}

// before is what was said before a place: the last of it, as much as is asked
// for and goes into one frame, and whether there is more.
func (s *socket) before(ctx context.Context, place int64, limit int) (records []platform.Record, more bool, err error) {
	records, more, err = s.hub.host.Rooms().Before(ctx, s.room.id, place, limit)
	if err != nil {
		return nil, false, err
	}
	slices.Reverse(records) // the newest ones count
	n := fitting(records)
	more = more || n < len(records)
	records = records[:n]
	slices.Reverse(records)
	return records, more, nil
}

// mine are the records that this visitor may see, as they are shown.
func (s *socket) mine(records []platform.Record) [][]byte {
	shownRecords := make([][]byte, 0, len(records))
	for _, r := range records {
		if to, b := shown(r); b != nil && (to == "" || to == s.visitor.id) {
			shownRecords = append(shownRecords, b)
		}
	}
	return shownRecords
}

// rename takes the name that a visitor wants, as far as it can be had: nobody
// is called as the bot is.
func (s *socket) rename(name string) (taken string, ok bool) {
	name = clip(cleanName(name), maxName)
	ok = name != "" && !likeBot(name, s.hub.config.botName)
	if !ok {
		name = *s.name.Load()
	}
	if name == "" {
		name = "Guest " + s.visitor.id[:4]
	}
	s.name.Store(&name)
	return name, ok
}
