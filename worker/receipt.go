package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// DeliveryError is a receipt of what did not reach the platform: it expired, is
// a dead letter, or parked. It unwraps to the receipt's error.
type DeliveryError struct{ Receipt envelope.Receipt }

// Error says how the envelope ended, and why.
func (e *DeliveryError) Error() string {
	text := fmt.Sprintf("entry %s is %s", e.Receipt.EntryID, e.Receipt.Status)
	if e.Receipt.Error != nil {
		text += ": " + e.Receipt.Error.Error()
	}
	return text
}

// Unwrap returns the receipt's *envelope.Error, if it has one.
func (e *DeliveryError) Unwrap() error {
	if e.Receipt.Error == nil {
		return nil
	}
	return e.Receipt.Error
}

// PublishAndWait publishes an envelope and waits for its receipt. A receipt of
// what was not delivered comes with a *DeliveryError. When ctx ends first, the
// envelope is still the gateway's to deliver.
func (c *Client) PublishAndWait(ctx context.Context, out envelope.Outbound) (envelope.Receipt, error) {
	if out.ReceiptTo != "" {
		return envelope.Receipt{}, fmt.Errorf("publish %s: receipt_to is %q; leave it empty here, or use Publish and Wait", out.Type, out.ReceiptTo)
	}
	out.ReceiptTo = c.inbox.list
	id, answer, err := c.inbox.publish(func() (string, error) { return c.Publish(ctx, out) })
	if err != nil {
		return envelope.Receipt{}, err
	}
	select {
	case data := <-answer:
		return receipt(data)
	case <-ctx.Done():
		c.inbox.forget(id)
		return envelope.Receipt{}, fmt.Errorf("wait for the receipt of entry %s: %w", id, context.Cause(ctx))
	case <-c.inbox.done:
		return envelope.Receipt{}, fmt.Errorf("wait for the receipt of entry %s: %w", id, errClosed)
	}
}

// Wait waits for a receipt on a list that an envelope's receipt_to named, such
// as <namespace>:reply:order-17, and takes it off. Unlike PublishAndWait's, such
// a receipt can still be had after the worker was restarted: for 24 hours.
func (c *Client) Wait(ctx context.Context, list string) (envelope.Receipt, error) {
	for {
		if err := context.Cause(ctx); err != nil {
			return envelope.Receipt{}, fmt.Errorf("wait for a receipt on %s: %w", list, err)
		}
		// It stays where it is until it has been read: see inbox.
		data, err := c.redis.BLMove(ctx, list, list, "left", "left", inboxBlock).Result()
		switch {
		case errors.Is(err, redis.Nil) || err != nil && over(ctx):
			continue
		case err != nil:
			return envelope.Receipt{}, fmt.Errorf("wait for a receipt on %s: %w", list, err)
		}
		if err := c.redis.LRem(ctx, list, 1, data).Err(); err != nil {
			c.log.Warn("a receipt was read but not taken off its list", "list", list, "error", err)
		}
		return receipt([]byte(data))
	}
}

// over reports whether ctx has ended. A connection's own timer, set to the same
// time, may go off a moment before that of ctx, which is then waited for.
func over(ctx context.Context) bool {
	if end, ok := ctx.Deadline(); ok && !time.Now().Before(end) {
		<-ctx.Done()
	}
	return ctx.Err() != nil
}

func receipt(data []byte) (envelope.Receipt, error) {
	r, err := envelope.DecodeReceipt(data)
	if err != nil {
		return envelope.Receipt{}, fmt.Errorf("read the receipt: %w", err)
	}
	switch r.Status {
	case envelope.StatusDead, envelope.StatusExpired, envelope.StatusParked:
		return r, &DeliveryError{r}
	}
	return r, nil
}
