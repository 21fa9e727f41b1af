package slack

import (
	"context"
	"strings"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
	"github.com/posternhq/postern/internal/render"
	"github.com/posternhq/postern/platform"
)

// clearAway deletes a message that an edit has no more text for. One with files
// stays, under their names: the edit is of the text, and files that are gone
// nobody brings back. Where the bot may not read what it is, it stays with its
// text taken away, which chat.update does to either.
func (a *Adapter) clearAway(ctx context.Context, r request, part platform.Part, permit func() error) (platform.Result, *platform.Error) {
	channel, _ := r.Params["channel"].(string)
	ts, _ := r.Params["ts"].(string)
	says := func(text string) request {
		s := style(render.Plain(text), "")
		return request{Method: update, Params: content(s, nil).with(params{"channel": channel, "ts": ts})}
	}
	m, err := a.message(ctx, channel, part.ThreadID, ts)
	if err != nil {
		switch failure := platform.AsError(err); {
		case failure.Code == envelope.CodeNotFound && failure.Field == "message_id":
			return platform.Result{Gone: true}, nil
		case failure.Code == envelope.CodeForbidden:
			result, failure := a.once(ctx, says(planning.Ellipsis), permit)
			result.Warnings = append(result.Warnings, "text: a message that it has no more need of stays, as "+planning.Ellipsis+": whether it has files the bot may not read")
			return result, failure
		default:
			return platform.Result{}, harmless(err)
		}
	}
	if len(m.Files) == 0 {
		result, failure := a.once(ctx, r, permit)
		result.Gone = failure == nil
		return result, failure
	}
	var names []string
	for _, f := range m.Files {
		names = append(names, f.Title)
	}
	if label := strings.Join(names, "\n"); m.plain() != label {
		return a.once(ctx, says(label), permit)
	}
	return platform.Result{MessageID: ts}, nil
}

// plain is a message's text without its mark-up.
func (m *message) plain() string {
	var parts []string
	for i := range m.Blocks {
		for _, container := range m.Blocks[i].Elements {
			parts = append(parts, plainOf(container.Elements))
		}
	}
	if len(parts) == 0 {
		return m.Text
	}
	return strings.Join(parts, "\n")
}
