package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/typist"
	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

// Do makes the request that a part is.
func (a *Adapter) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	host := a.host.Load()
	if host == nil {
		return platform.Result{}, webapi.Closed()
	}
	var r request
	if err := json.Unmarshal(part.Body, &r); err != nil {
		return platform.Result{}, &platform.Error{Code: envelope.CodeInternal, Sent: platform.SentNo, Message: "a stored request cannot be read", Cause: err}
	}
	permit := func() error { return platform.Permit(ctx) }
	if ended := webapi.Permitted(permit); ended != nil {
		return platform.Result{}, ended
	}
	here := typist.Place{Channel: part.ChannelID, Thread: part.ThreadID}
	switch {
	case r.Presence != nil:
		return platform.Result{}, asError(a.present(ctx, r.Presence, permit))
	case r.Method == "" && r.Answers == "":
		a.typing.End(here)
		return platform.Result{}, nil
	}
	limited, cancel := context.WithTimeout(ctx, longest(r, a.config.timeout))
	defer cancel()
	send := sender{client: a.client, media: host.Media(), maxFile: a.config.maxFile, permit: permit, now: host.Now(), warnings: &[]string{}}
	id, failure := a.once(limited, part, r, send)
	if failure != nil {
		return platform.Result{}, failure
	}
	result := platform.Result{MessageID: id, Warnings: *send.warnings, Gone: r.ClearsAfter && id == ""}
	switch part.Type {
	case envelope.TypeTyping:
		a.typing.Begin(here, time.Duration(r.TTL*float64(time.Second)))
	case envelope.TypeMessage, envelope.TypeEdit, envelope.TypeStream:
		a.typing.End(here)
	}
	result.Pauses = a.client.buckets.pauses(routeOf(r.Method, r.Path), part.Type == envelope.TypeStream, time.Now())
	return result, nil
}

// longest is how long a request may take. One that hangs and bears a key is given
// up so early that it, and a second one that hangs, can be sent again while
// Discord keeps the key; an upload may need its time.
func longest(r request, timeout time.Duration) time.Duration {
	if !r.Makes || keyless(r) || len(r.Files) > 0 {
		return timeout
	}
	return min(timeout, keyWindow*time.Second/3)
}

// asError keeps a nil error nil.
func asError(err error) error {
	if err == nil {
		return nil
	}
	return err
}

// once makes a request and returns the id of the message that it made or
// changed. What is so already counts as done.
func (a *Adapter) once(ctx context.Context, part platform.Part, r request, send sender) (string, *platform.Error) {
	ours := false
	switch {
	case r.Answers != "":
		return a.answer(ctx, part, r, send)
	case r.Makes:
		return send.message(ctx, r, part.Key)
	case r.ClearsAfter:
		return a.clearAway(ctx, r, send)
	case r.Method == http.MethodDelete && r.Target != "":
		ours = a.deleted.add(r.Target) // before Discord tells us of it
	}
	var made message
	failure := send.request(ctx, call{method: r.Method, path: r.Path, body: bodyOf(r)}, r.Files, &made)
	if failure != nil {
		gone := r.Method == http.MethodDelete && (codeOf(failure) == codeUnknownMessage && r.Target != "" || codeOf(failure) == 10014)
		if !gone {
			if ours && failure.Sent == platform.SentNo {
				a.deleted.remove(r.Target) // who deletes it now, is somebody else
			}
			return "", failure
		}
	}
	switch {
	case r.Target != "":
		return r.Target, nil
	default:
		return made.ID, nil
	}
}

func bodyOf(r request) any {
	if r.Body == nil {
		return nil
	}
	return r.Body
}

// sender makes the requests of one part.
type sender struct {
	client   *client
	media    platform.Media
	maxFile  int64
	permit   func() error
	now      time.Time
	warnings *[]string
}

func (s sender) warn(text string) { *s.warnings = append(*s.warnings, text) }

// message makes a message in a channel, under its key: Discord returns the one
// that it has for a key that it knows, or says that it is gone.
func (s sender) message(ctx context.Context, r request, key string) (string, *platform.Error) {
	body := maps.Clone(r.Body)
	body["nonce"], body["enforce_nonce"] = key, true
	if flags, ok := body["flags"]; ok && r.Answers != "" {
		n, _ := whole(flags)
		body["flags"] = n &^ flagEphemeral
	}
	var made struct {
		message
		Reference *reference `json:"message_reference"`
	}
	failure := s.request(ctx, call{method: r.Method, path: r.Path, body: body}, r.Files, &made)
	switch {
	case codeOf(failure) == codeUnknownMessage && !forwards(body):
		s.warn("it had been sent, and somebody has deleted it since")
		return "", nil
	case failure != nil:
		return "", failure
	}
	if r.ReplyAsked && made.Reference == nil {
		s.warn("reply_to: the message it was to answer is gone; it was sent without")
	}
	return made.ID, nil
}

// forwards reports whether a message forwards another: then that one, too, may be
// what is gone, and ours was perhaps never sent
// (docs.discord.com/developers/resources/message#message-reference-types).
func forwards(body fields) bool {
	reference, _ := body["message_reference"].(map[string]any)
	kind, _ := whole(reference["type"])
	return kind == 1
}

// request makes one request, if its bucket has room.
func (s sender) request(ctx context.Context, c call, files []envelope.Media, result any) *platform.Error {
	route := routeOf(c.method, c.path)
	if wait, gate := s.client.buckets.take(route, time.Now()); wait > 0 {
		return platform.TooSoon(wait, gate, "not sent yet: a limit that Discord has announced is used up")
	}
	defer func() { s.client.buckets.land(route, time.Now()) }()
	defer func() {
		for _, f := range c.files {
			_ = f.Close()
		}
	}()
	for _, f := range files {
		file, failure := webapi.Open(ctx, s.media, f, s.maxFile, fmt.Sprintf("Discord takes at most %d here (max_file)", s.maxFile))
		if failure != nil {
			return failure
		}
		c.files = append(c.files, file)
	}
	return s.client.do(ctx, c, s.permit, result)
}

// showTyping shows once more that we type.
func (a *Adapter) showTyping(ctx context.Context, p typist.Place) {
	id := p.Channel
	if p.Thread != "" {
		id = p.Thread
	}
	err := a.client.read(ctx, http.MethodPost, "/channels/"+id+"/typing", nil, nil)
	if host := a.host.Load(); err != nil && ctx.Err() == nil && host != nil && !errors.Is(err, context.Canceled) {
		host.Log().Debug("typing could not be shown", "error", err)
	}
}
