package slack

import (
	"fmt"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/render"
	"github.com/posternhq/postern/platform"
)

// ourAction begins the action_id of a button of ours, whose value is its
// custom_id: an action_id must be the only one of its kind in a message, and a
// custom_id may come twice.
const ourAction = "postern:"

// below is what stands below a message's text: its buttons, a row to a block,
// and the native blocks.
func below(e *envelope.Outbound) ([]any, error) {
	rows, err := actionsOf(e.View)
	if err != nil {
		return nil, err
	}
	native, ok := e.Native["blocks"]
	if !ok {
		return rows, nil
	}
	blocks, ok := native.([]any)
	if !ok {
		return nil, platform.Refused(envelope.CodeInvalid, "native", "its blocks are no list; expected blocks as Slack has them")
	}
	return append(rows, blocks...), nil
}

// room is how much of a message's blocks a text may take, beside what stands
// below it.
func room(below []any) int {
	if len(below) == 0 {
		return maxBlocks
	}
	text, err := plainJSON(below)
	if err != nil {
		return maxBlocks
	}
	return max(maxBlocks-render.CodePoints(string(text)), maxBlocks/2)
}

// actionsOf turns a view into rows of buttons; nil for none.
func actionsOf(v envelope.View) ([]any, error) {
	if len(v) > maxRows {
		return nil, platform.Refused(envelope.CodeTooLarge, "view", "it has %d rows; Slack takes at most %d", len(v), maxRows)
	}
	var rows []any
	for i, row := range v {
		if len(row) > maxElements {
			return nil, platform.Refused(envelope.CodeTooLarge, "view", "row %d has %d buttons; Slack takes at most %d", i+1, len(row), maxElements)
		}
		var buttons []any
		for j, b := range row {
			button, err := buttonOf(b, fmt.Sprintf("%s%d.%d", ourAction, i, j))
			if err != nil {
				return nil, err
			}
			buttons = append(buttons, button)
		}
		if len(buttons) > 0 {
			rows = append(rows, params{"type": "actions", "elements": buttons})
		}
	}
	return rows, nil
}

func buttonOf(b envelope.Button, action string) (params, error) {
	label := b.Label
	if b.Emoji != "" {
		label = b.Emoji + " " + b.Label
	}
	if label == "" {
		label = "·" // Slack takes none without a text
	}
	if n := render.CodePoints(label); n > maxLabel {
		return nil, platform.Refused(envelope.CodeTooLarge, "view", "the label %.80q has %d characters; Slack takes at most %d", label, n, maxLabel)
	}
	if n := render.CodePoints(b.CustomID); n > maxValue {
		return nil, platform.Refused(envelope.CodeTooLarge, "view", "a custom_id has %d characters; Slack takes at most %d", n, maxValue)
	}
	out := params{"type": "button", "action_id": action, "text": params{"type": "plain_text", "text": label, "emoji": true}}
	if b.CustomID != "" {
		out["value"] = b.CustomID
	}
	if b.URL != "" {
		out["url"] = b.URL
	}
	switch b.Style {
	case "primary", "success":
		out["style"] = "primary"
	case "danger":
		out["style"] = "danger"
	}
	return out, nil
}
