package slack

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// page is one of a conversation's past, the newest message first; of a thread's,
// the oldest.
type page struct {
	Messages []message `json:"messages"`
	More     bool      `json:"has_more"`
	Metadata struct {
		Next string `json:"next_cursor"`
	} `json:"response_metadata"`
}

// UnmarshalJSON reads a page; of what cannot be read, such as a message of a form
// to come, only whose it is, and that there is one.
func (p *page) UnmarshalJSON(text []byte) error {
	type known page
	var k struct {
		known
		Messages []json.RawMessage `json:"messages"`
	}
	if err := json.Unmarshal(text, &k); err != nil {
		return err
	}
	*p = page(k.known)
	p.Messages = nil
	for _, m := range k.Messages {
		var one message
		if json.Unmarshal(m, &one) != nil {
			var whose struct {
				TS    string `json:"ts"`
				User  string `json:"user"`
				BotID string `json:"bot_id"`
			}
			_ = json.Unmarshal(m, &whose) // what cannot be read of it either may be anybody's
			one = message{TS: whose.TS, User: whose.User, BotID: whose.BotID, Subtype: strange}
		}
		p.Messages = append(p.Messages, one)
	}
	return nil
}

// strange is the subtype, ours, of a message that cannot be read.
const strange = "postern_unreadable"

// pageSize is as many as Slack recommends at once.
const pageSize = 200

// past reads one page of a channel's past, or of a thread's.
func (a *Adapter) past(ctx context.Context, channel, thread string, p params) (page, error) {
	var got page
	method := "conversations.history"
	p = p.with(params{"channel": channel, "include_all_metadata": true})
	if thread != "" {
		method, p["ts"] = "conversations.replies", thread
	}
	err := a.client.read(ctx, method, p, &got)
	return got, err
}

// since visits the messages of a channel or a thread from a time on, until visit
// returns false. An error means that not all were seen.
func (a *Adapter) since(ctx context.Context, channel, thread string, from time.Time, visit func(*message) bool) error {
	p := params{"oldest": stamp(from), "inclusive": true, "limit": pageSize}
	for {
		got, err := a.past(ctx, channel, thread, p)
		if err != nil {
			return err
		}
		for i := range got.Messages {
			if !visit(&got.Messages[i]) {
				return nil
			}
		}
		switch {
		case !got.More:
			return nil
		case got.Metadata.Next == "":
			return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo, Message: "Slack has more of the past, and does not say how to read on"}
		}
		p["cursor"] = got.Metadata.Next
	}
}

// message reads one message. Those in a thread are not in the channel's past;
// without their thread, Slack finds them by their own id.
func (a *Adapter) message(ctx context.Context, channel, thread, ts string) (*message, error) {
	p := params{"oldest": ts, "latest": ts, "inclusive": true, "limit": 2}
	places := []string{"", ts}
	if thread != "" {
		places = []string{thread}
	}
	for _, in := range places {
		got, err := a.past(ctx, channel, in, p)
		if err != nil && nameOf(err) != "thread_not_found" {
			return nil, err
		}
		for i := range got.Messages {
			switch {
			case got.Messages[i].TS != ts:
			case got.Messages[i].Subtype == strange:
				return nil, platform.Refused(envelope.CodeUnsupported, "message_id", "the message %s is of a form that is not known here", ts)
			default:
				return &got.Messages[i], nil
			}
		}
	}
	return nil, platform.Refused(envelope.CodeNotFound, "message_id", "there is no message %s in %s", ts, channel)
}

// stamp is a time as Slack's ids are.
func stamp(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMicro())/1e6, 'f', 6, 64) }
