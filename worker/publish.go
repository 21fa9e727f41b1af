package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// Publish checks an envelope and adds it to the outbound stream of its
// platform, which must be named in it. It returns the entry's id; the envelope
// is then the gateway's to deliver, and outlives both of us.
//
// The error is an *envelope.Error that names the field if the envelope is not
// valid, a *BacklogError if the platform has too much to do, or Redis' own; in
// the last case it may have been published, and only one with a message_key may
// be published once more without being delivered twice. Under a context that is
// over nothing is published.
func (c *Client) Publish(ctx context.Context, out envelope.Outbound) (entryID string, err error) {
	// What keeps a worker whose conversation has been given away from talking in it.
	if err := context.Cause(ctx); err != nil {
		return "", fmt.Errorf("publish %s to %q: %w", out.Type, out.Platform, err)
	}
	data, err := c.encode(&out)
	if err != nil {
		return "", fmt.Errorf("publish %s to %q: %w", out.Type, out.Platform, err)
	}
	if err := c.platforms.admit(ctx, out.Platform); err != nil {
		return "", fmt.Errorf("publish %s: %w", out.Type, err)
	}
	return c.add(ctx, &out, data)
}

// encode checks the envelope by the gateway's own rules: what passes here is
// no dead letter there.
func (c *Client) encode(out *envelope.Outbound) ([]byte, error) {
	if out.Platform == "" {
		return nil, &envelope.Error{Code: envelope.CodeInvalid, Field: "platform", Message: "missing or empty: it names the stream to publish to"}
	}
	if err := envelope.CheckPlatform(out.Platform); err != nil {
		return nil, &envelope.Error{Code: envelope.CodeInvalid, Field: "platform", Message: err.Error()}
	}
	data, err := envelope.Encode(out, c.encoding)
	if err != nil {
		return nil, err
	}
	decoded, fault := envelope.DecodeOutbound(data, c.limits)
	if fault != nil {
		return nil, fault
	}
	for _, warning := range decoded.Warnings {
		c.log.Warn("an envelope has what its type has no use for", "type", out.Type, "platform", out.Platform, "warning", warning)
	}
	return data, nil
}

// add writes the entry.
func (c *Client) add(ctx context.Context, out *envelope.Outbound, data []byte) (string, error) {
	values := []any{"data", data, "ts", time.Now().Unix()}
	if out.TraceID != "" {
		values = append(values, "trace_id", out.TraceID)
	}
	id, err := c.redis.XAdd(ctx, &redis.XAddArgs{Stream: c.names.Outbound(out.Platform), Values: values}).Result()
	if err != nil {
		return "", fmt.Errorf("publish %s to %q: %w", out.Type, out.Platform, err)
	}
	return id, nil
}
