package discord

import (
	"context"
	"net/http"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// planEdit replaces the text of the messages that are there, in order. What the
// new text does not need is deleted, unless it has files: see clearAway. What it
// needs more is sent. Buttons are on the last one; without a view there are none.
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

// clearAway deletes a message that an edit has no more text for. One with files
// stays, without a text: Discord leaves them where an edit does not speak of
// them. Where the bot may not read what it is, it stays too. It returns the id of
// what is still there.
func (a *Adapter) clearAway(ctx context.Context, r request, send sender) (id string, failure *platform.Error) {
	left := call{method: http.MethodPatch, path: r.Path, body: fields{"content": "", "components": []any{}}}
	var m message
	failure = send.request(ctx, call{method: http.MethodGet, path: r.Path}, nil, &m)
	switch {
	case failure == nil && len(m.Attachments) == 0:
		a.deleted.add(r.Target) // before Discord tells us of it
		failure = send.request(ctx, call{method: http.MethodDelete, path: r.Path}, nil, nil)
		if codeOf(failure) == codeUnknownMessage {
			return "", nil
		}
		return "", failure
	case codeOf(failure) == codeUnknownMessage:
		return "", nil
	case failure != nil && failure.Code == envelope.CodeForbidden:
		send.warn("text: a message that it has no more need of stays, as " + placeholder + ": whether it has files the bot may not read")
		left.body = fields{"content": placeholder, "components": []any{}}
	case failure != nil:
		return "", failure
	}
	return r.Target, send.request(ctx, left, nil, nil)
}

func orNone(rows []any) []any {
	if rows == nil {
		return []any{}
	}
	return rows
}
