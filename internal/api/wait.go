package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/respond"
)

// MaxWait is the longest that a request may wait for its receipt.
const MaxWait = time.Minute

// waitFor reads ?wait=. 0 = it does not wait.
func waitFor(r *http.Request) (time.Duration, *refusal) {
	query := r.URL.Query()
	if !query.Has("wait") {
		return 0, nil
	}
	d, err := time.ParseDuration(query.Get("wait"))
	if err != nil || d <= 0 || d > MaxWait {
		return 0, refuse(http.StatusBadRequest, envelope.CodeInvalid, "wait", "expected a duration of at most 60s, such as 10s")
	}
	return d, nil
}

// await answers with the receipt or the reply, or with the entry if that does
// not come. The envelope is published: from here on nothing is an error.
func (p *Publisher) await(w http.ResponseWriter, r *http.Request, post post, entry published, wait time.Duration) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(p.Stopping, cancel)()
	data, err := p.Waiters.Await(ctx, post.list, wait)
	var body []byte
	if err == nil {
		body, err = asJSON(data, post)
	}
	switch {
	case err == nil:
		respond.JSON(w, http.StatusOK, json.RawMessage(body))
		return
	case errors.Is(err, bus.ErrNoAnswer):
		entry.Note = "it has not ended within " + wait.String() + "; it goes on"
	case p.Stopping.Err() != nil:
		entry.Note = "this node stops; the entry goes on"
	default:
		p.Log.Warn("the answer to an envelope published over HTTP cannot be read", "request_id", of(r).id, "entry_id", entry.EntryID, "error", err)
		entry.Note = "its answer cannot be read; the entry goes on"
	}
	respond.JSON(w, http.StatusAccepted, entry)
}

// asJSON reads an answer, which is encoded as its envelope was.
func asJSON(data []byte, post post) ([]byte, error) {
	if post.rpc {
		reply, err := envelope.DecodeReply(data)
		if err != nil {
			return nil, err
		}
		return envelope.Encode(reply, envelope.JSON)
	}
	receipt, err := envelope.DecodeReceipt(data)
	if err != nil {
		return nil, err
	}
	receipt.Warnings = together(post.warnings, receipt.Warnings)
	return envelope.Encode(receipt, envelope.JSON)
}
