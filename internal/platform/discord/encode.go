package discord

import (
	"net/http"
	"net/url"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
	"github.com/posternhq/postern/platform"
)

// request is a part's body: one request, or what Do makes of it. The nonce of a
// message is the part's key, and so not in it.
type request struct {
	Method string           `json:"method,omitempty"` // none: nothing is to be asked
	Path   string           `json:"path,omitempty"`
	Body   fields           `json:"body,omitempty"`
	Files  []envelope.Media `json:"files,omitempty"`

	Makes       bool    `json:"makes,omitempty"`       // it makes a message in a channel, under the part's key
	Answers     string  `json:"answers,omitempty"`     // the interaction that it answers
	Modal       fields  `json:"modal,omitempty"`       // that it is answered with
	Presence    fields  `json:"presence,omitempty"`    // goes by the gateway
	TTL         float64 `json:"ttl,omitempty"`         // seconds, of typing
	Target      string  `json:"target,omitempty"`      // the message it changes
	ClearsAfter bool    `json:"clears,omitempty"`      // that message is gone after it, unless it has files
	Ephemeral   bool    `json:"ephemeral,omitempty"`   // for the person alone who is answered
	ReplyAsked  bool    `json:"reply_asked,omitempty"` // it answers a message, which may be gone
}

// Plan renders an operation into requests.
func (a *Adapter) Plan(op platform.Operation) ([]platform.Part, error) {
	requests, err := plan(op)
	if err != nil {
		return nil, err
	}
	parts, err := planning.Parts(op.Envelope, requests)
	for i := range parts {
		parts[i].Makes = op.Envelope.Type != envelope.TypeMessage && requests[i].Makes
		parts[i].Keyless = keyless(requests[i])
	}
	return parts, err
}

// keyless: Discord keeps keys of the messages of a channel alone
// (docs.discord.com/developers/resources/message#create-message), neither of
// posts in a forum nor of what goes by an interaction.
func keyless(r request) bool {
	switch {
	case r.Answers != "":
		return r.Ephemeral || !keyed(r.Answers)
	default:
		return r.Method == http.MethodPost && !r.Makes && r.TTL == 0
	}
}

func plan(op platform.Operation) ([]request, error) {
	e := op.Envelope
	switch e.Type {
	case envelope.TypeMessage, envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction, envelope.TypeTyping, envelope.TypeStream:
	case envelope.TypePresence:
		return planPresence(e), nil
	default:
		return nil, platform.Refused(envelope.CodeUnsupported, "type",
			"Discord does message, edit, delete, reaction, typing, presence and stream, not %q", e.Type)
	}
	to, err := target(e)
	if err != nil {
		return nil, err
	}
	switch {
	case e.Type == envelope.TypeStream && len(op.Targets) == 0:
		return planMessage(planning.Grown(e), to)
	case e.Type == envelope.TypeMessage:
		return planMessage(e, to)
	case e.Type == envelope.TypeTyping:
		return planTyping(e, to), nil
	}
	ids, err := planning.MessageIDs(op, idForm, "its id, a number")
	if err != nil {
		return nil, err
	}
	switch e.Type {
	case envelope.TypeStream, envelope.TypeEdit:
		if e.Type == envelope.TypeStream {
			e = planning.Grown(e)
		}
		requests, err := planEdit(e, to, ids)
		return planning.Aligned(op.Targets, requests), err
	case envelope.TypeDelete:
		return planDelete(to, ids), nil
	default:
		return planReaction(e, to, ids[0])
	}
}

// target is the path of the channel that a request goes to: a thread is one.
func target(e *envelope.Outbound) (string, error) {
	if !idForm.MatchString(e.ChannelID) {
		return "", platform.Refused(envelope.CodeInvalid, "channel_id", "%.80q is no channel; expected its id, a number (Developer Mode, Copy Channel ID)", e.ChannelID)
	}
	if e.ThreadID == "" {
		return "/channels/" + e.ChannelID, nil
	}
	if !idForm.MatchString(e.ThreadID) {
		return "", platform.Refused(envelope.CodeInvalid, "thread_id", "%.80q is no thread; expected its id, a number", e.ThreadID)
	}
	return "/channels/" + e.ThreadID, nil
}

// planMessage is the text in parts, the files with the last of them, and in
// further ones what is more than a message bears. What is said once is on the
// first part, buttons are on the last.
func planMessage(e *envelope.Outbound, to string) ([]request, error) {
	if _, asked := e.Native["modal"]; asked {
		return planModal(e)
	}
	if e.Ephemeral && e.InteractionID == "" {
		return nil, platform.Refused(envelope.CodeUnsupported, "ephemeral", "only what answers a click or a command can be for one person alone: it needs the event's interaction_id")
	}
	texts, err := split(e)
	if err != nil {
		return nil, err
	}
	var requests []request
	add := func(body fields, files []envelope.Media) {
		body["allowed_mentions"] = allowed(e)
		if flags := flagsOf(e); flags != 0 {
			body["flags"] = flags
		}
		requests = append(requests, request{
			Method: http.MethodPost, Path: to + "/messages", Makes: true, Body: body, Files: files,
			Answers: e.InteractionID, Ephemeral: e.Ephemeral && e.InteractionID != "",
		})
	}
	for _, s := range texts {
		add(fields{"content": s}, nil)
	}
	for i, files := range bundles(e.Attachments) {
		if i == 0 && len(requests) > 0 {
			requests[len(requests)-1].Files = files
			continue
		}
		add(fields{}, files)
	}
	if len(requests) == 0 && (len(e.Native) > 0 || len(e.View) > 0) {
		add(fields{}, nil)
	}
	if len(requests) == 0 {
		return nil, platform.Refused(envelope.CodeInvalid, "text", "nothing of it can be seen: it has neither text, nor a file, nor anything native")
	}
	if len(requests) > planning.MaxParts {
		return nil, platform.Refused(envelope.CodeTooLarge, "attachments", "it takes %d messages, of at most %d", len(requests), planning.MaxParts)
	}
	if err := withReply(&requests[0], e); err != nil {
		return nil, err
	}
	last := &requests[len(requests)-1]
	rows, err := components(e.View)
	if err != nil {
		return nil, err
	}
	if len(rows) > 0 {
		last.Body["components"] = rows
	}
	if err := withNative(last, e); err != nil {
		return nil, err
	}
	return asPost(requests, e, to)
}

// Flags of a message
// (docs.discord.com/developers/resources/message#message-object-message-flags).
const (
	flagEphemeral = 1 << 6
	flagLoading   = 1 << 7
	flagSilent    = 1 << 12
)

func flagsOf(e *envelope.Outbound) int {
	flags := 0
	if e.Silent {
		flags |= flagSilent
	}
	if e.Ephemeral && e.InteractionID != "" {
		flags |= flagEphemeral
	}
	return flags
}

func withReply(r *request, e *envelope.Outbound) error {
	if e.ReplyTo == "" {
		return nil
	}
	if !idForm.MatchString(e.ReplyTo) {
		return platform.Refused(envelope.CodeInvalid, "reply_to", "%.80q is no message; expected its id, a number", e.ReplyTo)
	}
	r.Body["message_reference"] = fields{"message_id": e.ReplyTo, "fail_if_not_exists": false}
	r.ReplyAsked = true
	return nil
}

// bundles are the files of each message: as many as one bears, in order.
func bundles(files []envelope.Media) [][]envelope.Media {
	var out [][]envelope.Media
	size := int64(0)
	for _, f := range files {
		n := max(f.Size, int64(len(f.Data)))
		if last := len(out) - 1; last >= 0 && len(out[last]) < maxFiles && size+n <= maxRequest {
			out[last], size = append(out[last], f), size+n
			continue
		}
		out, size = append(out, []envelope.Media{f}), n
	}
	return out
}

// planReaction sets or takes away our reaction.
func planReaction(e *envelope.Outbound, to, id string) ([]request, error) {
	name := reactionName(e.Emoji)
	if name == "" || len(name) > 100 {
		return nil, platform.Refused(envelope.CodeInvalid, "emoji", "%.80q is no emoji; expected one of Unicode's, or name:id of a server's own", e.Emoji)
	}
	method := http.MethodPut
	if e.Remove {
		method = http.MethodDelete
	}
	return []request{{Method: method, Path: to + "/messages/" + id + "/reactions/" + url.PathEscape(name) + "/@me"}}, nil
}

// planTyping: typing has no end that could be asked for.
func planTyping(e *envelope.Outbound, to string) []request {
	ttl := planning.Typing(e)
	if ttl == 0 {
		return []request{{Path: to}}
	}
	return []request{{Method: http.MethodPost, Path: to + "/typing", TTL: ttl}}
}

func planDelete(to string, ids []string) []request {
	var requests []request
	for _, id := range ids {
		requests = append(requests, request{Method: http.MethodDelete, Path: to + "/messages/" + id, Target: id})
	}
	return requests
}
