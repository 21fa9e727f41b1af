package fault

import (
	"encoding/json"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// body is what is stored of a part: the request less what the gateway numbers.
type body struct {
	MessageKey string `json:"message_key"`
	MessageID  string `json:"message_id,omitempty"`
	Text       string `json:"text,omitempty"`
	Emoji      string `json:"emoji,omitempty"`
}

// Plan makes a part of each line of a message's text, if the platform is of
// that kind, and one of each message that is deleted. An edit and a reaction
// are for a message's first part.
func (a *Adapter) Plan(op platform.Operation) ([]platform.Part, error) {
	e := op.Envelope
	b := body{MessageKey: e.MessageKey, Text: e.Text, Emoji: e.Emoji}
	var bodies []body
	switch e.Type {
	case envelope.TypeMessage:
		texts := []string{e.Text}
		if a.config.parts {
			texts = strings.Split(e.Text, "\n")
		}
		for _, b.Text = range texts {
			bodies = append(bodies, b)
		}
	case envelope.TypeEdit, envelope.TypeReaction, envelope.TypeDelete:
		if len(op.Targets) == 0 {
			return nil, platform.Refused(envelope.CodeInvalid, "message_id", "the message this %s is for is not known", e.Type)
		}
		targets := op.Targets[:1]
		if e.Type == envelope.TypeDelete {
			targets = op.Targets
		}
		for _, b.MessageID = range targets {
			bodies = append(bodies, b)
		}
	default:
		return nil, platform.Refused(envelope.CodeUnsupported, "type", "there is no %s here", e.Type)
	}
	parts := make([]platform.Part, len(bodies))
	for i, b := range bodies {
		text, err := json.Marshal(b)
		if err != nil {
			return nil, platform.Refused(envelope.CodeInvalid, "text", "cannot be written: %v", err)
		}
		parts[i] = platform.Part{Type: e.Type, ChannelID: e.ChannelID, ThreadID: e.ThreadID, Body: text}
	}
	return parts, nil
}
