package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync/atomic"

	"github.com/posternhq/postern/envelope"
)

// Message is one event, and the means to answer it. It is valid as long as its
// handler runs.
//
// What it publishes bears keys made of the event's id and a counter: a handler
// that runs again, because its worker died in the middle, publishes the same
// keys in the same order, and what had been published is not delivered twice.
// That holds if it does the same things in the same order. One that may decide
// differently the second time should name its keys (see Key); else the first
// run's second message stands in the place of the second run's.
type Message struct {
	envelope.Event
	EntryID string // of the inbound stream
	Attempt int    // 1 the first time

	client *Client
	group  string
	count  atomic.Int64
}

// maxKey is the most bytes of a message_key.
const maxKey = 256

// Key is a message_key or stream_id of this event that is the same each time the
// handler runs. Names made of digits are kept for the helpers.
func (m *Message) Key(name string) string {
	id := m.EventID
	if id == "" {
		id = m.EntryID
	}
	key := "re:" + m.group + ":" + id + ":" + name
	if len(key) > maxKey {
		sum := sha256.Sum256([]byte(key))
		key = "re:sha256:" + hex.EncodeToString(sum[:])
	}
	return key
}

func (m *Message) nextKey() string { return m.Key(fmt.Sprint(m.count.Add(1))) }

// Reply answers with a message of CommonMark, where the event came from.
func (m *Message) Reply(ctx context.Context, text string) error {
	_, err := m.ReplyWith(ctx, envelope.Outbound{Type: envelope.TypeMessage, Text: text})
	return err
}

// ReplyWith publishes any envelope to where the event came from. What of its
// address, key and trace is empty is filled in, and for a message that answers
// a click or a command, the interaction_id.
func (m *Message) ReplyWith(ctx context.Context, out envelope.Outbound) (entryID string, err error) {
	return m.client.Publish(ctx, m.filled(out))
}

// ReplyAndWait is ReplyWith that waits for the receipt.
func (m *Message) ReplyAndWait(ctx context.Context, out envelope.Outbound) (envelope.Receipt, error) {
	return m.client.PublishAndWait(ctx, m.filled(out))
}

func (m *Message) filled(out envelope.Outbound) envelope.Outbound {
	if out.Platform == "" {
		out.Platform = m.Address.Platform
	}
	if out.ChannelID == "" && out.Type != envelope.TypePresence {
		out.ChannelID, out.ThreadID = m.Address.ChannelID, m.Address.ThreadID
	}
	if out.MessageKey == "" && out.Type != envelope.TypeStream && out.Type != envelope.TypeRPC {
		out.MessageKey = m.nextKey()
	}
	if out.TraceID == "" {
		out.TraceID = m.TraceID
	}
	switch out.Type {
	case envelope.TypeMessage, envelope.TypeFile, envelope.TypeButtons:
		if out.InteractionID == "" {
			out.InteractionID = m.InteractionID
		}
	}
	return out
}

// Typing shows that an answer is under way. It ends with the answer.
func (m *Message) Typing(ctx context.Context) error {
	_, err := m.ReplyWith(ctx, envelope.Outbound{Type: envelope.TypeTyping})
	return err
}

// React puts an emoji on the message that the event is about.
func (m *Message) React(ctx context.Context, emoji string) error {
	_, err := m.ReplyWith(ctx, envelope.Outbound{Type: envelope.TypeReaction, MessageID: m.MessageID, Emoji: emoji})
	return err
}

// Stream begins an answer that grows. A handler that runs again continues the
// same message, unless options name another ID.
func (m *Message) Stream(ctx context.Context, o StreamOptions) *Stream {
	return m.client.Stream(ctx, m.Address, m.streamed(o))
}

// StreamTokens answers with what comes out of tokens: see Client.StreamTokens.
func (m *Message) StreamTokens(ctx context.Context, tokens <-chan string, o StreamOptions) (envelope.Receipt, error) {
	return m.client.StreamTokens(ctx, m.Address, tokens, m.streamed(o))
}

func (m *Message) streamed(o StreamOptions) StreamOptions {
	if o.ID == "" {
		o.ID = m.nextKey()
	}
	if o.TraceID == "" {
		o.TraceID = m.TraceID
	}
	return o
}
