package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/gatedhttp"
	"github.com/posternhq/postern/platform"
)

// idPrefix makes a webhook-id readable; the rest is the part's key, the same
// over every retry and every node.
const idPrefix = "msg_"

// Do posts one part and reads the answer.
func (a *Adapter) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	host := a.host.Load()
	if host == nil {
		return platform.Result{}, &platform.Error{
			Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "the webhook platform is not open",
		}
	}
	if err := platform.Permit(ctx); err != nil {
		return platform.Result{}, noPermit(err)
	}

	body, err := withMedia(ctx, host.Media(), part.Body)
	if err != nil {
		return platform.Result{}, err
	}
	g := gatedhttp.NewGate(func() error { return platform.Permit(ctx) })
	limited, cancel := context.WithTimeout(g.On(ctx), a.config.timeout)
	defer cancel()
	id := idPrefix + part.Key
	request, err := a.request(limited, id, host.Now(), body)
	if err != nil {
		return platform.Result{}, &platform.Error{
			Code: envelope.CodeInternal, Sent: platform.SentNo, Message: "the request could not be made", Cause: gatedhttp.WithoutURL(err),
		}
	}
	response, err := a.client.Do(request)
	if err != nil {
		return platform.Result{}, a.noAnswer(ctx, g, err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		refused := a.refusal(response, host.Now())
		drain(response.Body)
		return platform.Result{}, refused
	}
	return readResult(response.Body, id), nil
}

func (a *Adapter) request(ctx context.Context, id string, now time.Time, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.config.url.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	timestamp := strconv.FormatInt(now.Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "Postern")
	r.Header.Set(headerID, id)
	r.Header.Set(headerTimestamp, timestamp)
	if a.config.secret != nil {
		r.Header.Set(headerSignature, sign(a.config.secret, id, timestamp, body))
	}
	if a.config.idempotent {
		// An empty list is not sent; it tells net/http that a request that met
		// a kept connection just closed by the receiver may go out again.
		r.Header["Idempotency-Key"] = []string{}
	}
	return r, nil
}

// readResult finds the receiver's own id in the answer's JSON, if it gave one.
// A 2xx is delivered whatever its body holds.
func readResult(body io.Reader, id string) platform.Result {
	var answer struct {
		MessageID any `json:"message_id"`
	}
	text, err := io.ReadAll(io.LimitReader(body, maxAnswer))
	if err != nil {
		return platform.Result{MessageID: id, Warnings: []string{"the receiver's answer broke off; its message_id, if any, is not known"}}
	}
	if json.Unmarshal(text, &answer) != nil || answer.MessageID == nil {
		return platform.Result{MessageID: id}
	}
	own, ok := answer.MessageID.(string)
	if !ok || own == "" || len(own) > maxMessageID {
		return platform.Result{MessageID: id, Warnings: []string{
			fmt.Sprintf("the receiver's message_id was ignored: expected a string of 1 to %d bytes", maxMessageID),
		}}
	}
	return platform.Result{MessageID: own}
}

// drain reads what is left of a small answer, so that its connection can be
// used again; a large one costs the connection.
func drain(body io.Reader) { _, _ = io.CopyN(io.Discard, body, maxAnswer) }
