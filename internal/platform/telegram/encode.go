package telegram

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
	"github.com/posternhq/postern/platform"
)

// request is a part's body: one call of the Bot API.
type request struct {
	Method string          `json:"method,omitempty"` // none: nothing is to be asked
	Params params          `json:"params,omitempty"`
	File   *envelope.Media `json:"file,omitempty"`
	Field  string          `json:"field,omitempty"` // that the file goes in
	TTL    float64         `json:"ttl,omitempty"`   // seconds, of typing
}

// Plan renders an operation into requests.
func (a *Adapter) Plan(op platform.Operation) ([]platform.Part, error) {
	requests, err := plan(op)
	if err != nil {
		return nil, err
	}
	parts, err := planning.Parts(op.Envelope, requests)
	for i := range parts {
		parts[i].Makes = op.Envelope.Type != envelope.TypeMessage && makes(requests[i].Method)
	}
	return parts, err
}

func plan(op platform.Operation) ([]request, error) {
	e := op.Envelope
	switch e.Type {
	case envelope.TypeMessage, envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction, envelope.TypeTyping, envelope.TypeStream:
	default:
		return nil, platform.Refused(envelope.CodeUnsupported, "type",
			"Telegram does message, edit, delete, reaction, typing and stream, not %q", e.Type)
	}
	to, err := target(e)
	if err != nil {
		return nil, err
	}
	switch {
	case e.Type == envelope.TypeStream:
		if e = planning.Grown(e); len(op.Targets) > 0 {
			break
		}
		return planMessage(e, to)
	case e.Type == envelope.TypeMessage:
		return planMessage(e, to)
	case e.Type == envelope.TypeTyping:
		return planTyping(e, to), nil
	}
	ids, err := planning.MessageIDs(op, messageForm, "a number")
	if err != nil {
		return nil, err
	}
	switch e.Type {
	case envelope.TypeEdit, envelope.TypeStream:
		requests, err := planEdit(e, to, ids)
		return planning.Aligned(op.Targets, requests), err
	case envelope.TypeDelete:
		return planDelete(to, ids), nil
	default:
		return planReaction(e, to, ids[0]), nil
	}
}

// makes reports whether a request makes a message.
func makes(method string) bool {
	return strings.HasPrefix(method, "send") && method != "sendChatAction"
}

var (
	chatForm    = regexp.MustCompile(`^(-?[0-9]{1,19}|@[A-Za-z][A-Za-z0-9_]{3,31})$`)
	messageForm = regexp.MustCompile(`^[0-9]{1,10}$`)
)

// target is where a request goes, as its parameters.
func target(e *envelope.Outbound) (params, error) {
	if !chatForm.MatchString(e.ChannelID) {
		return nil, platform.Refused(envelope.CodeInvalid, "channel_id",
			"%.80q is no chat; expected a number such as -1001234567890, or a public @name", e.ChannelID)
	}
	to := params{"chat_id": chatID(e.ChannelID)}
	if e.ThreadID != "" {
		if !messageForm.MatchString(e.ThreadID) {
			return nil, platform.Refused(envelope.CodeInvalid, "thread_id", "%.80q is no topic; expected a number", e.ThreadID)
		}
		to["message_thread_id"] = json.Number(e.ThreadID)
	}
	return to, nil
}

// chatID is a chat as the API takes it: a number, or a name as it stands.
func chatID(id string) any {
	if strings.HasPrefix(id, "@") {
		return id
	}
	return json.Number(id)
}

// with is parameters and some more.
func (p params) with(more params) params {
	all := params{}
	for name, value := range p {
		all[name] = value
	}
	for name, value := range more {
		all[name] = value
	}
	return all
}

// planMessage is the text in parts, then each file; one file with a short text
// bears it as its caption. What is said once is on the first part, the buttons
// are on the last one.
func planMessage(e *envelope.Outbound, to params) ([]request, error) {
	var requests []request
	files := e.Attachments
	if len(files) > planning.MaxParts {
		return nil, platform.Refused(envelope.CodeTooLarge, "attachments", "%d files are more than one message may have: %d", len(files), planning.MaxParts)
	}
	if caption, ok := captionOf(e); ok {
		requests = append(requests, fileRequest(files[0], to, caption))
		files = nil
	} else if e.Text != "" {
		texts, err := split(e, maxText)
		if err != nil {
			return nil, err
		}
		for _, s := range texts {
			requests = append(requests, request{Method: "sendMessage", Params: to.with(s.params("text", "entities"))})
		}
	}
	for _, f := range files {
		requests = append(requests, fileRequest(f, to, styled{}))
	}
	requests, err := withNative(requests, e, to)
	if err != nil {
		return nil, err
	}
	if len(requests) == 0 {
		return nil, platform.Refused(envelope.CodeInvalid, "text", "nothing of it can be seen: it has neither text, nor a file, nor a native method")
	}
	if e.ReplyTo != "" {
		if !messageForm.MatchString(e.ReplyTo) {
			return nil, platform.Refused(envelope.CodeInvalid, "reply_to", "%.80q is no message; expected a number", e.ReplyTo)
		}
		requests[0].Params["reply_parameters"] = params{"message_id": json.Number(e.ReplyTo), "allow_sending_without_reply": true}
	}
	for i := range requests {
		if e.Silent {
			requests[i].Params["disable_notification"] = true
		}
	}
	return withKeyboard(requests, e.View)
}

// captionOf is an envelope's text as the caption of its one file, if it is
// short enough for that.
func captionOf(e *envelope.Outbound) (styled, bool) {
	if len(e.Attachments) != 1 || len(e.Text) > 8*maxCaption {
		return styled{}, false
	}
	s := style(planning.Parse(e.Text, e.Format), e.Mentions)
	return s, s.fits(maxCaption)
}

// params are the parameters that a text goes in.
func (s styled) params(text, entities string) params {
	p := params{}
	if s.text != "" {
		p[text] = s.text
	}
	if len(s.entities) > 0 {
		p[entities] = s.entities
	}
	return p
}

// withKeyboard puts the buttons on the last request.
func withKeyboard(requests []request, v envelope.View) ([]request, error) {
	k, err := keyboardOf(v)
	if err != nil {
		return nil, err
	}
	if k != nil {
		requests[len(requests)-1].Params["reply_markup"] = k
	}
	return requests, nil
}

// ours are parameters that the envelope's own fields set, and native may not.
var ours = []string{"chat_id", "message_thread_id", "method"}

// withNative is a request by the native method, if one is named, else the last
// one with the native parameters.
func withNative(requests []request, e *envelope.Outbound, to params) ([]request, error) {
	if len(e.Native) == 0 {
		return requests, nil
	}
	method, named := e.Native["method"].(string)
	if named {
		if !strings.HasPrefix(method, "send") || !methodForm.MatchString(method) {
			return nil, platform.Refused(envelope.CodeInvalid, "native", "its method is %.80q; expected one that sends a message, such as sendPoll", method)
		}
		requests = append(requests, request{Method: method, Params: to.with(nil)})
	}
	if len(requests) == 0 {
		return nil, platform.Refused(envelope.CodeInvalid, "native", "it names no method, such as sendPoll, and there is no text or file that it could be for")
	}
	last := requests[len(requests)-1].Params
	for name, value := range e.Native {
		if !slices.Contains(ours, name) {
			last[name] = value
		}
	}
	return requests, nil
}

// planReaction sets our reaction, or none. A custom emoji is named by its id.
func planReaction(e *envelope.Outbound, to params, id string) []request {
	reaction := []params{}
	if !e.Remove {
		if custom, ok := strings.CutPrefix(e.Emoji, customEmoji); ok {
			reaction = append(reaction, params{"type": "custom_emoji", "custom_emoji_id": custom})
		} else {
			reaction = append(reaction, params{"type": "emoji", "emoji": strings.ReplaceAll(e.Emoji, "\ufe0f", "")})
		}
	}
	return []request{{Method: "setMessageReaction", Params: params{"chat_id": to["chat_id"], "message_id": json.Number(id), "reaction": reaction}}}
}

// customEmoji stands before the id of an emoji that is not Unicode's.
const customEmoji = "custom:"

// planTyping: typing has no end that could be asked for.
func planTyping(e *envelope.Outbound, to params) []request {
	ttl := planning.Typing(e)
	if ttl == 0 {
		return []request{{Params: to}}
	}
	return []request{{Method: "sendChatAction", Params: to.with(params{"action": "typing"}), TTL: ttl}}
}

func number(id int64) string { return strconv.FormatInt(id, 10) }
