package telegram

import (
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// keyboard is the buttons below a message.
type keyboard struct {
	Rows [][]button `json:"inline_keyboard"`
}

type button struct {
	Text string `json:"text"`
	Data string `json:"callback_data,omitempty"`
	URL  string `json:"url,omitempty"`
}

// keyboardOf turns a view into buttons; nil for none. Telegram has one look for
// all, so a style is not honoured.
func keyboardOf(v envelope.View) (*keyboard, error) {
	k := &keyboard{}
	count := 0
	for _, row := range v {
		var buttons []button
		for _, b := range row {
			label := strings.TrimSpace(b.Emoji + " " + b.Label)
			if label == "" {
				label = "·" // Telegram takes none without a text
			}
			if len(b.CustomID) > maxCallback {
				return nil, platform.Refused(envelope.CodeTooLarge, "view",
					"the custom_id %q has %d bytes; Telegram takes at most %d", b.CustomID, len(b.CustomID), maxCallback)
			}
			buttons = append(buttons, button{Text: label, Data: b.CustomID, URL: b.URL})
			count++
		}
		if len(buttons) > 0 {
			k.Rows = append(k.Rows, buttons)
		}
	}
	if count > maxButtons {
		return nil, platform.Refused(envelope.CodeTooLarge, "view", "it has %d buttons; Telegram takes at most %d", count, maxButtons)
	}
	if len(k.Rows) == 0 {
		return nil, nil
	}
	return k, nil
}
