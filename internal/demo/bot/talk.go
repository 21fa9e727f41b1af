package bot

import (
	"context"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/worker"
)

// echoKey names the echo of a message, so that it can be changed when the
// message is.
func echoKey(messageID string) string { return "demo:echo:" + messageID }

func echo(ctx context.Context, m *worker.Message) error {
	_, err := m.ReplyWith(ctx, envelope.Outbound{
		Type: envelope.TypeMessage, Text: "echo: " + m.Content, MessageKey: echoKey(m.MessageID),
	})
	return err
}

// echoAgain changes the echo of what was changed.
func echoAgain(ctx context.Context, m *worker.Message) error {
	if strings.HasPrefix(m.Content, "/") {
		return nil // that had no echo
	}
	_, err := m.ReplyWith(ctx, envelope.Outbound{
		Type: envelope.TypeEdit, Text: "echo: " + m.Content, TargetKey: echoKey(m.MessageID),
	})
	return err
}

// mirror puts the visitor's emoji beside the visitor's, and takes it away with
// it.
func mirror(ctx context.Context, m *worker.Message) error {
	_, err := m.ReplyWith(ctx, envelope.Outbound{
		Type: envelope.TypeReaction, MessageID: m.MessageID, Emoji: m.Emoji, Remove: m.Removed,
	})
	return err
}

func buttons(ctx context.Context, _ *worker.Client, m *worker.Message) error {
	_, err := m.ReplyWith(ctx, envelope.Outbound{
		Type: envelope.TypeMessage,
		Text: told("What may I bring you?", "a `view`: rows of buttons. A `custom_id` comes back as a `button` event, a `url` is opened", "envelope.md"),
		View: envelope.View{
			{
				{Label: "Tea", Emoji: "🍵", CustomID: "tea", Style: "primary"},
				{Label: "Coffee", Emoji: "☕", CustomID: "coffee"},
			},
			{{Label: "What XADD is", URL: "https://redis.io/docs/latest/commands/xadd/"}},
		},
	})
	return err
}

// pressed answers a button to the one who pressed it alone.
func pressed(ctx context.Context, m *worker.Message) error {
	_, err := m.ReplyWith(ctx, envelope.Outbound{
		Type: envelope.TypeMessage, Ephemeral: true,
		Text: told("You pressed **"+m.CustomID+"**, and only you see this.",
			"a `button` event with an `interaction_id`; a `message` that answers it, marked `ephemeral`", "envelope.md"),
	})
	return err
}

func react(ctx context.Context, _ *worker.Client, m *worker.Message) error {
	if err := m.React(ctx, "🎉"); err != nil {
		return err
	}
	return m.Reply(ctx, told("There is a 🎉 on it. React to any message yourself: I put the same beside it.",
		"a `reaction` envelope with your message's `message_id`; yours comes as a `reaction` event", "envelope.md"))
}
