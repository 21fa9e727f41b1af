package webchat

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/render"
	"github.com/posternhq/postern/platform"
)

// defaultTyping is how many seconds typing is shown where no ttl is given.
const defaultTyping = 10

// action is a part's body: what Do does to a room.
type action struct {
	Target   string           `json:"target,omitempty"` // the record that is changed; "" = one of the part's own key
	Message  *message         `json:"message,omitempty"`
	To       string           `json:"to,omitempty"`
	Seq      int64            `json:"seq,omitempty"`
	Media    []envelope.Media `json:"media,omitempty"` // given as data or blob; kept when it is done
	Text     bool             `json:"text,omitempty"`  // an edit changes the text
	View     bool             `json:"view,omitempty"`  // … the buttons
	Emoji    string           `json:"emoji,omitempty"`
	Remove   bool             `json:"remove,omitempty"`
	For      int              `json:"for,omitempty"` // seconds of typing
	Presence *presence        `json:"presence,omitempty"`
	Warnings []string         `json:"warnings,omitempty"`
}

type presence struct {
	Status   string `json:"status"`
	Activity string `json:"activity,omitempty"`
}

// Plan renders an operation into the one part that carries it out.
func (a *Adapter) Plan(op platform.Operation) ([]platform.Part, error) {
	e := op.Envelope
	act, err := a.action(e, op.Targets)
	if err != nil {
		return nil, err
	}
	if e.Type != envelope.TypePresence {
		if err := checkAddress(e); err != nil {
			return nil, err
		}
	}
	body, jsonErr := json.Marshal(act)
	if jsonErr != nil {
		return nil, fmt.Errorf("encode a part of %s: %w", e.Type, jsonErr)
	}
	return []platform.Part{{Type: e.Type, ChannelID: e.ChannelID, ThreadID: e.ThreadID, Body: body}}, nil
}

func (a *Adapter) action(e *envelope.Outbound, targets []string) (*action, error) {
	switch e.Type {
	case envelope.TypeMessage:
		return a.message(e)
	case envelope.TypeStream:
		return a.stream(e, targets)
	case envelope.TypeTyping:
		if e.Active != nil && !*e.Active {
			return &action{}, nil
		}
		ttl := e.TTL
		if ttl == 0 {
			ttl = defaultTyping
		}
		return &action{For: int(math.Ceil(ttl))}, nil
	case envelope.TypePresence:
		return &action{Presence: &presence{Status: e.Status, Activity: e.Activity}}, nil
	case envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction:
	default:
		return nil, platform.Refused(envelope.CodeUnsupported, "type", "web chat has no %q", e.Type)
	}

	if len(targets) == 0 {
		return nil, platform.Refused(envelope.CodeInvalid, "message_id", "the message this %s is for is not known", e.Type)
	}
	act := &action{Target: targets[0]}
	switch e.Type {
	case envelope.TypeEdit:
		m, warnings, err := a.content(e)
		if err != nil {
			return nil, err
		}
		act.Message, act.Warnings, act.Text, act.View = m, warnings, e.Text != "", e.View != nil
	case envelope.TypeReaction:
		if !validEmoji(e.Emoji) {
			return nil, platform.Refused(envelope.CodeInvalid, "emoji", "expected one emoji, got %q", clip(e.Emoji, 20))
		}
		act.Emoji, act.Remove = e.Emoji, e.Remove
	}
	return act, nil
}

// message is a new message of the bot's.
func (a *Adapter) message(e *envelope.Outbound) (*action, error) {
	m, warnings, err := a.content(e)
	if err != nil {
		return nil, err
	}
	if len(e.Attachments) > maxFiles {
		return nil, platform.Refused(envelope.CodeTooLarge, "attachments", "a message has at most %d files, this one %d", maxFiles, len(e.Attachments))
	}
	for i, medium := range e.Attachments {
		if medium.URL != "" {
			return nil, platform.Refused(envelope.CodeUnsupported, fmt.Sprintf("attachments[%d].url", i), "web chat takes a file as data or blob")
		}
	}
	act := &action{Message: m, Media: e.Attachments, Warnings: warnings}
	m.Silent = e.Silent
	m.Pings = a.pings(e)
	if !e.Ephemeral {
		return act, nil
	}
	m.Ephemeral = true
	if act.To = presser(e.InteractionID); act.To == "" {
		act.To = strings.TrimPrefix(e.ChannelID, dmPrefix)
		if !isDM(e.ChannelID) {
			return nil, platform.Refused(envelope.CodeInvalid, "interaction_id",
				"an ephemeral message needs the interaction_id of a press, which says who sees it, or a direct message's channel_id")
		}
	}
	return act, nil
}

// stream is one snapshot of a text that grows. Its record's id comes from the
// stream's, so that every snapshot finds it, whoever made the first one.
func (a *Adapter) stream(e *envelope.Outbound, targets []string) (*action, error) {
	m, warnings, err := a.content(e)
	if err != nil {
		return nil, err
	}
	m.Live = !e.Final
	act := &action{Message: m, Seq: e.Seq, Warnings: warnings, Target: recordID("stream", e.StreamID, e.ChannelID, e.ThreadID)}
	if len(targets) > 0 {
		act.Target = targets[0]
	}
	return act, nil
}

// content is what message, stream and edit share: text and buttons.
func (a *Adapter) content(e *envelope.Outbound) (*message, []string, error) {
	if len(e.Text) > maxBotText {
		return nil, nil, platform.Refused(envelope.CodeTooLarge, "text", "a message has at most %d bytes of text, this one %d", maxBotText, len(e.Text))
	}
	view, warnings, err := buttons(e.View)
	if err != nil {
		return nil, nil, err
	}
	m := &message{
		From:   person{ID: botID, Name: a.config.botName, Bot: true},
		Thread: e.ThreadID, Text: e.Text, View: view,
		Body: bodyOf(e.Text, a.tree(e.Text, e.Format), maxBotText),
	}
	if e.ReplyTo != "" {
		m.ReplyTo = &reply{ID: e.ReplyTo}
	}
	return m, warnings, nil
}

func (a *Adapter) tree(text, format string) []render.Node {
	if format == "plain" {
		return render.Plain(text)
	}
	return a.parser.Markdown(text)
}

// pings are the ids of those whom a message is to notify.
func (a *Adapter) pings(e *envelope.Outbound) []string {
	switch e.Mentions {
	case "all":
		return []string{"*"}
	case "listed":
		return mentioned(a.tree(e.Text, e.Format))
	default:
		return nil
	}
}

// mentioned are the ids that a text mentions, each once, as far as they count.
func mentioned(tree []render.Node) []string {
	var ids []string
	render.Walk(tree, func(n render.Node) {
		if n.Kind == render.Mention && len(ids) < maxMentions && !slices.Contains(ids, n.ID) {
			ids = append(ids, n.ID)
		}
	})
	return ids
}

// buttons checks and encodes a view.
func buttons(v envelope.View) (rows [][]button, warnings []string, err error) {
	n := 0
	for i, row := range v {
		var out []button
		for j, b := range row {
			at := fmt.Sprintf("view[%d][%d]", i, j)
			if n++; n > maxButtons || i >= maxRows {
				return nil, nil, platform.Refused(envelope.CodeTooLarge, "view", "a message has at most %d buttons in %d rows", maxButtons, maxRows)
			}
			switch {
			case b.URL != "" && !render.WebLink(b.URL):
				return nil, nil, platform.Refused(envelope.CodeInvalid, at+".url", "a button opens an http or https address only")
			case len(b.CustomID) > maxCustomID:
				return nil, nil, platform.Refused(envelope.CodeTooLarge, at+".custom_id", "has %d bytes; expected at most %d", len(b.CustomID), maxCustomID)
			case utf8.RuneCountInString(b.Label) > maxLabel:
				warnings = append(warnings, fmt.Sprintf("%s.label: cut to %d characters", at, maxLabel))
			}
			style := b.Style
			if style != "" && !slices.Contains([]string{"primary", "secondary", "success", "danger"}, style) {
				warnings = append(warnings, fmt.Sprintf("%s.style: %q is not known; it was left out", at, clip(style, 20)))
				style = ""
			}
			out = append(out, button{Label: clip(b.Label, maxLabel), CustomID: b.CustomID, URL: b.URL, Emoji: clip(b.Emoji, 16), Style: style})
		}
		if len(out) > 0 {
			rows = append(rows, out)
		}
	}
	return rows, warnings, nil
}
