package discord

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// historyAPage is the most that Discord hands out at once
// (docs.discord.com/developers/resources/message#get-channel-messages).
const historyAPage = 100

// History reads a channel's or a thread's past, less what nobody wrote, such as
// that somebody joined.
func (a *Adapter) History(ctx context.Context, page platform.HistoryPage) (found []platform.Message, more bool, err error) {
	to, err := target(&envelope.Outbound{ChannelID: page.ChannelID, ThreadID: page.ThreadID})
	if err != nil {
		return nil, false, err
	}
	if page.Before != "" && !idForm.MatchString(page.Before) {
		return nil, false, noID(page.Before, "before")
	}
	// One message more than asked for tells whether there is one.
	for before := page.Before; len(found) <= page.Limit; {
		query := url.Values{"limit": {strconv.Itoa(historyAPage)}}
		if before != "" {
			query.Set("before", before)
		}
		var got []message
		if err := a.client.ask(ctx, call{method: http.MethodGet, path: to + "/messages", query: query}, &got); err != nil {
			return nil, false, err
		}
		for i := range got { // the newest first
			if isWritten(&got[i]) {
				found = append(found, a.asMessage(&got[i], page.ChannelID, page.ThreadID))
			}
		}
		if len(got) < historyAPage {
			break
		}
		before = got[len(got)-1].ID
	}
	if more = len(found) > page.Limit; more {
		found = found[:page.Limit]
	}
	slices.Reverse(found)
	return found, more, nil
}

// Message reads one message.
func (a *Adapter) Message(ctx context.Context, channelID, threadID, messageID string) (platform.Message, error) {
	to, err := target(&envelope.Outbound{ChannelID: channelID, ThreadID: threadID})
	if err != nil {
		return platform.Message{}, err
	}
	if !idForm.MatchString(messageID) {
		return platform.Message{}, noID(messageID, "message_id")
	}
	var m message
	if err := a.client.read(ctx, http.MethodGet, to+"/messages/"+messageID, nil, &m); err != nil {
		return platform.Message{}, err
	}
	return a.asMessage(&m, channelID, threadID), nil
}

func (a *Adapter) asMessage(m *message, channelID, threadID string) platform.Message {
	out := platform.Message{
		ID: m.ID, ChannelID: channelID, ThreadID: threadID, Content: contentOf(m), Timestamp: at(m.Timestamp, m.ID),
	}
	if m.Edited != "" {
		out.EditedAt = at(m.Edited, "")
	}
	if m.Author != nil {
		me := a.me.Load()
		out.Author = told(m.Author, "")
		out.Author.IsBot = out.Author.IsBot || m.WebhookID != ""
		out.Ours = me != nil && m.Author.ID == me.ID
	}
	if m.Reference != nil && m.Reference.Type == 0 && m.Type == typeReply {
		out.ReplyTo = m.Reference.MessageID
	}
	for _, f := range m.Attachments {
		out.Files = append(out.Files, envelope.Attachment{Filename: f.Filename, Mimetype: f.Mimetype, Size: f.Size, URL: f.URL})
	}
	return out
}

// isWritten reports whether somebody wrote a message: a pin, or that somebody
// joined, is one too.
func isWritten(m *message) bool {
	switch m.Type {
	case typeDefault, typeReply, typeCommand, typeContext:
		return true
	default:
		return false
	}
}
