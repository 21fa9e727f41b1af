package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
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
	r, err := readRequest(part.Body)
	if err != nil {
		return platform.Result{}, err
	}
	if ended := webapi.Permitted(func() error { return platform.Permit(ctx) }); ended != nil {
		return platform.Result{}, ended
	}
	here := typist.Place{Channel: part.ChannelID, Thread: part.ThreadID}
	if r.Method == "" {
		a.typing.End(here)
		return platform.Result{}, nil
	}
	counted := part.Type == envelope.TypeMessage || part.Type == envelope.TypeEdit || part.Type == envelope.TypeStream
	noted := host.Now()
	if counted {
		if wait, gate := a.rates.take(part.ChannelID, noted); wait > 0 {
			return platform.Result{}, platform.TooSoon(wait, gate, "not sent yet: Telegram's published rate is used up")
		}
	}
	limited, cancel := context.WithTimeout(ctx, a.config.timeout)
	defer cancel()
	do := a.request
	if part.Type != envelope.TypeDelete && r.Method == "deleteMessage" {
		do = a.clearAway
	}
	var left atomic.Int64 // how long after that it was last written, 0 = never; a write may outlive the request
	result, failure := do(limited, host, r, func() error {
		left.Store(max(1, int64(host.Now().Sub(noted))))
		return platform.Permit(ctx)
	})
	if counted && left.Load() > 0 {
		took := host.Now().Sub(noted)
		a.rates.late(part.ChannelID, noted, took, took-time.Duration(left.Load()))
	}
	if failure != nil {
		if failure.Code == envelope.CodeRateLimited {
			failure.Gate = a.floods.reach(part.ChannelID, failure.RetryAfter, host.Now())
		}
		return platform.Result{}, failure
	}
	switch {
	case part.Type == envelope.TypeTyping:
		a.typing.Begin(here, time.Duration(r.TTL*float64(time.Second)))
	case counted:
		a.typing.End(here)
		result.Pauses = a.rates.pauses(part.ChannelID, host.Now())
	}
	return result, nil
}

func readRequest(body []byte) (request, error) {
	var r request
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // an id is more than a float holds
	if err := decoder.Decode(&r); err != nil {
		return r, &platform.Error{Code: envelope.CodeInternal, Sent: platform.SentNo, Message: "a stored request cannot be read", Cause: err}
	}
	return r, nil
}

// request makes a request, and another one where Telegram says that this form
// of it is not for this message: nothing was made then.
func (a *Adapter) request(ctx context.Context, host platform.Host, r request, permit func() error) (platform.Result, *platform.Error) {
	result, failure := a.once(ctx, host, r, permit)
	if other, ok := otherForm(r, failure); ok {
		r = other
		result, failure = a.once(ctx, host, r, permit)
	}
	if failure != nil && failure.Sent == platform.SentNo && done(r.Method, failure.Message) {
		return platform.Result{MessageID: idIn(r.Params)}, nil
	}
	return result, failure
}

// otherForm is the request that does the same for a message of another kind.
func otherForm(r request, failure *platform.Error) (request, bool) {
	switch {
	case failure == nil || failure.Sent != platform.SentNo:
	case r.Method == "editMessageText" && strings.Contains(failure.Message, "there is no text in the message to edit"):
		return asCaption(r), true
	case r.Method == "sendPhoto" && noPhoto(failure):
		r.Method, r.Field = asDocument, "document"
		return r, true
	}
	return r, false
}

// done: what was to be is so already.
func done(method, said string) bool {
	switch {
	case strings.HasPrefix(method, "editMessage"):
		return strings.Contains(said, "message is not modified")
	case method == "deleteMessage":
		return strings.Contains(said, "message to delete not found")
	}
	return false
}

// asCaption edits the text of a message that is a file.
func asCaption(r request) request {
	r.Method = "editMessageCaption"
	r.Params = r.Params.with(params{"caption": r.Params["text"], "caption_entities": r.Params["entities"]})
	delete(r.Params, "text")
	delete(r.Params, "entities")
	if r.Params["caption_entities"] == nil {
		delete(r.Params, "caption_entities")
	}
	return r
}

func (a *Adapter) once(ctx context.Context, host platform.Host, r request, permit func() error) (platform.Result, *platform.Error) {
	var file *upload
	if r.File != nil {
		var failure *platform.Error
		if file, failure = openFile(ctx, host.Media(), r); failure != nil {
			return platform.Result{}, failure
		}
		defer file.Close() //nolint:errcheck // only read
	}
	var made json.RawMessage
	if err := a.client.call(ctx, r.Method, r.Params, file, permit, &made); err != nil {
		return platform.Result{}, platform.AsError(err)
	}
	return readResult(r, made), nil
}

// readResult finds the message in an answer: most methods return it, some only
// true.
func readResult(r request, made json.RawMessage) platform.Result {
	var m struct {
		ID      int64           `json:"message_id"`
		ReplyTo json.RawMessage `json:"reply_to_message"`
	}
	if json.Unmarshal(made, &m) != nil || m.ID == 0 {
		return platform.Result{MessageID: idIn(r.Params)}
	}
	result := platform.Result{MessageID: number(m.ID)}
	if _, asked := r.Params["reply_parameters"]; asked && m.ReplyTo == nil {
		result.Warnings = append(result.Warnings, "reply_to: the message it was to answer is gone; it was sent without")
	}
	return result
}

// idIn is the message that a request is for, "" if it makes one.
func idIn(p params) string {
	id, _ := p["message_id"].(json.Number)
	return string(id)
}

// showTyping shows once more that we type.
func (a *Adapter) showTyping(ctx context.Context, p typist.Place) {
	to := params{"chat_id": chatID(p.Channel), "action": "typing"}
	if p.Thread != "" {
		to["message_thread_id"] = json.Number(p.Thread)
	}
	if err := a.client.read(ctx, "sendChatAction", to, nil); err != nil && ctx.Err() == nil {
		if host := a.host.Load(); host != nil {
			host.Log().Debug("typing could not be shown", "error", err)
		}
	}
}
