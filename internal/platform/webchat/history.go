package webchat

import (
	"context"
	"errors"
	"slices"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// History reads a room's past as its pages see it: without what is deleted and
// what was for one visitor alone.
func (a *Adapter) History(ctx context.Context, page platform.HistoryPage) (found []platform.Message, more bool, err error) {
	h, err := a.toRead(page.ChannelID)
	if err != nil {
		return nil, false, err
	}
	place := int64(0) // the room's end
	if page.Before != "" {
		r, err := h.record(ctx, page.ChannelID, page.Before, "before")
		if err != nil {
			return nil, false, err
		}
		place = r.Place
	}
	// A thread may be a small part of what is said, so that one look is not
	// always enough. One message more than asked for tells whether there is one.
	for again := true; again && len(found) <= page.Limit; {
		records, older, err := h.host.Rooms().Before(ctx, page.ChannelID, place, maxPage)
		if err != nil {
			return nil, false, noStore(err)
		}
		for _, r := range slices.Backward(records) {
			if m := a.told(page.ChannelID, r); m != nil && m.ThreadID == page.ThreadID {
				found = append(found, *m)
			}
		}
		if again = older && len(records) > 0; again {
			place = records[0].Place
		}
	}
	if more = len(found) > page.Limit; more {
		found = found[:page.Limit]
	}
	slices.Reverse(found)
	return found, more, nil
}

// Message reads one message of a room.
func (a *Adapter) Message(ctx context.Context, channelID, threadID, messageID string) (platform.Message, error) {
	h, err := a.toRead(channelID)
	if err != nil {
		return platform.Message{}, err
	}
	r, err := h.record(ctx, channelID, messageID, "message_id")
	if err != nil {
		return platform.Message{}, err
	}
	m := a.told(channelID, r)
	if m == nil || threadID != "" && m.ThreadID != threadID {
		return platform.Message{}, noMessage("message_id")
	}
	return *m, nil
}

// toRead is what a question about a room is asked of.
func (a *Adapter) toRead(channel string) (*hub, error) {
	if err := checkPlace(channel); err != nil {
		return nil, platform.Refused(envelope.CodeNotFound, "channel_id", "web chat has no room of this name: %v", err)
	}
	h := a.hub.Load()
	if h == nil {
		return nil, &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "web chat is not open"}
	}
	return h, nil
}

// record is one record of a room; field is where its id was given.
func (h *hub) record(ctx context.Context, room, id, field string) (platform.Record, error) {
	if !validRecordID(id) {
		return platform.Record{}, platform.Refused(envelope.CodeInvalid, field, "%.40q is no message's id of web chat", id)
	}
	r, err := h.host.Rooms().Get(ctx, room, id)
	if errors.Is(err, platform.ErrRecordGone) {
		return r, noMessage(field)
	}
	if err != nil {
		return r, noStore(err)
	}
	return r, nil
}

// told is a record as a worker is told of it; nil if it is not to be.
func (a *Adapter) told(room string, r platform.Record) *platform.Message {
	m, err := load(r.Data)
	if err != nil || m.Deleted || m.To != "" {
		return nil
	}
	out := &platform.Message{
		ID: r.ID, ChannelID: room, ThreadID: m.Thread, Ours: m.From.Bot, Content: m.Text, Timestamp: m.At,
		Author: platform.User{ID: m.From.ID, Username: m.From.Name, DisplayName: m.From.Name, IsBot: m.From.Bot},
	}
	if m.ReplyTo != nil {
		out.ReplyTo = m.ReplyTo.ID
	}
	for _, f := range m.Files {
		out.Files = append(out.Files, envelope.Attachment{Filename: f.Filename, Mimetype: f.Mimetype, Size: f.Size})
	}
	return out
}

func noMessage(field string) error {
	return platform.Refused(envelope.CodeNotFound, field, "the room has no such message, or no longer")
}

func noStore(err error) error {
	return &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "the room store does not answer", Cause: err}
}
