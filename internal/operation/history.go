package operation

import (
	"context"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// defaultHistory is how many messages a page has where the caller does not say.
const defaultHistory = 50

type historyParams struct {
	ChannelID string `json:"channel_id" jsonschema:"the platform's id of the channel"`
	ThreadID  string `json:"thread_id,omitempty" jsonschema:"a thread or topic in it"`
	Before    string `json:"before,omitempty" jsonschema:"a message's id: what was said before it; else the newest"`
	Limit     *int   `json:"limit,omitempty" jsonschema:"at most so many messages, 1 to 100; 50 if absent"`
}

type historyResult struct {
	Messages []platform.Message `json:"messages"` // oldest first
	More     bool               `json:"more"`
}

func history(ctx context.Context, call Call, p historyParams) (any, error) {
	limit := defaultHistory
	if p.Limit != nil {
		limit = *p.Limit
	}
	if limit < 1 || limit > platform.MaxHistory {
		return nil, &envelope.Error{Code: envelope.CodeInvalid, Field: "params.limit", Message: "a page has 1 to 100 messages; ask for the next one with before"}
	}
	page := platform.HistoryPage{ChannelID: p.ChannelID, ThreadID: p.ThreadID, Before: p.Before, Limit: limit}
	messages, more, err := call.Adapter.(platform.HistoryReader).History(ctx, page)
	if messages == nil {
		messages = []platform.Message{}
	}
	return historyResult{messages, more}, err
}

type messageParams struct {
	ChannelID string `json:"channel_id" jsonschema:"the platform's id of the channel"`
	ThreadID  string `json:"thread_id,omitempty" jsonschema:"the thread or topic that the message is in"`
	MessageID string `json:"message_id" jsonschema:"the platform's id of the message"`
}

func message(ctx context.Context, call Call, p messageParams) (any, error) {
	return call.Adapter.(platform.MessageReader).Message(ctx, p.ChannelID, p.ThreadID, p.MessageID)
}
