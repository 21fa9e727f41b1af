package command

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// echo is a worker, the smallest that is one: it reads events in the workers'
// group and answers each message where it came from.
type echo struct {
	client redis.UniversalClient
	names  envelope.Names
	stream string // the demo's outbound stream
}

// run works until ctx ends. Once typed is closed, it ends when every event is
// answered and every answer is delivered.
func (e echo) run(ctx context.Context, typed <-chan struct{}) error {
	err := e.client.XGroupCreateMkStream(ctx, e.names.InboundStream, e.names.WorkerGroup, "0").Err()
	if err != nil && !strings.HasPrefix(err.Error(), "BUSYGROUP") {
		return fmt.Errorf("making the workers' group: %w", err)
	}
	for ctx.Err() == nil {
		last := isClosed(typed) // asked before the read: what it then misses was never typed
		events, err := e.read(ctx)
		if err != nil {
			return err
		}
		for _, m := range events {
			if err := e.answer(ctx, m); err != nil {
				return err
			}
		}
		if last && len(events) == 0 {
			return e.awaitDelivery(ctx)
		}
	}
	return ctx.Err()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// read waits a moment for events nobody has read yet.
func (e echo) read(ctx context.Context) ([]redis.XMessage, error) {
	got, err := e.client.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: e.names.WorkerGroup, Consumer: "echo", Streams: []string{e.names.InboundStream, ">"},
		Count: 16, Block: 200 * time.Millisecond,
	}).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading events: %w", err)
	}
	return got[0].Messages, nil
}

// answer publishes one echo and only then acknowledges the event: if the
// worker dies in between, the key makes the second echo a duplicate.
func (e echo) answer(ctx context.Context, m redis.XMessage) error {
	event, err := envelope.DecodeEvent([]byte(field(m, "data")))
	if err != nil {
		return fmt.Errorf("reading event %s: %w", m.ID, err)
	}
	if event.Event == envelope.EventMessage {
		data, err := envelope.Encode(envelope.Outbound{
			Type: envelope.TypeMessage, Platform: event.Address.Platform,
			ChannelID: event.Address.ChannelID, ThreadID: event.Address.ThreadID,
			Text: "echo: " + event.Content, MessageKey: "echo:" + event.EventID, TraceID: event.TraceID,
		}, envelope.MessagePack)
		if err != nil {
			return err
		}
		if err := e.client.XAdd(ctx, &redis.XAddArgs{Stream: event.OutboundStream, Values: []any{"data", data}}).Err(); err != nil {
			return fmt.Errorf("publishing the echo: %w", err)
		}
	}
	return e.client.XAck(ctx, e.names.InboundStream, e.names.WorkerGroup, m.ID).Err()
}

// awaitDelivery waits until the outbound stream is empty: an entry leaves it
// when it is finished.
func (e echo) awaitDelivery(ctx context.Context) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		waiting, err := e.client.XLen(ctx, e.stream).Result()
		if err != nil || waiting == 0 {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
