package openai

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Reply is how one request is answered. The zero value is an answer of no
// tokens.
type Reply struct {
	Tokens []string        // the content of one chunk each
	Pace   time.Duration   // between two chunks; 0: as fast as they go out
	Hold   <-chan struct{} // if set: waits for it to close between the tokens and the end
	Cut    bool            // breaks the connection off after the tokens: no finish_reason, no [DONE]

	Status     int           // if set: no answer but this error, 429 or 500 for example
	RetryAfter time.Duration // if set: the Retry-After of the error, whole seconds
}

func (r Reply) refuse(w http.ResponseWriter) {
	if r.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(r.RetryAfter.Seconds())))
	}
	refuse(w, r.Status, "this request was told to fail")
}

// refuse writes an error in the form that these endpoints share.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{
		"message": message, "type": kindOf(status), "param": nil, "code": nil,
	}})
}

func kindOf(status int) string {
	switch {
	case status == http.StatusTooManyRequests:
		return "rate_limit_exceeded"
	case status >= http.StatusInternalServerError:
		return "server_error"
	default:
		return "invalid_request_error"
	}
}

// stream writes the whole answer, unless the client goes away or the test ends.
func (r Reply) stream(ctx context.Context, w http.ResponseWriter, model string, ended <-chan struct{}) {
	w.Header().Set("Content-Type", "text/event-stream")
	e := events{w: w, model: model}
	e.comment("keep-alive")
	e.chunk(map[string]any{"role": "assistant", "content": ""}, nil)
	for i, token := range r.Tokens {
		if i > 0 && !pause(ctx, r.Pace, ended) {
			return
		}
		e.chunk(map[string]any{"content": token}, nil)
	}
	if r.Hold != nil {
		select {
		case <-r.Hold:
		case <-ended:
			panic(http.ErrAbortHandler) // the server's way to break off
		case <-ctx.Done():
			return
		}
	}
	if r.Cut {
		panic(http.ErrAbortHandler)
	}
	e.chunk(map[string]any{}, "stop")
	e.write("data: [DONE]\n\n")
}

// pause reports false if there is no point in going on.
func pause(ctx context.Context, d time.Duration, ended <-chan struct{}) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-ended:
	}
	return false
}

// events writes server-sent events.
type events struct {
	w     http.ResponseWriter
	model string
}

func (e events) comment(text string) { e.write(": " + text + "\n\n") }

func (e events) chunk(delta map[string]any, finish any) {
	data, err := json.Marshal(map[string]any{
		"id": "chatcmpl-test", "object": "chat.completion.chunk", "created": 0, "model": e.model,
		"choices": []any{map[string]any{"index": 0, "delta": delta, "finish_reason": finish}},
	})
	if err != nil {
		panic(fmt.Sprintf("a chunk of strings does not marshal: %v", err))
	}
	e.write("data: " + string(data) + "\n\n")
}

// write sends the text in two pieces. A client that went away is noticed by
// the request's context, not here.
func (e events) write(text string) {
	flusher := http.NewResponseController(e.w)
	half := len(text) / 2
	for _, piece := range []string{text[:half], text[half:]} {
		_, _ = e.w.Write([]byte(piece))
		_ = flusher.Flush()
	}
}
