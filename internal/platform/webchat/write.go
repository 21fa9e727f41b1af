package webchat

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/render"
	"github.com/posternhq/postern/platform"
)

// presenceRoom holds one record, the bot's presence. No channel has its name.
const presenceRoom = "-presence"

// Do carries out one part. A message that its room remembers is not made
// again, so a part may be done as often as need be.
func (a *Adapter) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	h := a.hub.Load()
	if h == nil {
		return platform.Result{}, &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "web chat is not open on this node"}
	}
	var act action
	if err := json.Unmarshal(part.Body, &act); err != nil {
		return platform.Result{}, platform.Refused(envelope.CodeInvalid, "", "the stored part cannot be read: %v", err)
	}
	id, err := h.do(ctx, part, act)
	if err != nil {
		return platform.Result{}, err
	}
	return platform.Result{MessageID: id, Warnings: act.Warnings}, nil
}

func (h *hub) do(ctx context.Context, part platform.Part, act action) (id string, err error) {
	switch part.Type {
	case envelope.TypeMessage, envelope.TypeStream:
		return h.put(ctx, part, act)
	case envelope.TypeTyping:
		return "", h.tell(ctx, part.ChannelID, typingFrame(person{ID: botID, Name: h.config.botName, Bot: true}, act.For, part.ThreadID))
	case envelope.TypePresence:
		data, err := json.Marshal(act.Presence)
		if err != nil {
			return "", platform.Refused(envelope.CodeInvalid, "status", "%v", err)
		}
		_, err = h.update(ctx, presenceRoom, "presence", func(platform.Record) []byte { return data })
		return "", err
	default:
		return act.Target, h.change(ctx, part, act)
	}
}

// put makes a message, or shows a newer snapshot of one that grows.
func (h *hub) put(ctx context.Context, part platform.Part, act action) (string, error) {
	m, id := act.Message, act.Target
	if m == nil {
		return "", platform.Refused(envelope.CodeInvalid, "", "the stored part has no message")
	}
	if id == "" {
		id = part.Key
	}
	m.At, m.side = unixTime(h.host.Now()), side{To: act.To, Seq: act.Seq}
	if len(act.Media) > 0 {
		if _, err := h.host.Rooms().Get(ctx, part.ChannelID, id); err == nil {
			return id, nil // made before, with its files
		}
		files, err := h.keep(ctx, act.Media)
		if err != nil {
			return "", err
		}
		m.Files = files
	}
	h.quote(ctx, part.ChannelID, m)
	if part.Type != envelope.TypeStream {
		return id, h.make(ctx, part.ChannelID, id, m.store())
	}
	_, err := h.update(ctx, part.ChannelID, id, func(r platform.Record) []byte {
		if r.Data == nil {
			return m.store()
		}
		was, err := load(r.Data)
		if err != nil || was.Deleted || !was.Live || m.Live && was.Seq >= m.Seq { // the last snapshot stands, whatever its seq
			return nil
		}
		was.Text, was.Body, was.Live, was.Seq = m.Text, m.Body, m.Live, m.Seq
		if m.View != nil {
			was.View = m.View
		}
		return was.store()
	})
	return id, err
}

// change edits, deletes or reacts to a message that is there.
func (h *hub) change(ctx context.Context, part platform.Part, act action) error {
	bot := person{ID: botID, Name: h.config.botName, Bot: true}
	var refused *platform.Error
	_, err := h.update(ctx, part.ChannelID, act.Target, func(r platform.Record) []byte {
		refused = nil
		m, err := load(r.Data)
		if err != nil || m.Deleted && part.Type != envelope.TypeDelete {
			refused = platform.Refused(envelope.CodeNotFound, "message_id", "room %s has no message %s, or no longer", part.ChannelID, act.Target)
			return nil
		}
		switch part.Type {
		case envelope.TypeDelete:
			if m.Deleted {
				return nil
			}
			m.erase()
		case envelope.TypeReaction:
			changed, fits := m.react(bot, act.Emoji, act.Remove)
			if !fits {
				refused = platform.Refused(envelope.CodeTooLarge, "emoji", "the message has all the reactions it can have")
			}
			if !changed {
				return nil
			}
		default:
			if !m.From.Bot {
				refused = platform.Refused(envelope.CodeForbidden, "message_id", "message %s is a visitor's; only what the bot wrote can be edited", act.Target)
				return nil
			}
			m.edit(act)
		}
		return m.store()
	})
	if err == nil && refused != nil {
		return refused
	}
	return err
}

// edit takes over what an edit changes.
func (m *message) edit(act action) {
	if act.Message == nil {
		return
	}
	if act.Text {
		m.Text, m.Body = act.Message.Text, act.Message.Body
	}
	if act.View {
		m.View = act.Message.View
	}
	m.Edited, m.Live = true, false
}

// quote fills in what the message that a reply is to says. One that is gone
// leaves the id alone.
func (h *hub) quote(ctx context.Context, room string, m *message) {
	if m.ReplyTo == nil {
		return
	}
	r, err := h.host.Rooms().Get(ctx, room, m.ReplyTo.ID)
	if err != nil {
		return
	}
	to, err := load(r.Data)
	if err != nil || !(to.To == "" || to.To == m.To) {
		return
	}
	m.ReplyTo = h.excerpt(m.ReplyTo.ID, to)
}

// excerpt is what a reply shows of the message that it answers.
func (h *hub) excerpt(id string, of *message) *reply {
	text := render.PlainText(h.parser.Markdown(clip(of.Text, 4*maxExcerpt)))
	return &reply{ID: id, Name: of.From.Name, Excerpt: clip(cleanName(text), maxExcerpt)}
}

// make makes a record by right of the permit. One that is there is left as it
// is.
func (h *hub) make(ctx context.Context, room, id string, data []byte) error {
	if err := platform.Permit(ctx); err != nil {
		return noPermit(err)
	}
	_, err := h.host.Rooms().Make(ctx, room, id, data)
	return storeError(err)
}

// update changes a record by right of the permit.
func (h *hub) update(ctx context.Context, room, id string, change func(platform.Record) []byte) (platform.Record, error) {
	if err := platform.Permit(ctx); err != nil {
		return platform.Record{}, noPermit(err)
	}
	r, err := h.host.Rooms().Update(ctx, room, id, change)
	return r, storeError(err)
}

// tell sends a frame to who is in a room now.
func (h *hub) tell(ctx context.Context, room string, frame []byte) error {
	if err := platform.Permit(ctx); err != nil {
		return noPermit(err)
	}
	return storeError(h.signal(ctx, room, signal{Frame: frame}))
}

// keep stores the files of a message.
func (h *hub) keep(ctx context.Context, media []envelope.Media) ([]file, error) {
	files := make([]file, 0, len(media))
	for i, medium := range media {
		if err := platform.Permit(ctx); err != nil {
			return nil, noPermit(err)
		}
		f, err := h.keepOne(ctx, medium)
		if err != nil {
			return nil, mediaError(err, fmt.Sprintf("attachments[%d]", i))
		}
		files = append(files, f)
	}
	return files, nil
}
