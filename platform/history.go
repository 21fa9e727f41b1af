package platform

import (
	"context"

	"github.com/posternhq/postern/envelope"
)

// Message is one message as a platform has it now.
type Message struct {
	ID        string                `json:"id"`
	ChannelID string                `json:"channel_id"`
	ThreadID  string                `json:"thread_id,omitempty"`
	Author    User                  `json:"author"`
	Ours      bool                  `json:"ours"`    // it is by the account that the adapter is
	Content   string                `json:"content"` // CommonMark, as in an event
	ReplyTo   string                `json:"reply_to,omitempty"`
	Timestamp float64               `json:"timestamp"`           // unix seconds, by the platform's clock
	EditedAt  float64               `json:"edited_at,omitempty"` // likewise; 0 = never, or not known when
	Files     []envelope.Attachment `json:"attachments,omitempty"`
}

// HistoryPage asks for the messages of one place.
type HistoryPage struct {
	ChannelID string
	ThreadID  string // "" = the channel itself
	Before    string // a message's id: those before it; "" = the newest
	Limit     int    // at most so many: 1 to MaxHistory
}

// MaxHistory is how many messages one page has at most.
const MaxHistory = 100

// HistoryReader is an adapter whose platform lets its bots read what was said,
// also by others and before they came.
type HistoryReader interface {
	// History returns a page, oldest first, and whether there are older ones. It
	// may be shorter than was asked for, but not empty where there are older
	// ones: the first one's id asks for those. Files are told of and not stored:
	// their URL, if any, is the platform's own and bears no secret of ours.
	History(ctx context.Context, page HistoryPage) (messages []Message, more bool, err error)
}

// MessageReader is an adapter that can read one message.
type MessageReader interface {
	// Message returns it as it is now, or not_found.
	Message(ctx context.Context, channelID, threadID, messageID string) (Message, error)
}
