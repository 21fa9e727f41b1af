package worker

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/posternhq/postern/envelope"
)

const (
	callTimeout = 30 * time.Second // without a deadline; the gateway's default, too
	callGrace   = 2 * time.Second  // for the way of the gateway's own answer "timeout"; of a short call, a tenth
)

// RPCError is a call that was answered with an error.
type RPCError struct {
	Platform, Method string
	Code             envelope.Code
	Message          string
	Field            string        // of params, if one is at fault
	RetryAfter       time.Duration // 0 = not said
}

// Error says what was called and what came back.
func (e *RPCError) Error() string {
	text := fmt.Sprintf("call %s on %q: %s: ", e.Method, e.Platform, e.Code)
	if e.Field != "" {
		text += e.Field + ": "
	}
	return text + e.Message
}

// Call calls a method of a platform, such as identity, channels or
// execute_tool, and stores its result in what result points to, as
// json.Unmarshal does; nil discards it. params is nil, a map[string]any, or
// anything that is a JSON object. The context's deadline is the call's; without
// one it is 30 s. An answer that is an error comes as an *RPCError.
func (c *Client) Call(ctx context.Context, platform, method string, params, result any) error {
	fields, err := object(params)
	if err != nil {
		return fmt.Errorf("call %s on %q: %w", method, platform, err)
	}
	timeout := callTimeout
	if deadline, ok := ctx.Deadline(); ok {
		left := time.Until(deadline)
		timeout = left - min(callGrace, left/10)
	} else {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, callTimeout+callGrace)
		defer cancel()
	}
	id := rand.Text()
	answer, err := c.inbox.expect(id)
	if err != nil {
		return fmt.Errorf("call %s on %q: %w", method, platform, err)
	}
	defer c.inbox.forget(id)
	_, err = c.Publish(ctx, envelope.Outbound{
		Type: envelope.TypeRPC, Platform: platform, RequestID: id, Method: method, Params: fields,
		ReplyQueue: c.inbox.list, TimeoutMS: max(1, timeout.Milliseconds()),
	})
	if err != nil {
		return fmt.Errorf("call %s: %w", method, err)
	}
	select {
	case data := <-answer:
		return decodeReply(data, platform, method, result)
	case <-ctx.Done():
		return fmt.Errorf("call %s on %q: no reply within %v; is a gateway running for it? %w", method, platform, timeout, context.Cause(ctx))
	case <-c.inbox.done:
		return fmt.Errorf("call %s on %q: %w", method, platform, errClosed)
	}
}

func decodeReply(data []byte, platform, method string, result any) error {
	reply, err := envelope.DecodeReply(data)
	switch {
	case err != nil:
		return fmt.Errorf("call %s on %q: read the reply: %w", method, platform, err)
	case !reply.OK && reply.Error == nil:
		return &RPCError{Platform: platform, Method: method, Code: envelope.CodeInternal, Message: "it failed without saying how"}
	case !reply.OK:
		return &RPCError{
			Platform: platform, Method: method, Code: reply.Error.Code, Message: reply.Error.Message,
			Field: reply.Error.Field, RetryAfter: time.Duration(reply.Error.RetryAfter * float64(time.Second)),
		}
	case result == nil:
		return nil
	}
	text, err := json.Marshal(reply.Result)
	if err == nil {
		err = json.Unmarshal(text, result)
	}
	if err != nil {
		return fmt.Errorf("call %s on %q: the result is not what was expected: %w", method, platform, err)
	}
	return nil
}

// object turns parameters into the map that they are on the wire.
func object(params any) (map[string]any, error) {
	switch p := params.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return p, nil
	}
	text, err := json.Marshal(params)
	if err != nil {
		return nil, fmt.Errorf("params: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return nil, errors.New("params: expected what is a JSON object, such as a struct or a map")
	}
	return fields, nil
}
