package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/fault/history"
)

// Listen reads the replies that are there by now and keeps them: their lists
// last for two minutes only. Call it at least once in that time.
func (c *Crowd) Listen(ctx context.Context) error {
	c.mu.Lock()
	lists := keys(c.calls)
	c.mu.Unlock()
	for _, list := range lists {
		answers, err := c.config.Redis.LRange(ctx, list, 0, -1).Result()
		if err != nil {
			return fmt.Errorf("read the replies in %s: %w", list, err)
		}
		if err := c.hear(list, answers); err != nil {
			return fmt.Errorf("a reply in %s: %w", list, err)
		}
	}
	return nil
}

// hear keeps what of a list has not been heard: a list grows until its time has
// run out, and then one begins anew under its name.
func (c *Crowd) hear(list string, answers []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	fresh := answers
	if n := len(c.heard[list]); n <= len(answers) && slices.Equal(answers[:n], c.heard[list]) {
		fresh = answers[n:]
	}
	for _, text := range fresh {
		reply, err := envelope.DecodeReply([]byte(text))
		if err != nil {
			return err
		}
		c.replies = append(c.replies, history.Reply{List: list, Reply: reply})
	}
	c.heard[list] = answers
	return nil
}

// Gather adds to a history what the crowd knows and what stands in Redis:
// everything but Seen, Faults and Held.
func (c *Crowd) Gather(ctx context.Context, h *history.History) error {
	if err := c.Listen(ctx); err != nil {
		return err
	}
	h.Said = c.Said()
	c.mu.Lock()
	lists := keys(c.lists)
	h.Replies = slices.Clone(c.replies)
	c.mu.Unlock()
	h.Receipts = nil
	for _, list := range lists {
		texts, err := c.config.Redis.LRange(ctx, list, 0, -1).Result()
		if err != nil {
			return fmt.Errorf("read the receipts in %s: %w", list, err)
		}
		for _, text := range texts {
			r, err := envelope.DecodeReceipt([]byte(text))
			if err != nil {
				return fmt.Errorf("a receipt in %s: %w", list, err)
			}
			h.Receipts = append(h.Receipts, history.Receipt{List: list, Receipt: r})
		}
	}
	var err error
	if h.Dead, err = c.records(ctx, "dead"); err != nil {
		return err
	}
	if h.Parked, err = c.records(ctx, "parked"); err != nil {
		return err
	}
	h.Left, err = c.Left(ctx)
	return err
}

// Left are the ids that stand in the stream, unread or unfinished.
func (c *Crowd) Left(ctx context.Context) ([]string, error) {
	entries, err := c.config.Redis.XRange(ctx, c.config.Stream, "-", "+").Result()
	if err != nil {
		return nil, fmt.Errorf("read what is left in %s: %w", c.config.Stream, err)
	}
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	pending, err := c.config.Redis.XPendingExt(ctx, &redis.XPendingExtArgs{
		Stream: c.config.Stream, Group: c.config.Group, Start: "-", End: "+", Count: 1000,
	}).Result()
	if err != nil && !redis.HasErrorPrefix(err, "NOGROUP") && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("read what is pending in %s: %w", c.config.Stream, err)
	}
	for _, p := range pending {
		if !slices.Contains(ids, p.ID) {
			ids = append(ids, p.ID)
		}
	}
	return ids, nil
}

func (c *Crowd) records(ctx context.Context, what string) ([]history.Record, error) {
	stream := envelope.Beside(c.config.Stream, what)
	entries, err := c.config.Redis.XRange(ctx, stream, "-", "+").Result()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", stream, err)
	}
	records := make([]history.Record, len(entries))
	for i, e := range entries {
		field := func(name string) string { s, _ := e.Values[name].(string); return s }
		records[i] = history.Record{
			ID: e.ID, Entry: field("original_msg_id"), Key: field("message_key"), Code: envelope.Code(field("code")),
			Field: field("field"), Error: field("error"), MessageIDs: strings.Fields(field("message_ids")),
		}
	}
	return records, nil
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
