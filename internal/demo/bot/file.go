package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/worker"
)

func file(ctx context.Context, _ *worker.Client, m *worker.Message) error {
	data, err := picture()
	if err != nil {
		return worker.Permanent(err)
	}
	_, err = m.ReplyWith(ctx, envelope.Outbound{
		Type:        envelope.TypeMessage,
		Attachments: []envelope.Media{{Filename: "postern.png", Mimetype: "image/png", Data: data}},
		Text: told("The door, drawn just now. Send me a file, and it comes back.",
			fmt.Sprintf("a `message` with an attachment, its %s inside the envelope as `data`", size(int64(len(data)))), "media.md"),
	})
	return err
}

// received sends back what came.
func received(ctx context.Context, m *worker.Message) error {
	var text strings.Builder
	var back []envelope.Media
	for _, a := range m.Attachments {
		fmt.Fprintf(&text, "- **%s**, %s, `%s`\n", plain(a.Filename), size(a.Size), plain(a.Mimetype))
		back = append(back, envelope.Media{Filename: a.Filename, Mimetype: a.Mimetype, Blob: a.Blob})
	}
	_, err := m.ReplyWith(ctx, envelope.Outbound{
		Type: envelope.TypeMessage, Attachments: back,
		Text: told("I got\n\n"+strings.TrimSpace(text.String())+"\n\nand here it is again.",
			"the event named a `blob` of the media store, and so does the answer: the bytes did not pass through me", "media.md"),
	})
	return err
}

// plain takes away what would mean something in Markdown.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("\\`*_[]<>~|\r\n", r) {
			return ' '
		}
		return r
	}, s)
}

// size writes a number of bytes for people.
func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1e6:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
