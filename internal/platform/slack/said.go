package slack

import (
	"context"
	"slices"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// History reads a page of what was said in a channel, or in a thread of it,
// whose first message is its own. What tells of the channel itself, such as who
// came, is left out.
func (a *Adapter) History(ctx context.Context, p platform.HistoryPage) (messages []platform.Message, more bool, err error) {
	if !placeForm.MatchString(p.ChannelID) {
		return nil, false, noChannel(p.ChannelID)
	}
	for _, id := range []string{p.ThreadID, p.Before} {
		if id != "" && !tsForm.MatchString(id) {
			return nil, false, platform.Refused(envelope.CodeInvalid, "before", "%.80q is no message; expected an id such as 1712345678.123456", id)
		}
	}
	var found []message
	if p.ThreadID != "" {
		found, more, err = a.inThread(ctx, p)
	} else {
		found, more, err = a.inChannel(ctx, p)
	}
	if err != nil {
		return nil, false, err
	}
	for i := range found {
		messages = append(messages, a.told(ctx, p.ChannelID, &found[i]))
	}
	return messages, more, nil
}

// inChannel reads back from a message until something was said.
func (a *Adapter) inChannel(ctx context.Context, p platform.HistoryPage) (found []message, more bool, err error) {
	ask := params{"limit": p.Limit}
	if p.Before != "" {
		ask["latest"] = p.Before
	}
	for {
		got, err := a.past(ctx, p.ChannelID, "", ask)
		if err != nil {
			return nil, false, err
		}
		for i := range got.Messages {
			if isSaid(got.Messages[i].Subtype) {
				found = append(found, got.Messages[i])
			}
		}
		if len(found) > 0 || !got.More || got.Metadata.Next == "" {
			slices.Reverse(found)
			return found, got.More, nil
		}
		ask["cursor"] = got.Metadata.Next
	}
}

// inThread reads a thread from its beginning, which is the one way that Slack
// has, and keeps the last of what was said before a message.
func (a *Adapter) inThread(ctx context.Context, p platform.HistoryPage) (found []message, more bool, err error) {
	err = a.since(ctx, p.ChannelID, p.ThreadID, time.Unix(0, 0), func(m *message) bool {
		if p.Before != "" && seconds(m.TS) >= seconds(p.Before) {
			return false
		}
		if isSaid(m.Subtype) {
			found = append(found, *m)
		}
		if len(found) > p.Limit {
			found, more = found[1:], true
		}
		return true
	})
	return found, more, err
}

// Message reads one message. In a thread it is found by the thread's id, or by
// its own.
func (a *Adapter) Message(ctx context.Context, channelID, threadID, messageID string) (platform.Message, error) {
	if !placeForm.MatchString(channelID) {
		return platform.Message{}, noChannel(channelID)
	}
	if !tsForm.MatchString(messageID) || threadID != "" && !tsForm.MatchString(threadID) {
		return platform.Message{}, platform.Refused(envelope.CodeInvalid, "message_id", "%.80q is no message; expected an id such as 1712345678.123456", messageID)
	}
	m, err := a.message(ctx, channelID, threadID, messageID)
	if err != nil {
		return platform.Message{}, err
	}
	return a.told(ctx, channelID, m), nil
}

// told is a message as the RPCs tell it.
func (a *Adapter) told(ctx context.Context, channel string, m *message) platform.Message {
	me := a.me.Load()
	var e envelope.Event
	e.UserID = m.User
	fill(&e, m, me, a.names.naming(ctx))
	e.IsDM = true // its channel's name is not asked for
	a.names.fill(ctx, &e)
	out := platform.Message{
		ID: m.TS, ChannelID: channel, ThreadID: e.ThreadID, Content: e.Content, Timestamp: seconds(m.TS), Ours: isOurs(m, me),
		Author: platform.User{ID: e.UserID, Username: e.Username, DisplayName: e.DisplayName, IsBot: e.IsBot},
	}
	if m.Edited != nil {
		out.EditedAt = seconds(m.Edited.TS)
	}
	for _, f := range m.Files {
		out.Files = append(out.Files, envelope.Attachment{Filename: f.Name, Mimetype: f.Mimetype, Size: f.Size, URL: f.Private})
	}
	return out
}
