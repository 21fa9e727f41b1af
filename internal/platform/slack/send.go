package slack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
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
	if r.Method == "" && part.Type != envelope.TypeTyping {
		return platform.Result{}, nil
	}
	if r.Method == "" {
		return platform.Result{Warnings: []string{"typing: Slack shows it in threads alone, and this is none"}}, nil
	}
	noted := host.Now()
	if wait, gate := a.rates.take(r.Method, part.ChannelID, noted); wait > 0 {
		return platform.Result{}, platform.TooSoon(wait, gate, "not sent yet: Slack's published rate is used up")
	}
	limited, cancel := context.WithTimeout(ctx, a.config.timeout)
	defer cancel()
	var left atomic.Int64 // how long after that it was last written, 0 = never; a write may outlive the request
	result, failure := a.perform(limited, host, r, part, func() error {
		left.Store(max(1, int64(host.Now().Sub(noted))))
		return platform.Permit(ctx)
	})
	if left.Load() > 0 {
		took := host.Now().Sub(noted)
		a.rates.late(r.Method, part.ChannelID, took, took-time.Duration(left.Load()))
	}
	if failure != nil {
		if failure.Code == envelope.CodeRateLimited && r.Method == post {
			failure.Gate = a.floods.reach(part.ChannelID, failure.RetryAfter, host.Now())
		}
		return platform.Result{}, failure
	}
	switch r.Method {
	case setStatus:
		a.typing.Begin(here, time.Duration(r.TTL*float64(time.Second)))
	case post, share, update:
		a.typing.End(here) // Slack takes the status away with a message
	}
	result.Pauses = a.rates.pauses(r.Method, part.ChannelID, host.Now())
	return result, nil
}

func readRequest(body []byte) (request, error) {
	var r request
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&r); err != nil {
		return r, &platform.Error{Code: envelope.CodeInternal, Sent: platform.SentNo, Message: "a stored request cannot be read", Cause: err}
	}
	return r, nil
}

// perform makes a request in the way that its method takes.
func (a *Adapter) perform(ctx context.Context, host platform.Host, r request, part platform.Part, permit func() error) (platform.Result, *platform.Error) {
	switch {
	case r.Method == share:
		return a.shareFiles(ctx, host, r, part.Key, permit)
	case r.Method == openView:
		return a.openModal(ctx, host, r, permit)
	case r.Method == postTo:
		return a.showTo(ctx, host, r, permit)
	case r.Method == post:
		r.Params["client_msg_id"] = messageID(part.Key)
		r.Params["metadata"] = mark(part.Key)
		result, failure := a.once(ctx, r, permit)
		if failure != nil && r.Answer != "" && isOutside(failure) {
			return a.answerOutside(ctx, host, r, failure, permit)
		}
		return result, failure
	case r.Method == remove && part.Type != envelope.TypeDelete:
		return a.clearAway(ctx, r, part, permit)
	case r.Stands:
		if failure := a.keepText(ctx, &r, part.ThreadID); failure != nil {
			return platform.Result{}, failure
		}
	}
	return a.once(ctx, r, permit)
}

// once makes one request. What was to be, and is so already, is done.
func (a *Adapter) once(ctx context.Context, r request, permit func() error) (platform.Result, *platform.Error) {
	var made struct {
		TS       string          `json:"ts"`
		Message  json.RawMessage `json:"message"`
		Warning  string          `json:"warning"`
		Warnings []string        `json:"-"`
	}
	if err := a.client.call(ctx, r.Method, r.Params, permit, &made); err != nil {
		failure := platform.AsError(err)
		if failure.Sent == platform.SentNo && done(r.Method, nameOf(failure)) {
			result := platform.Result{}
			if r.Method == post {
				result.Warnings = []string{"it had been sent before, and was deleted since"}
			}
			return result, nil
		}
		return platform.Result{}, failure
	}
	result := platform.Result{}
	switch r.Method {
	case post:
		result.MessageID = made.TS
	case update:
		result.MessageID, _ = r.Params["ts"].(string)
	}
	if made.Warning == "message_truncated" {
		result.Warnings = append(result.Warnings, "text: Slack cut it off")
	}
	return result, nil
}

// Marks by which a message is found again, and by which Slack may know it.
const (
	markType = "postern_part"
	markKey  = "key"
)

// mark is the metadata of a part (docs.slack.dev/messaging/message-metadata).
func mark(key string) params {
	return params{"event_type": markType, "event_payload": params{markKey: key}}
}

// blockID is the id of the block that a files message bears.
func blockID(key string) string { return markType + "-" + key }

// messageID is a client_msg_id: a UUID that is the same for the same part. Slack
// makes no second message under one that it has seen lately, and does not
// promise it (github.com/slackapi/java-slack-sdk/issues/852): it only narrows
// what Find cannot see.
func messageID(key string) string {
	sum := sha256.Sum256([]byte("postern " + key))
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum[:16])
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}

// keepText puts the text of a message as it stands into an edit of what stands
// below it.
func (a *Adapter) keepText(ctx context.Context, r *request, thread string) *platform.Error {
	channel, _ := r.Params["channel"].(string)
	ts, _ := r.Params["ts"].(string)
	m, err := a.message(ctx, channel, thread, ts)
	if err != nil {
		return harmless(err)
	}
	below, _ := r.Params["blocks"].([]any)
	var blocks []any
	for _, b := range m.Blocks {
		if b.Type == "actions" {
			continue
		}
		blocks = append(blocks, b.raw)
	}
	r.Params = r.Params.with(params{"text": m.Text, "parse": "none", "link_names": false, "blocks": append(blocks, below...)})
	return nil
}
