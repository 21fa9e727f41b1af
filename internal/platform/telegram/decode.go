package telegram

import (
	"strings"
	"unicode/utf16"

	"github.com/posternhq/postern/envelope"
)

// decode turns an update into events, none if there is nothing that a worker
// would want; the files of a message are what its event lacks. me is who we
// are.
func decode(u *update, me *user) (events []envelope.Event, files []received) {
	switch {
	case u.Message != nil:
		events, files = decodeMessage(u.Message, me, envelope.EventMessage)
	case u.Post != nil:
		events, files = decodeMessage(u.Post, me, envelope.EventMessage)
	case u.Edited != nil:
		events, files = decodeMessage(u.Edited, me, envelope.EventEdit)
	case u.PostEdit != nil:
		events, files = decodeMessage(u.PostEdit, me, envelope.EventEdit)
	case u.Callback != nil:
		events = decodeCallback(u.Callback, me)
	case u.Reaction != nil:
		events = decodeReaction(u.Reaction)
	case u.Me != nil:
		events = decodeMembership(u.Me)
	}
	id := cursorOf(me, u.ID)
	for i := range events {
		events[i].EventID = id
		if i > 0 {
			events[i].EventID += "." + number(int64(i))
		}
	}
	return events, files
}

// cursorOf names an update: they are counted for each bot, and the token in the
// config may become another's.
func cursorOf(me *user, update int64) string { return number(me.ID) + ":" + number(update) }

// in is an event in a chat, by somebody.
func in(kind envelope.EventType, c *chat, by *user, at float64) envelope.Event {
	e := envelope.Event{Event: kind, ChannelID: number(c.ID), RoomName: c.Title, IsDM: c.isDM(), Timestamp: at}
	if by != nil {
		e.UserID, e.Username, e.DisplayName, e.IsBot = number(by.ID), by.Username, by.name(), by.IsBot
	}
	return e
}

func decodeMessage(m *message, me *user, kind envelope.EventType) ([]envelope.Event, []received) {
	if m.From != nil && m.From.ID == me.ID {
		return nil, nil // our own
	}
	if len(m.Joined) > 0 || m.Left != nil {
		return decodeMembers(m, me), nil
	}
	e := in(kind, &m.Chat, m.From, m.Date)
	if kind == envelope.EventEdit && m.EditDate > 0 {
		e.Timestamp = m.EditDate
	}
	if by := m.SenderChat; by != nil { // a channel's post, or somebody who hides behind one
		e.UserID, e.Username, e.DisplayName, e.IsBot = number(by.ID), by.Username, by.Title, false
	}
	e.MessageID = number(m.ID)
	if m.IsTopic {
		e.ThreadID = number(m.Thread)
	}
	text, marks := m.Text, m.Entities
	if text == "" {
		text, marks = m.Caption, m.CaptionEntities
	}
	e.Content = markdown(text, marks)
	e.Mentions = mentions(text, marks)
	if r := m.ReplyTo; r != nil && r.TopicCreated == nil { // in a topic, all answers its beginning
		e.ReplyTo = number(r.ID)
		e.IsAddressed = r.From != nil && r.From.ID == me.ID
	}
	e.IsAddressed = e.IsAddressed || e.IsDM || speaksTo(text, marks, me)
	files := filesOf(m)
	if e.Content == "" && len(files) == 0 {
		return nil, nil // a service message, or of a kind that has no text: a pin, a dice
	}
	if name, rest, ours, ok := readCommand(text, marks, me); ok && kind == envelope.EventMessage {
		if ours {
			e.Event, e.Command, e.IsAddressed = envelope.EventCommand, name, true
			e.Arguments = map[string]any{"text": rest}
		} else {
			e.IsAddressed = false // it names another bot
		}
	}
	return []envelope.Event{e}, files
}

// decodeMembers is who came or went, by the message that says so.
func decodeMembers(m *message, me *user) []envelope.Event {
	var events []envelope.Event
	add := func(u *user, what string) {
		if u.ID == me.ID {
			return // my_chat_member tells it
		}
		e := in(envelope.EventMember, &m.Chat, m.From, m.Date)
		e.Member, e.TargetUser = what, number(u.ID)
		events = append(events, e)
	}
	for i := range m.Joined {
		add(&m.Joined[i], "joined")
	}
	if m.Left != nil {
		add(m.Left, "left")
	}
	return events
}

// decodeMembership is that we came or went, which in a direct conversation is
// that somebody unblocked or blocked us.
func decodeMembership(c *memberChanged) []envelope.Event {
	was, is := c.Old.there(), c.New.there()
	if was == is {
		return nil
	}
	e := in(envelope.EventMember, &c.Chat, &c.From, c.Date)
	e.Member, e.TargetUser = "left", number(c.New.User.ID)
	if is {
		e.Member = "joined"
	}
	return []envelope.Event{e}
}

func decodeCallback(c *callback, me *user) []envelope.Event {
	if c.Message == nil || c.Data == "" {
		return nil // of a message that an inline query made, which is nowhere that we could answer
	}
	e := in(envelope.EventButton, &c.Message.Chat, &c.From, c.Message.Date)
	e.MessageID, e.CustomID, e.InteractionID = number(c.Message.ID), c.Data, c.ID
	e.IsAddressed = c.Message.From == nil || c.Message.From.ID == me.ID
	if c.Message.IsTopic {
		e.ThreadID = number(c.Message.Thread)
	}
	return []envelope.Event{e}
}

// decodeReaction is what was set and what was taken away.
func decodeReaction(r *reactionNews) []envelope.Event {
	var events []envelope.Event
	add := func(of []reaction, notIn []reaction, removed bool) {
		for _, one := range of {
			if holds(notIn, one) {
				continue
			}
			e := in(envelope.EventReaction, &r.Chat, r.User, r.Date)
			e.MessageID, e.Emoji, e.Removed = number(r.MessageID), one.name(), removed
			events = append(events, e)
		}
	}
	add(r.Old, r.New, true)
	add(r.New, r.Old, false)
	return events
}

func holds(all []reaction, r reaction) bool {
	for _, one := range all {
		if one == r {
			return true
		}
	}
	return false
}

// readCommand reads a command that a message begins with. ours is false if it
// names another bot.
func readCommand(text string, marks []mark, me *user) (name, rest string, ours, ok bool) {
	for _, m := range marks {
		if m.Type != "bot_command" || m.Offset != 0 {
			continue
		}
		units := utf16.Encode([]rune(text))
		if m.Length > len(units) {
			return "", "", false, false
		}
		whole := strings.TrimPrefix(string(utf16.Decode(units[:m.Length])), "/")
		rest = strings.TrimSpace(string(utf16.Decode(units[m.Length:])))
		name, bot, named := strings.Cut(whole, "@")
		return name, rest, !named || strings.EqualFold(bot, me.Username), true
	}
	return "", "", false, false
}

// speaksTo reports whether a text mentions us.
func speaksTo(text string, marks []mark, me *user) bool {
	for _, m := range mentions(text, marks) {
		if m.ID == number(me.ID) || me.Username != "" && strings.EqualFold(m.ID, "@"+me.Username) {
			return true
		}
	}
	return false
}

// mentions are the people whom a text names: by id, or by @name where the id
// is not told.
func mentions(text string, marks []mark) []envelope.Mention {
	var out []envelope.Mention
	units := utf16.Encode([]rune(text))
	for _, m := range marks {
		if m.Offset < 0 || m.Length < 0 || m.Offset+m.Length > len(units) {
			continue
		}
		said := string(utf16.Decode(units[m.Offset : m.Offset+m.Length]))
		switch {
		case m.Type == "text_mention" && m.User != nil:
			out = append(out, envelope.Mention{ID: number(m.User.ID), Name: m.User.name()})
		case m.Type == "mention":
			out = append(out, envelope.Mention{ID: said, Name: strings.TrimPrefix(said, "@")})
		}
	}
	return out
}
