package slack

import (
	"encoding/json"
	"strconv"

	"github.com/posternhq/postern/envelope"
)

// decode turns what the Events API says into events, none if there is nothing
// that a worker would want; the files of a message are what its event lacks. me
// is who we are, named tells a name.
func decode(c *callback, me *self, named naming) (e *envelope.Event, files []file, err error) {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(c.Event, &kind); err != nil {
		return nil, nil, err
	}
	switch kind.Type {
	case "message", "app_mention":
		var m message
		if err := json.Unmarshal(c.Event, &m); err != nil {
			return nil, nil, err
		}
		e, files = decodeMessage(&m, me, named)
	case "reaction_added", "reaction_removed":
		var r reactionNews
		if err := json.Unmarshal(c.Event, &r); err != nil {
			return nil, nil, err
		}
		e = decodeReaction(&r, me)
	case "member_joined_channel", "member_left_channel":
		var m memberNews
		if err := json.Unmarshal(c.Event, &m); err != nil {
			return nil, nil, err
		}
		e = decodeMember(&m)
	}
	if e == nil {
		return nil, nil, nil
	}
	e.GuildID = c.TeamID
	if e.EventID == "" {
		e.EventID = c.EventID
	}
	if e.Timestamp == 0 {
		e.Timestamp = c.EventTime
	}
	return e, files, nil
}

// in is an event in a channel, by somebody.
func in(kind envelope.EventType, channel, user, ts string) *envelope.Event {
	return &envelope.Event{Event: kind, ChannelID: channel, UserID: user, Timestamp: seconds(ts), IsDM: isDM(channel)}
}

// isDM: the ids of direct conversations begin with D.
func isDM(channel string) bool { return channel != "" && channel[0] == 'D' }

// seconds is the time that a message's id is.
func seconds(ts string) float64 {
	at, _ := strconv.ParseFloat(ts, 64)
	return at
}

// said are the messages that somebody wrote; others tell of the channel.
func isSaid(subtype string) bool {
	switch subtype {
	case "", "file_share", "me_message", "thread_broadcast", "bot_message":
		return true
	}
	return false
}

func decodeMessage(m *message, me *self, named naming) (*envelope.Event, []file) {
	switch {
	case m.Subtype == "message_changed" && m.Message != nil:
		return decodeEdit(m, me, named), nil
	case m.Subtype == "message_deleted":
		return decodeDelete(m, me), nil
	case !isSaid(m.Subtype) || isOurs(m, me):
		return nil, nil
	}
	e := in(envelope.EventMessage, m.Channel, m.User, m.TS)
	// A mention of us in a channel that we are in comes as two events, message
	// and app_mention, with an event_id each: it is one message.
	e.EventID = "message " + m.Channel + " " + m.TS
	fill(e, m, me, named)
	if e.Content == "" && len(m.Files) == 0 {
		return nil, nil
	}
	return e, m.Files
}

// isOurs: Slack brings a bot what it sent itself.
func isOurs(m *message, me *self) bool {
	return m.User != "" && m.User == me.UserID || m.BotID != "" && m.BotID == me.BotID
}

// fill writes what a message says into its event.
func fill(e *envelope.Event, m *message, me *self, named naming) {
	e.MessageID, e.ThreadID = m.TS, m.thread()
	e.IsDM = e.IsDM || m.ChannelType == "im"
	if m.User == "" || m.BotID != "" {
		e.IsBot = true
		e.Username = m.BotProfile.Name
		if e.Username == "" {
			e.Username = m.Username
		}
		if e.UserID = m.User; e.UserID == "" {
			e.UserID = m.BotID
		}
	}
	e.Content, e.Mentions = contentOf(m, named)
	e.IsAddressed = e.IsDM || e.ThreadID != "" && m.ParentUser != "" && m.ParentUser == me.UserID
	for _, who := range e.Mentions {
		e.IsAddressed = e.IsAddressed || who.ID == me.UserID
	}
}

// decodeEdit is a text that somebody changed. Slack says message_changed, too,
// when it has looked at a link, or an answer has come in a thread. When a message
// was edited it tells to the second (github.com/slack-go/slack/issues/352), so two
// edits may bear the same time: an edit is told apart by its event's id.
func decodeEdit(m *message, me *self, named naming) *envelope.Event {
	is, was := m.Message, m.Previous
	if isOurs(is, me) || !isSaid(is.Subtype) || is.Edited == nil {
		return nil
	}
	if was != nil && was.Edited != nil && was.Edited.TS == is.Edited.TS && was.Text == is.Text {
		return nil
	}
	e := in(envelope.EventEdit, m.Channel, is.User, is.Edited.TS)
	is.ChannelType = m.ChannelType
	fill(e, is, me, named)
	return e
}

func decodeDelete(m *message, me *self) *envelope.Event {
	if m.Previous != nil && isOurs(m.Previous, me) {
		return nil
	}
	e := in(envelope.EventDelete, m.Channel, "", m.EventTS)
	e.MessageID, e.EventID = m.DeletedTS, "delete "+m.Channel+" "+m.DeletedTS
	if m.Previous != nil {
		e.UserID, e.ThreadID, e.IsBot = m.Previous.User, m.Previous.thread(), m.Previous.BotID != ""
	}
	e.IsDM = e.IsDM || m.ChannelType == "im"
	return e
}

func decodeReaction(r *reactionNews, me *self) *envelope.Event {
	if r.Item.Type != "message" || r.User == me.UserID {
		return nil
	}
	e := in(envelope.EventReaction, r.Item.Channel, r.User, r.EventTS)
	e.MessageID, e.Emoji, e.Removed = r.Item.TS, emojiChar(r.Reaction), r.Type == "reaction_removed"
	e.IsAddressed = e.IsDM || r.ItemUser != "" && r.ItemUser == me.UserID
	return e
}

func decodeMember(m *memberNews) *envelope.Event {
	by := m.User
	if m.Inviter != "" {
		by = m.Inviter
	}
	e := in(envelope.EventMember, m.Channel, by, m.EventTS)
	e.Member, e.TargetUser = "joined", m.User
	if m.Type == "member_left_channel" {
		e.Member = "left"
	}
	return e
}
