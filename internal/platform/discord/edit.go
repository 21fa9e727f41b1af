package discord

import (
	"net/http"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// planEdit replaces the text of the messages that are there, in order. What the
// new text does not need is deleted, what it needs more is sent. Buttons are on
// the last one; without a view there are none.
func planEdit(e *envelope.Outbound, to string, ids []string) ([]request, error) {
	rows, err := components(e.View)
	if err != nil {
		return nil, err
	}
	change := func(id string, body fields) request {
		return request{Method: http.MethodPatch, Path: to + "/messages/" + id, Target: id, Body: body}
	}
	if e.Text == "" {
		last := change(ids[len(ids)-1], fields{"components": orNone(rows)})
		return []request{last}, withNative(&last, e)
	}
	texts, err := split(e)
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return nil, platform.Refused(envelope.CodeInvalid, "text", "nothing of it can be seen")
	}
	var requests []request
	for i, s := range texts {
		body := fields{"content": s, "allowed_mentions": allowed(e), "components": []any{}}
		if i < len(ids) {
			requests = append(requests, change(ids[i], body))
		} else {
			delete(body, "components")
			requests = append(requests, request{Method: http.MethodPost, Path: to + "/messages", Makes: true, Body: body})
		}
	}
	last := &requests[len(requests)-1]
	if len(rows) > 0 {
		last.Body["components"] = rows
	}
	if err := withNative(last, e); err != nil {
		return nil, err
	}
	surplus := ids[min(len(texts), len(ids)):]
	if e.Type == envelope.TypeStream && !e.Final {
		// They may be needed again. One that was deleted could not be sent anew:
		// its key would lead Discord to what is gone.
		for _, id := range surplus {
			requests = append(requests, change(id, fields{"content": placeholder}))
		}
		return requests, nil
	}
	for _, r := range planDelete(to, surplus) {
		r.ClearsAfter = true
		requests = append(requests, r)
	}
	return requests, nil
}

func orNone(rows []any) []any {
	if rows == nil {
		return []any{}
	}
	return rows
}
