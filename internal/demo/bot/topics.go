package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/worker"
)

// topic is one thing that the bot can show. Its answers say what happened on
// the wire and where to read on.
type topic struct {
	name  string // what one types behind the slash
	title string // on its button
	says  string // what it shows, for help
	emoji string
	show  func(context.Context, *worker.Client, *worker.Message) error
}

func topics() []topic {
	return []topic{
		{"stream", "Streaming", "a long answer that grows; pull the plug in the middle of it", "🌊", stream},
		{"buttons", "Buttons", "choices, and what a press brings back", "🔘", buttons},
		{"edit", "Edit", "a message that changes after it was sent", "✏️", edit},
		{"reaction", "Reaction", "an emoji on what you said, and yours on what I say", "🎉", react},
		{"file", "File", "a picture; send one yourself, and it comes back", "🖼️", file},
		{"typing", "Typing", "that somebody is about to answer", "💬", typing},
		{"tool", "Tool", "a program that I have the gateway run", "🎲", tool},
		{"later", "Later", "a message that is due in five seconds", "⏰", later},
		{"error", "Error", "what becomes of a message that can never be delivered", "💥", fault},
	}
}

// showID begins the custom_id of the buttons below help.
const showID = "show:"

const perRow = 3

func help(ctx context.Context, m *worker.Message, all []topic) error {
	var text strings.Builder
	var view envelope.View
	text.WriteString("I echo what you say. Beyond that I can show:\n\n")
	for i, t := range all {
		fmt.Fprintf(&text, "- `/%s` – %s\n", t.name, t.says)
		if i%perRow == 0 {
			view = append(view, nil)
		}
		view[len(view)-1] = append(view[len(view)-1], envelope.Button{Label: t.title, Emoji: t.emoji, CustomID: showID + t.name})
	}
	_, err := m.ReplyWith(ctx, envelope.Outbound{
		Type: envelope.TypeMessage, View: view,
		Text: told(strings.TrimSpace(text.String()), "one `message` envelope with `text` and a `view`", "envelope.md"),
	})
	return err
}

// told adds to an answer what happened, and which page of docs/ tells more.
func told(text, happened, page string) string {
	return fmt.Sprintf("%s\n\n*On the wire: %s. Read* `docs/%s`", text, happened, page)
}
