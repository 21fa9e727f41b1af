package slack

import (
	"regexp"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
	"github.com/posternhq/postern/internal/render"
	"github.com/posternhq/postern/platform"
)

// request is a part's body: one call of the Web API. What is not to be stored, or
// not known before, is put in as it is sent: the part's key, and what an
// interaction_id stands for.
type request struct {
	Method string           `json:"method,omitempty"` // none: nothing is to be asked
	Params params           `json:"params,omitempty"`
	Files  []envelope.Media `json:"files,omitempty"`
	Answer string           `json:"answer,omitempty"` // the interaction_id that it answers
	Stands bool             `json:"stands,omitempty"` // an edit: the text that is there stays
	TTL    float64          `json:"ttl,omitempty"`    // seconds, of typing
}

// Plan renders an operation into requests.
func (a *Adapter) Plan(op platform.Operation) ([]platform.Part, error) {
	requests, err := plan(op)
	if err != nil {
		return nil, err
	}
	parts, err := planning.Parts(op.Envelope, requests)
	for i := range parts {
		parts[i].Makes = op.Envelope.Type != envelope.TypeMessage && requests[i].Method == post
	}
	return parts, err
}

// The methods that make and change what people see.
const (
	post      = "chat.postMessage"
	postTo    = "chat.postEphemeral"
	update    = "chat.update"
	remove    = "chat.delete"
	share     = "files.completeUploadExternal"
	openView  = "views.open"
	react     = "reactions.add"
	unreact   = "reactions.remove"
	setStatus = "assistant.threads.setStatus"
	setActive = "users.setPresence"
)

func plan(op platform.Operation) ([]request, error) {
	e := op.Envelope
	if e.Type == envelope.TypePresence {
		return planPresence(e)
	}
	to, err := target(e)
	if err != nil {
		return nil, err
	}
	switch e.Type {
	case envelope.TypeMessage:
		return planMessage(e, to)
	case envelope.TypeTyping:
		return planTyping(e), nil
	case envelope.TypeStream:
		if e = planning.Grown(e); len(op.Targets) == 0 {
			return planMessage(e, to)
		}
	case envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction:
	default:
		return nil, platform.Refused(envelope.CodeUnsupported, "type",
			"Slack does message, edit, delete, reaction, typing, presence and stream, not %q", e.Type)
	}
	ids, err := planning.MessageIDs(op, tsForm, "an id such as 1712345678.123456")
	if err != nil {
		return nil, err
	}
	switch e.Type {
	case envelope.TypeEdit, envelope.TypeStream:
		requests, err := planEdit(e, to, ids)
		return planning.Aligned(op.Targets, requests), err
	case envelope.TypeDelete:
		return planDelete(e, ids), nil
	default:
		return planReaction(e, ids[0]), nil
	}
}

// tsForm is a message's id: its time, to the microsecond, in its channel.
var tsForm = regexp.MustCompile(`^[0-9]{9,11}\.[0-9]{1,6}$`)

// target is where a request goes, as its parameters.
func target(e *envelope.Outbound) (params, error) {
	if !placeForm.MatchString(e.ChannelID) {
		return nil, noChannel(e.ChannelID)
	}
	to := params{"channel": e.ChannelID}
	if e.ThreadID != "" {
		if !tsForm.MatchString(e.ThreadID) {
			return nil, platform.Refused(envelope.CodeInvalid, "thread_id", "%.80q is no thread; expected its first message's id, such as 1712345678.123456", e.ThreadID)
		}
		to["thread_ts"] = e.ThreadID
	}
	return to, nil
}

func noChannel(id string) error {
	return platform.Refused(envelope.CodeInvalid, "channel_id",
		"%.80q is no channel; expected an id such as C0123456789, or D… for a direct conversation, which the method open_dm tells of a user", id)
}

// with is parameters and some more.
func (p params) with(more params) params {
	all := make(params, len(p)+len(more))
	for name, value := range p {
		all[name] = value
	}
	for name, value := range more {
		all[name] = value
	}
	return all
}

// planMessage is the text in parts, the buttons below the last; then all files in
// one message. A text of one part, without buttons, is the files' comment.
func planMessage(e *envelope.Outbound, to params) ([]request, error) {
	if _, ok := e.Native["view"]; ok {
		return planView(e)
	}
	if len(e.Attachments) > planning.MaxParts {
		return nil, platform.Refused(envelope.CodeTooLarge, "attachments", "%d files are more than one message may have: %d", len(e.Attachments), planning.MaxParts)
	}
	below, err := below(e)
	if err != nil {
		return nil, err
	}
	var texts []styled
	if e.Text != "" {
		if texts, err = split(e, room(below)); err != nil {
			return nil, err
		}
	}
	to, err = replying(e, to)
	if err != nil {
		return nil, err
	}
	comment := styled{}
	if len(texts) == 1 && len(e.Attachments) > 0 && len(below) == 0 && len(e.Native) == 0 && !e.Ephemeral {
		comment, texts = texts[0], nil
	}
	var requests []request
	for i, s := range texts {
		if i < len(texts)-1 {
			requests = append(requests, messageRequest(to, s, nil))
		} else {
			requests = append(requests, messageRequest(to, s, below))
		}
	}
	if _, ok := e.Native["attachments"]; len(texts) == 0 && (len(below) > 0 || ok) {
		requests = append(requests, messageRequest(to, styled{}, below))
	}
	if len(requests) == 0 && len(e.Native) > 0 {
		return nil, platform.Refused(envelope.CodeInvalid, "native", "there is no text, and there are no native blocks, that it could be for")
	}
	withNative(requests, e)
	if len(e.Attachments) > 0 {
		if e.Ephemeral {
			return nil, platform.Refused(envelope.CodeUnsupported, "attachments", "Slack shows no file to one person alone: leave out ephemeral")
		}
		requests = append(requests, filesRequest(e, to, comment))
	}
	if len(requests) == 0 {
		return nil, platform.Refused(envelope.CodeInvalid, "text", "nothing of it can be seen: it has neither text, nor a file, nor native blocks")
	}
	return addressed(requests, e)
}

// messageRequest posts a text and what stands below it.
func messageRequest(to params, s styled, below []any) request {
	return request{Method: post, Params: to.with(content(s, below))}
}

// content is a message's text and blocks. The text is for notifications and
// screen readers: nothing in it is mark-up, or becomes a mention.
func content(s styled, below []any) params {
	p := params{"text": s.plain, "mrkdwn": false, "parse": "none", "link_names": false}
	var blocks []any
	if len(s.elements) > 0 {
		blocks = append(blocks, s.block())
	}
	if blocks = append(blocks, below...); len(blocks) > 0 {
		p["blocks"] = blocks
	}
	return p
}

// replying answers a message: Slack knows no replies but in threads. Outside of
// one, the answer goes into that message's thread, and the channel sees it too;
// in one, all messages answer the first.
func replying(e *envelope.Outbound, to params) (params, error) {
	if e.ReplyTo == "" {
		return to, nil
	}
	if !tsForm.MatchString(e.ReplyTo) {
		return nil, platform.Refused(envelope.CodeInvalid, "reply_to", "%.80q is no message; expected an id such as 1712345678.123456", e.ReplyTo)
	}
	if e.ThreadID != "" {
		return to, nil
	}
	return to.with(params{"thread_ts": e.ReplyTo, "reply_broadcast": true}), nil
}

// filesRequest shares files in one message. Slack keeps no metadata with it, but
// its comment's block bears an id, so there is always a comment.
func filesRequest(e *envelope.Outbound, to params, comment styled) request {
	if len(comment.elements) == 0 {
		var names []string
		for _, f := range e.Attachments {
			names = append(names, fileName(f))
		}
		comment = style(render.Plain(strings.Join(names, "\n")), "")
	}
	p := params{"channel_id": to["channel"], "blocks": []any{comment.block()}}
	if thread, ok := to["thread_ts"]; ok {
		p["thread_ts"] = thread
	}
	return request{Method: share, Params: p, Files: e.Attachments}
}
