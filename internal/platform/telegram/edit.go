package telegram

import (
	"encoding/json"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// planEdit replaces the text of the messages that are there, in order. What the
// new text does not need is deleted, what it needs more is sent.
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

func planDelete(to params, ids []string) []request {
	var requests []request
	for _, id := range ids {
		requests = append(requests, request{Method: "deleteMessage", Params: params{"chat_id": to["chat_id"], "message_id": json.Number(id)}})
	}
	return requests
}
