package console

import (
	"fmt"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Plan renders an operation into the text that Do prints.
func (a *Adapter) Plan(op platform.Operation) ([]platform.Part, error) {
	e := op.Envelope
	text, err := render(e, op.Targets)
	if err != nil {
		return nil, err
	}
	return []platform.Part{{
		Type: e.Type, ChannelID: e.ChannelID, ThreadID: e.ThreadID, Body: []byte(place(e) + " " + text),
	}}, nil
}

// render is everything but the place. All that comes from outside passes
// plain or word.
func render(e *envelope.Outbound, targets []string) (string, error) {
	switch e.Type {
	case envelope.TypeMessage:
		return message(e)
	case envelope.TypeTyping:
		if e.Active != nil && !*e.Active {
			return "typing ended", nil
		}
		return "typing …", nil
	case envelope.TypePresence:
		return strings.TrimRight("now "+word(e.Status)+": "+word(e.Activity), ": "), nil
	case envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction:
		if len(targets) == 0 {
			return "", platform.Refused(envelope.CodeInvalid, "message_id", "the message this %s is for is not known", e.Type)
		}
	default:
		return "", platform.Refused(envelope.CodeUnsupported, "type",
			"a console shows message, edit, delete, reaction, typing and presence, not %q", e.Type)
	}

	target := short(targets[0])
	switch {
	case e.Type == envelope.TypeEdit:
		return target + " is now: " + plain(e.Text) + buttons(e.View), nil
	case e.Type == envelope.TypeDelete:
		return target + " deleted", nil
	case e.Remove:
		return target + " reaction removed: " + word(e.Emoji), nil
	default:
		return target + " reaction: " + word(e.Emoji), nil
	}
}

func message(e *envelope.Outbound) (string, error) {
	var b strings.Builder
	if e.ReplyTo != "" {
		b.WriteString("(to " + short(e.ReplyTo) + ") ")
	}
	b.WriteString(plain(e.Text))
	for i, m := range e.Attachments {
		if m.Blob != "" {
			return "", platform.Refused(envelope.CodeUnsupported, fmt.Sprintf("attachments[%d].blob", i), "a console cannot read the media store")
		}
		b.WriteString(file(m))
	}
	b.WriteString(buttons(e.View))
	return b.String(), nil
}

func file(m envelope.Media) string {
	name, kind := word(m.Filename), word(m.Mimetype)
	if name == "" {
		name = "unnamed"
	}
	if kind == "" {
		kind = "unknown type"
	}
	if m.URL != "" {
		return fmt.Sprintf("\n    file: %s (%s) at %s", name, kind, word(m.URL))
	}
	return fmt.Sprintf("\n    file: %s (%s, %d bytes)", name, kind, len(m.Data))
}

// buttons shows a row a line, each button with what /press takes.
func buttons(v envelope.View) string {
	var b strings.Builder
	for _, row := range v {
		b.WriteString("\n   ")
		for _, button := range row {
			label := strings.TrimSpace(word(button.Emoji) + " " + word(button.Label))
			if button.URL != "" {
				fmt.Fprintf(&b, " [%s: %s]", label, word(button.URL))
			} else {
				fmt.Fprintf(&b, " [%s: /press %s]", label, word(button.CustomID))
			}
		}
	}
	return b.String()
}

// place is where it happens: [channel], [channel/thread], or [*] everywhere.
func place(e *envelope.Outbound) string {
	switch {
	case e.ChannelID == "":
		return "[*]"
	case e.ThreadID != "":
		return "[" + word(e.ChannelID) + "/" + word(e.ThreadID) + "]"
	default:
		return "[" + word(e.ChannelID) + "]"
	}
}

// short is the end of an id, enough to tell a few messages apart.
func short(id string) string {
	runes := []rune(id)
	return "#" + word(string(runes[max(0, len(runes)-6):]))
}
