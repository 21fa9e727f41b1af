package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// payload is the body of one request: the visible fields of the envelope under
// their own names. Bytes are base64, as everywhere in JSON.
type payload struct {
	Type          envelope.Type    `json:"type"`
	ChannelID     string           `json:"channel_id"`
	ThreadID      string           `json:"thread_id,omitempty"`
	MessageKey    string           `json:"message_key,omitempty"`
	MessageID     string           `json:"message_id,omitempty"` // what an edit, delete or reaction is for
	TargetKey     string           `json:"target_key,omitempty"`
	Text          string           `json:"text,omitempty"`
	Format        string           `json:"format,omitempty"`
	ReplyTo       string           `json:"reply_to,omitempty"`
	Silent        bool             `json:"silent,omitempty"`
	Mentions      string           `json:"mentions,omitempty"`
	Attachments   []envelope.Media `json:"attachments,omitempty"`
	View          envelope.View    `json:"view,omitempty"`
	InteractionID string           `json:"interaction_id,omitempty"`
	Ephemeral     bool             `json:"ephemeral,omitempty"`
	Emoji         string           `json:"emoji,omitempty"`
	Remove        bool             `json:"remove,omitempty"`
	Native        map[string]any   `json:"native,omitempty"`
}

// Plan renders the one request that carries an operation out. A webhook has no
// limit to split at, so there is never a second part, nor a second target.
func (a *Adapter) Plan(op platform.Operation) ([]platform.Part, error) {
	e := op.Envelope
	p := payload{
		Type: e.Type, ChannelID: e.ChannelID, ThreadID: e.ThreadID, MessageKey: e.MessageKey, Native: e.Native,
	}
	switch e.Type {
	case envelope.TypeMessage:
		if err := checkMedia(e.Attachments); err != nil {
			return nil, err
		}
		p.Text, p.Format, p.ReplyTo, p.Silent, p.Mentions = e.Text, e.Format, e.ReplyTo, e.Silent, e.Mentions
		p.Attachments, p.View = e.Attachments, e.View
		p.InteractionID, p.Ephemeral = e.InteractionID, e.Ephemeral
	case envelope.TypeEdit:
		p.Text, p.Format, p.View = e.Text, e.Format, e.View
	case envelope.TypeDelete:
	case envelope.TypeReaction:
		p.Emoji, p.Remove = e.Emoji, e.Remove
	default:
		return nil, platform.Refused(envelope.CodeUnsupported, "type",
			"a webhook is sent message, edit, delete and reaction; %q is not a visible operation it knows", e.Type)
	}
	if e.Type != envelope.TypeMessage {
		if len(op.Targets) == 0 {
			return nil, platform.Refused(envelope.CodeInvalid, "message_id", "the message this %s is for is not known", e.Type)
		}
		p.MessageID, p.TargetKey = op.Targets[0], e.TargetKey
	}
	body, err := encode(p)
	if err != nil {
		return nil, platform.Refused(envelope.CodeInvalid, "native", "cannot be written as JSON: %v", err)
	}
	return []platform.Part{{Type: e.Type, ChannelID: e.ChannelID, ThreadID: e.ThreadID, Body: body}}, nil
}

// checkMedia refuses a medium that the gateway has not fetched.
func checkMedia(media []envelope.Media) error {
	for i, m := range media {
		if m.URL != "" {
			return platform.Refused(envelope.CodeUnsupported, fmt.Sprintf("attachments[%d].url", i),
				"a webhook takes media as data or blob")
		}
	}
	return nil
}

// encode writes compact JSON with text as it stands: no HTML escapes.
func encode(p any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
