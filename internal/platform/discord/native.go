package discord

import (
	"net/http"
	"slices"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// ours are what the envelope's own fields and the key set, and native may not.
var ours = []string{"nonce", "enforce_nonce", "modal", "thread", "attachments"}

// withNative adds what native has to a message: embeds, components, a poll,
// stickers, allowed_mentions. Components come below the view's buttons; flags
// are joined.
func withNative(r *request, e *envelope.Outbound) error {
	for name, value := range e.Native {
		switch {
		case slices.Contains(ours, name):
		case name == "components":
			more, ok := value.([]any)
			if !ok {
				return platform.Refused(envelope.CodeInvalid, "native", "its components are no list of components")
			}
			rows, _ := r.Body["components"].([]any)
			r.Body["components"] = append(slices.Clone(rows), more...)
		case name == "flags":
			flags, ok := whole(value)
			if !ok {
				return platform.Refused(envelope.CodeInvalid, "native", "its flags are no number")
			}
			own, _ := r.Body["flags"].(int)
			r.Body["flags"] = own | flags
		default:
			r.Body[name] = value
		}
	}
	return nil
}

// whole reads a whole number, in whatever type the wire brought it.
func whole(v any) (int, bool) {
	switch n := v.(type) {
	case int64:
		return int(n), true
	case uint64:
		return int(n), n < 1<<32 //nolint:gosec // bounded
	case int:
		return n, true
	case float64:
		return int(n), n == float64(int(n))
	default:
		return 0, false
	}
}

// asPost makes a message into a new post of a forum, where native names one:
// {"thread": {"name": …}}.
func asPost(requests []request, e *envelope.Outbound, to string) ([]request, error) {
	value, asked := e.Native["thread"]
	if !asked {
		return requests, nil
	}
	thread, ok := value.(map[string]any)
	name, named := thread["name"].(string)
	switch {
	case !ok || !named || name == "":
		return nil, platform.Refused(envelope.CodeInvalid, "native", `its thread has no name; expected {"thread": {"name": "…"}}`)
	case e.InteractionID != "":
		return nil, platform.Refused(envelope.CodeInvalid, "native", "an answer to an interaction is no post of a forum: leave interaction_id out")
	case len(requests) > 1:
		return nil, platform.Refused(envelope.CodeTooLarge, "text", "a post begins with one message, and this takes %d: send the rest to its thread", len(requests))
	}
	post := fields{"message": requests[0].Body}
	for field, v := range thread {
		post[field] = v
	}
	return []request{{Method: http.MethodPost, Path: to + "/threads", Body: post, Files: requests[0].Files}}, nil
}

// planModal answers a click or a command with a form to fill in:
// {"modal": {"custom_id": …, "title": …, "components": […]}}.
func planModal(e *envelope.Outbound) ([]request, error) {
	modal, ok := e.Native["modal"].(map[string]any)
	switch {
	case !ok:
		return nil, platform.Refused(envelope.CodeInvalid, "native", `its modal is no object; expected {"modal": {"custom_id": …, "title": …, "components": […]}}`)
	case e.InteractionID == "":
		return nil, platform.Refused(envelope.CodeInvalid, "interaction_id", "a modal answers a click or a command: it needs the event's interaction_id")
	case e.Text != "" || len(e.Attachments) > 0 || len(e.View) > 0:
		return nil, platform.Refused(envelope.CodeInvalid, "native", "a modal is an answer by itself: send text, files and buttons in another message")
	}
	return []request{{Answers: e.InteractionID, Modal: modal}}, nil
}
