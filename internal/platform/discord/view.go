package discord

import (
	"regexp"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// styles are the looks of a button, by the names that envelopes have for them
// (docs.discord.com/developers/components/reference#button-button-styles).
var styles = map[string]int{
	"": 2, "primary": 1, "secondary": 2, "default": 2, "success": 3, "danger": 4,
}

const (
	componentRow    = 1
	componentButton = 2
	styleLink       = 5
)

// components are a view's rows of buttons; nil for none. Rows of more than five
// go on in the next one.
func components(v envelope.View) ([]any, error) {
	var rows []any
	for _, all := range v {
		for len(all) > 0 {
			n := min(len(all), maxInRow)
			var row []any
			for _, b := range all[:n] {
				button, err := buttonOf(b)
				if err != nil {
					return nil, err
				}
				row = append(row, button)
			}
			rows = append(rows, fields{"type": componentRow, "components": row})
			all = all[n:]
		}
	}
	if len(rows) > maxRows {
		return nil, platform.Refused(envelope.CodeTooLarge, "view", "it has %d rows of at most %d buttons; Discord takes %d", len(rows), maxInRow, maxRows)
	}
	return rows, nil
}

func buttonOf(b envelope.Button) (fields, error) {
	out := fields{"type": componentButton, "style": styles[b.Style]}
	if _, known := styles[b.Style]; !known {
		out["style"] = styles[""]
	}
	switch {
	case b.URL != "":
		out["style"], out["url"] = styleLink, b.URL
	case len([]rune(b.CustomID)) > maxCustomID:
		return nil, platform.Refused(envelope.CodeTooLarge, "view", "a custom_id has %d characters; Discord takes at most %d", len([]rune(b.CustomID)), maxCustomID)
	default:
		out["custom_id"] = b.CustomID
	}
	label := []rune(b.Label)
	if len(label) > maxLabel {
		return nil, platform.Refused(envelope.CodeTooLarge, "view", "the label %.20q… has %d characters; Discord takes at most %d", b.Label, len(label), maxLabel)
	}
	if len(label) > 0 {
		out["label"] = b.Label
	}
	if b.Emoji != "" {
		out["emoji"] = emojiOf(b.Emoji)
	} else if len(label) == 0 {
		out["label"] = "·" // Discord takes none without a face
	}
	return out, nil
}

// customEmoji is one that a server has: name:id, as Discord writes it in a
// reaction's address, or <:name:id> as in a text.
var customEmoji = regexp.MustCompile(`^<?(?:(a):|:)?([A-Za-z0-9_~]{2,32}):([0-9]{15,20})>?$`)

// emojiOf is an emoji as buttons have it.
func emojiOf(s string) fields {
	if m := customEmoji.FindStringSubmatch(s); m != nil {
		return fields{"id": m[3], "name": m[2], "animated": m[1] != ""}
	}
	return fields{"name": s}
}

// reactionName is an emoji as a reaction's address has it, not escaped.
func reactionName(s string) string {
	if m := customEmoji.FindStringSubmatch(s); m != nil {
		return m[2] + ":" + m[3]
	}
	return s
}
