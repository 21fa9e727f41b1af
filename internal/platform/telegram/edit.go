package telegram

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// planEdit replaces the text of the messages that are there, in order. What the
// new text does not need is deleted, unless it is a file: see clearAway. What it
// needs more is sent.
func planEdit(e *envelope.Outbound, to params, ids []string) ([]request, error) {
	chat := params{"chat_id": to["chat_id"]}
	if e.Text == "" {
		last := []request{{Method: "editMessageReplyMarkup", Params: chat.with(params{"message_id": json.Number(ids[len(ids)-1])})}}
		return withKeyboard(last, e.View)
	}
	texts, err := split(e, maxText)
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return nil, platform.Refused(envelope.CodeInvalid, "text", "nothing of it can be seen")
	}
	var requests []request
	for i, s := range texts {
		if i < len(ids) {
			requests = append(requests, request{Method: "editMessageText", Params: chat.with(s.params("text", "entities")).with(params{"message_id": json.Number(ids[i])})})
		} else {
			requests = append(requests, request{Method: "sendMessage", Params: to.with(s.params("text", "entities"))})
		}
	}
	if requests, err = withKeyboard(requests, e.View); err != nil {
		return nil, err
	}
	return append(requests, planDelete(to, ids[min(len(texts), len(ids)):])...), nil
}

// clearAway deletes a message that an edit has no more text for; a file stays,
// without a caption. A bot cannot read what a message is, but Telegram refuses to
// edit the caption of what has none, as a text, or a poll.
func (a *Adapter) clearAway(ctx context.Context, host platform.Host, r request, permit func() error) (platform.Result, *platform.Error) {
	result, failure := a.request(ctx, host, request{Method: "editMessageCaption", Params: r.Params}, permit)
	if failure == nil || failure.Sent != platform.SentNo || !hasNoCaption(failure.Message) {
		return result, failure
	}
	if _, failure = a.request(ctx, host, r, permit); failure != nil {
		return platform.Result{}, failure
	}
	return platform.Result{Gone: true}, nil
}

// hasNoCaption: also what is gone has none, and need not be deleted.
func hasNoCaption(said string) bool {
	return strings.Contains(said, "no caption in the message to edit") || strings.Contains(said, "message to edit not found")
}

func planDelete(to params, ids []string) []request {
	var requests []request
	for _, id := range ids {
		requests = append(requests, request{Method: "deleteMessage", Params: params{"chat_id": to["chat_id"], "message_id": json.Number(id)}})
	}
	return requests
}
