package discord

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
)

// frame is what goes over the gateway, in either direction
// (docs.discord.com/developers/events/gateway-events#payload-structure).
type frame struct {
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
	Seq  int64           `json:"s,omitempty"`
	Type string          `json:"t,omitempty"`

	turn chan struct{}         // of a click or a command; closed: its turn to be recorded has come
	kept []envelope.Attachment // its files, once they were fetched
}

// about is what an event's reader knows beside it.
type about struct {
	me      *self
	session string
	place   place // of the channel that the event is in
}

// place is where a channel is: of a thread, the channel it is in, too.
type place struct {
	channel, thread string
	name            string
	guild           string
}

// decoded is what a frame comes to: events, the files of the last of them, and
// a click or a command that waits for its answer.
type decoded struct {
	events      []envelope.Event
	files       []attachment
	interaction *interaction
}

// channelIn is the channel that a frame is about, "" if it is about none that
// an event would name.
func channelIn(f *frame) string {
	switch f.Type {
	case "MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK",
		"MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE", interacted:
	default:
		return ""
	}
	var in struct {
		ChannelID string `json:"channel_id"`
	}
	_ = json.Unmarshal(f.Data, &in)
	return in.ChannelID
}

// guildIn is the server that a frame is about.
func guildIn(f *frame) string {
	var in struct {
		GuildID string `json:"guild_id"`
	}
	_ = json.Unmarshal(f.Data, &in)
	return in.GuildID
}

// decode turns a frame into events, none if there is nothing that a worker
// would want. Of a click or a command that it cannot read it returns what it is
// acknowledged by, with the error. It is pure.
func decode(f *frame, in about) (out decoded, err error) {
	switch f.Type {
	case "MESSAGE_CREATE":
		var m message
		if err = json.Unmarshal(f.Data, &m); err == nil {
			out = decodeMessage(&m, in, envelope.EventMessage)
		}
	case "MESSAGE_UPDATE":
		var m message
		if err = json.Unmarshal(f.Data, &m); err == nil && m.Edited != "" { // else it is an embed that was unfurled
			out = decodeMessage(&m, in, envelope.EventEdit)
		}
	case "MESSAGE_DELETE", "MESSAGE_DELETE_BULK":
		var d deleted
		if err = json.Unmarshal(f.Data, &d); err == nil {
			out.events = decodeDeleted(&d, in)
		}
	case "MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE":
		var r reaction
		if err = json.Unmarshal(f.Data, &r); err == nil {
			out.events = decodeReaction(&r, f, in)
		}
	case "GUILD_MEMBER_ADD", "GUILD_MEMBER_REMOVE":
		var m memberNews
		if err = json.Unmarshal(f.Data, &m); err == nil {
			out.events = decodeMember(&m, f, in)
		}
	case interacted:
		var i interaction
		if err = json.Unmarshal(f.Data, &i); err == nil {
			out = decodeInteraction(&i, in)
		} else {
			out.interaction = bare(f)
		}
	}
	return out, err
}

// event is one in a place.
func (in about) event(kind envelope.EventType, channelID, guildID string) envelope.Event {
	e := envelope.Event{Event: kind, ChannelID: in.place.channel, ThreadID: in.place.thread, RoomName: in.place.name, GuildID: guildID, IsDM: guildID == ""}
	if e.ChannelID == "" {
		e.ChannelID = channelID
	}
	return e
}

func by(e *envelope.Event, u *user, m *member) {
	if u == nil {
		return
	}
	e.UserID, e.Username, e.DisplayName, e.IsBot = u.ID, u.Username, u.name(), u.Bot
	if m != nil && m.Nick != "" {
		e.DisplayName = m.Nick
	}
}

func decodeMessage(m *message, in about, kind envelope.EventType) decoded {
	if m.Author == nil || m.Author.ID == in.me.ID {
		return decoded{} // our own
	}
	if !isWritten(m) {
		return decoded{}
	}
	e := in.event(kind, m.ChannelID, m.GuildID)
	by(&e, m.Author, m.Member)
	e.IsBot = e.IsBot || m.WebhookID != ""
	e.MessageID, e.EventID, e.Timestamp = m.ID, m.ID, at(m.Timestamp, m.ID)
	if kind == envelope.EventEdit {
		e.EventID, e.Timestamp = m.ID+":"+m.Edited, at(m.Edited, "")
	}
	e.Content = contentOf(m)
	e.Mentions = mentionsIn(m)
	if m.Reference != nil && m.Reference.Type == 0 && m.Type == typeReply {
		e.ReplyTo = m.Reference.MessageID
		e.IsAddressed = m.Referenced != nil && m.Referenced.Author != nil && m.Referenced.Author.ID == in.me.ID
	}
	e.IsAddressed = e.IsAddressed || e.IsDM
	for _, mentioned := range e.Mentions {
		e.IsAddressed = e.IsAddressed || mentioned.ID == in.me.ID
	}
	if e.Content == "" && len(m.Attachments) == 0 && !e.IsAddressed {
		return decoded{} // without the intent message_content nothing is told of it
	}
	return decoded{events: []envelope.Event{e}, files: m.Attachments}
}

// contentOf is what a message says: its text, a text that it forwards, the
// names of its stickers.
func contentOf(m *message) string {
	said := markdown(m.Content, namesIn(m))
	for _, s := range m.Snapshots {
		said = join(said, "> "+strings.ReplaceAll(markdown(s.Message.Content, namesIn(&s.Message)), "\n", "\n> "))
	}
	for _, s := range m.Stickers {
		said = join(said, ":"+s.Name+":")
	}
	return said
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "\n\n" + b
}

// at is a time of Discord's in seconds, or when the id was made.
func at(stamp, id string) float64 {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return seconds(madeAt(id))
	}
	return seconds(t)
}

func decodeDeleted(d *deleted, in about) []envelope.Event {
	ids := d.IDs
	if d.ID != "" {
		ids = []string{d.ID}
	}
	var events []envelope.Event
	for _, id := range ids {
		e := in.event(envelope.EventDelete, d.ChannelID, d.GuildID)
		e.MessageID, e.EventID = id, "delete:"+id
		events = append(events, e)
	}
	return events
}

func decodeReaction(r *reaction, f *frame, in about) []envelope.Event {
	if r.UserID == in.me.ID {
		return nil
	}
	e := in.event(envelope.EventReaction, r.ChannelID, r.GuildID)
	e.UserID = r.UserID
	if r.Member != nil {
		by(&e, r.Member.User, r.Member)
	}
	e.MessageID, e.Emoji, e.Removed = r.MessageID, r.Emoji.String(), f.Type == "MESSAGE_REACTION_REMOVE"
	e.IsAddressed = r.AuthorID == in.me.ID
	e.EventID = in.numbered(f)
	return []envelope.Event{e}
}

func decodeMember(m *memberNews, f *frame, in about) []envelope.Event {
	e := in.event(envelope.EventMember, "", m.GuildID)
	e.IsDM = false
	by(&e, &m.User, &member{Nick: m.Nick})
	e.Member, e.TargetUser, e.EventID = "joined", m.User.ID, in.numbered(f)
	if f.Type == "GUILD_MEMBER_REMOVE" {
		e.Member = "left"
	}
	return []envelope.Event{e}
}

// numbered names an event that has no id of its own: by its number, which it
// keeps when it is sent again.
func (in about) numbered(f *frame) string { return in.session + ":" + strconv.FormatInt(f.Seq, 10) }
