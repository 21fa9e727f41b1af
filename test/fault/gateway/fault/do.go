package fault

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// request is one part on the wire; test/fault/sink reads it.
type request struct {
	body
	Key       string        `json:"key"`
	Type      envelope.Type `json:"type"`
	ChannelID string        `json:"channel_id"`
	ThreadID  string        `json:"thread_id,omitempty"`
	Part      int           `json:"part"`
	Count     int           `json:"count"`
}

// answer is the sink's, to a part and to a look.
type answer struct {
	MessageID string `json:"message_id"`
	Found     bool   `json:"found"`
}

// Do sends one part over a connection of its own: one that is kept, and closed
// by the other side just now, looks the same as a lost answer.
func (a *Adapter) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	if !a.open() {
		return platform.Result{}, unavailable("the connection is closed", nil)
	}
	r := request{
		Key: part.Key, Type: part.Type, ChannelID: part.ChannelID, ThreadID: part.ThreadID, Part: part.Index, Count: part.Count,
	}
	if err := json.Unmarshal(part.Body, &r.body); err != nil {
		return platform.Result{}, &platform.Error{Code: envelope.CodeInternal, Sent: platform.SentNo, Message: "a stored part cannot be read", Cause: err}
	}
	text, err := json.Marshal(r)
	if err != nil {
		return platform.Result{}, &platform.Error{Code: envelope.CodeInternal, Sent: platform.SentNo, Message: "a part cannot be written", Cause: err}
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, a.config.url+"/part", bytes.NewReader(text))
	if err != nil {
		return platform.Result{}, unavailable("no request can be made", err)
	}
	return a.exchange(ctx, post, a.unknown())
}

// Find looks a part up by its key.
func (a *Adapter) Find(ctx context.Context, part platform.Part, _ time.Time) (platform.Result, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, a.config.timeout)
	defer cancel()
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, a.config.url+"/find?key="+url.QueryEscape(part.Key), nil)
	if err != nil {
		return platform.Result{}, false, unavailable("no request can be made", err)
	}
	response, err := a.client.Do(get)
	if err != nil {
		return platform.Result{}, false, unavailable("the platform cannot be asked", err)
	}
	defer response.Body.Close()
	var said answer
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil || response.StatusCode != http.StatusOK {
		return platform.Result{}, false, unavailable(fmt.Sprintf("the platform answered %d to a look", response.StatusCode), err)
	}
	return platform.Result{MessageID: said.MessageID}, said.Found, nil
}

// exchange writes a request in one piece, if that is allowed at that moment,
// and reads the answer. unknown is the code of what may have been taken.
func (a *Adapter) exchange(ctx context.Context, r *http.Request, unknown envelope.Code) (platform.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, a.config.timeout)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", a.config.host)
	if err != nil {
		return platform.Result{}, unavailable("the platform cannot be reached", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	var wire bytes.Buffer
	r.Close = true
	if err := r.Write(&wire); err != nil {
		return platform.Result{}, unavailable("the request cannot be written", err)
	}
	if err := platform.Permit(ctx); err != nil {
		return platform.Result{}, unavailable("this node may not send any more", err)
	}
	lost := func(err error) error {
		return &platform.Error{Code: unknown, Sent: platform.SentUnknown, Message: "the platform did not answer", Cause: err}
	}
	if _, err := conn.Write(wire.Bytes()); err != nil {
		return platform.Result{}, lost(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), r)
	if err != nil {
		return platform.Result{}, lost(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return platform.Result{}, refusal(response, unknown)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return platform.Result{}, lost(err)
	}
	var said answer
	if err := json.Unmarshal(text, &said); err != nil {
		return platform.Result{}, lost(err)
	}
	return platform.Result{MessageID: said.MessageID}, nil
}

// unknown is the code for what may have happened: under a key it is only to be
// sent again.
func (a *Adapter) unknown() envelope.Code {
	if a.config.key == keyNative || a.config.key == keyWindow {
		return envelope.CodeTransient
	}
	return envelope.CodeUnknown
}
