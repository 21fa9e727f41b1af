package webchat

import (
	"context"
	"errors"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// typedEvery is the least time between two signs of typing from one page, and
// typedFor what is told of each, in seconds.
const (
	typedEvery = time.Second
	typedFor   = 6
)

// act carries out one frame of a page that is in its room.
func (s *socket) act(f inFrame) {
	// What has begun goes on though the page leaves, or the node begins to stop.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), storeWithin)
	defer cancel()
	switch f.Type {
	case "send", "edit", "delete", "react", "press":
		s.change(ctx, f)
	case "typing":
		s.typing(ctx, f)
	case "name":
		s.takeName(f)
	case "older":
		s.older(ctx, f)
	case "ping":
		s.answer([]byte(`{"t":"pong"}`))
	default:
		s.answer(errorOf(f.ID, envelope.CodeInvalid, 0, "frames of type %q are not known; hello came already, and the others are in docs/webchat.md", clip(f.Type, 20)))
	}
}

// change carries out what changes the room: the record first, then the event,
// then ok. If the process dies in between, the page sends the frame again: the
// record is found as it is, and the event is recorded once.
func (s *socket) change(ctx context.Context, f inFrame) {
	if r := s.visitor.sends.Reserve(); r.Delay() > 0 {
		wait := r.Delay()
		r.Cancel()
		s.answer(errorOf(f.ID, envelope.CodeRateLimited, wait.Round(time.Millisecond), "that was too much at once: %d a second", s.hub.config.rate))
		return
	}
	if bad := f.check(s.hub.config); bad != nil {
		s.answer(errorOf(f.ID, bad.code, 0, "%s", bad.message))
		return
	}
	do := map[string]func(context.Context, inFrame) (string, error){
		"send": s.say, "edit": s.edit, "delete": s.delete, "react": s.react, "press": s.press,
	}[f.Type]
	id, err := do(ctx, f)
	bad, isRefusal := errors.AsType[*refusal](err)
	switch {
	case err == nil:
		s.answer(encodeFrame(okFrame{Type: "ok", ID: f.ID, Message: id}))
	case isRefusal:
		s.answer(errorOf(f.ID, bad.code, 0, "%s", bad.message))
	default:
		s.hub.host.Log().Warn("what a visitor did was not recorded", "what", f.Type, "room", s.room.id, "error", err)
		s.answer(errorOf(f.ID, envelope.CodeUnavailable, time.Second, "the gateway cannot record anything just now"))
	}
}

// say makes a message.
func (s *socket) say(ctx context.Context, f inFrame) (string, error) {
	files, attached, err := s.attach(f.Files)
	if err != nil {
		return "", err
	}
	id := recordID("said", s.visitor.id, f.ID)
	tree := s.hub.parser.Markdown(f.Text)
	m := &message{
		From: s.person(), At: unixTime(s.hub.host.Now()), Thread: f.Thread, Text: f.Text,
		Body: bodyOf(f.Text, tree, s.hub.config.maxText), Files: files, Pings: mentioned(tree),
	}
	var toBot bool
	if f.ReplyTo != "" {
		if m.ReplyTo, toBot, err = s.replyTo(ctx, f.ReplyTo); err != nil {
			return "", err
		}
	}
	_, err = s.hub.host.Rooms().Make(ctx, s.room.id, id, m.store())
	if err != nil && !errors.Is(err, platform.ErrRecordGone) {
		return "", err
	}
	mentions, toUs := mentionsOf(tree, s.hub.config.botName, s.room.name)
	e := s.event(envelope.EventMessage, id)
	e.MessageID, e.ThreadID, e.Timestamp = id, f.Thread, m.At
	e.Content, e.Mentions, e.Attachments, e.ReplyTo = f.Text, mentions, attached, f.ReplyTo
	e.IsAddressed = e.IsDM || toUs || toBot || f.Text != "" && f.Text[0] == '/'
	return id, s.hub.host.Publish(ctx, e, "")
}

// replyTo is the message that another one answers, as it is shown with it.
func (s *socket) replyTo(ctx context.Context, id string) (r *reply, toBot bool, err error) {
	record, err := s.hub.host.Rooms().Get(ctx, s.room.id, id)
	if errors.Is(err, platform.ErrRecordGone) {
		return &reply{ID: id}, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	m, err := load(record.Data)
	if err != nil || !m.visibleTo(s.visitor.id) {
		return nil, false, refused(envelope.CodeNotFound, "reply_to: there is no such message here")
	}
	return s.hub.excerpt(id, m), m.From.Bot, nil
}

// edit changes the text of a message of the visitor's own.
func (s *socket) edit(ctx context.Context, f inFrame) (string, error) {
	tree := s.hub.parser.Markdown(f.Text)
	body := bodyOf(f.Text, tree, s.hub.config.maxText)
	m, err := s.touch(ctx, f, func(m *message) *refusal {
		if m.From.ID != s.visitor.id {
			return refused(envelope.CodeForbidden, "only one's own messages can be edited")
		}
		m.Edited = m.Edited || m.Text != f.Text
		m.Text, m.Body = f.Text, body
		return nil
	})
	if err != nil {
		return "", err
	}
	mentions, toUs := mentionsOf(tree, s.hub.config.botName, s.room.name)
	e := s.eventOn(envelope.EventEdit, f, m)
	e.Content, e.Mentions, e.IsAddressed = f.Text, mentions, e.IsDM || toUs
	return f.Message, s.hub.host.Publish(ctx, e, "")
}

func (s *socket) delete(ctx context.Context, f inFrame) (string, error) {
	m, err := s.touch(ctx, f, func(m *message) *refusal {
		if m.From.ID != s.visitor.id {
			return refused(envelope.CodeForbidden, "only one's own messages can be deleted")
		}
		m.erase()
		return nil
	})
	if err != nil {
		return "", err
	}
	return f.Message, s.hub.host.Publish(ctx, s.eventOn(envelope.EventDelete, f, m), "")
}

func (s *socket) react(ctx context.Context, f inFrame) (string, error) {
	m, err := s.touch(ctx, f, func(m *message) *refusal {
		if _, fits := m.react(s.person(), f.Emoji, f.Remove); !fits {
			return refused(envelope.CodeTooLarge, "the message has all the reactions it can have")
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	e := s.eventOn(envelope.EventReaction, f, m)
	e.Emoji, e.Removed, e.IsAddressed = f.Emoji, f.Remove, e.IsDM || m.From.Bot
	return f.Message, s.hub.host.Publish(ctx, e, "")
}

// press says that a button was pressed. Nothing in the room changes.
func (s *socket) press(ctx context.Context, f inFrame) (string, error) {
	record, err := s.hub.host.Rooms().Get(ctx, s.room.id, f.Message)
	if err != nil && !errors.Is(err, platform.ErrRecordGone) {
		return "", err
	}
	m, err := load(record.Data)
	if err != nil || m.Deleted || !m.visibleTo(s.visitor.id) || !m.hasButton(f.CustomID) {
		return "", refused(envelope.CodeNotFound, "this button is not there any more")
	}
	e := s.eventOn(envelope.EventButton, f, m)
	e.CustomID, e.InteractionID, e.IsAddressed = f.CustomID, interaction(s.visitor.id, e.EventID), true
	return f.Message, s.hub.host.Publish(ctx, e, "")
}

func (m *message) hasButton(customID string) bool {
	for _, row := range m.View {
		for _, b := range row {
			if b.CustomID == customID {
				return true
			}
		}
	}
	return false
}

// touch changes a message that the visitor can see, and returns it as it is
// then. A frame touches it once, however often and late it comes: one that
// changes nothing today would tomorrow. change may be called several times.
func (s *socket) touch(ctx context.Context, f inFrame, change func(*message) *refusal) (*message, error) {
	var m *message
	var bad *refusal
	_, err := s.hub.host.Rooms().Update(ctx, s.room.id, f.Message, func(r platform.Record) []byte {
		var err error
		bad = nil
		if m, err = load(r.Data); err != nil || !m.visibleTo(s.visitor.id) || m.Deleted && f.Type != "delete" {
			bad = refused(envelope.CodeNotFound, "there is no such message here, or no longer")
			return nil
		}
		if !m.once(recordID(f.Type, s.visitor.id, f.ID)) {
			return nil
		}
		if bad = change(m); bad != nil {
			return nil
		}
		return m.store()
	})
	if err != nil {
		return nil, err
	}
	if bad != nil {
		return nil, bad
	}
	return m, nil
}

// event is what every event of this socket's visitor says.
func (s *socket) event(kind envelope.EventType, id string) envelope.Event {
	who := s.person()
	return envelope.Event{
		Event: kind, ChannelID: s.room.id, RoomName: roomName(s.room.id), IsDM: isDM(s.room.id), UserID: who.ID, Username: who.Name,
		DisplayName: who.Name, EventID: id, Timestamp: unixTime(s.hub.host.Now()),
	}
}

// eventOn is one about a message. Its id comes from the frame's.
func (s *socket) eventOn(kind envelope.EventType, f inFrame, m *message) envelope.Event {
	e := s.event(kind, recordID(f.Type, s.visitor.id, f.ID))
	e.MessageID, e.ThreadID = f.Message, m.Thread
	return e
}

func (s *socket) typing(ctx context.Context, f inFrame) {
	if time.Since(s.typed) < typedEvery || f.Thread != "" && checkPlace(f.Thread) != nil {
		return
	}
	s.typed = time.Now()
	err := s.hub.signal(ctx, s.room.id, signal{Frame: typingFrame(s.person(), typedFor, f.Thread), Except: s.visitor.id})
	if err != nil {
		s.hub.host.Log().Debug("that somebody types was not told", "error", err)
	}
}

func (s *socket) takeName(f inFrame) {
	name, ok := s.rename(f.Name)
	switch {
	case !validFrameID(f.ID):
		s.answer(errorOf("", envelope.CodeInvalid, 0, "id: expected 16 to 64 of A-Z a-z 0-9 _ -, at random"))
	case !ok:
		s.answer(errorOf(f.ID, envelope.CodeInvalid, 0, "name: expected some letters, and not the bot's name"))
	default:
		s.room.renamed(s)
		s.answer(encodeFrame(okFrame{Type: "ok", ID: f.ID, Name: name}))
	}
}

// older answers with what was said before. It takes its time for a page that
// asks again and again: each answer may be far larger than its question.
func (s *socket) older(ctx context.Context, f inFrame) {
	limit := f.Limit
	if limit <= 0 {
		limit = s.hub.config.history
	}
	if s.visitor.olders.Wait(s.ctx) != nil {
		return // the page has gone
	}
	records, more, err := s.before(ctx, max(f.Before, 0), min(limit, maxPage))
	if err != nil {
		s.answer(errorOf(f.ID, envelope.CodeUnavailable, time.Second, "the room store does not answer"))
		return
	}
	s.answer(appendOlder(nil, s.mine(records), more))
}
