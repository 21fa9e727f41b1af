package crowd

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/posternhq/postern/envelope"
)

// echo is a worker that answers each message with its text, in the same room,
// and notes how long the message was on its way.
type echo struct {
	rdb    redis.UniversalClient
	stream string // outbound
	now    func() time.Duration

	in     Latencies // of the goroutine that runs
	echoed atomic.Int64
}

// startEcho runs until it is stopped; stop returns once it has ended, and why
// if that was not the stop.
func startEcho(ctx context.Context, rdb redis.UniversalClient, names envelope.Names, chat string, now func() time.Duration) (e *echo, stop func() error) {
	e = &echo{rdb: rdb, stream: names.Outbound(chat), now: now}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- e.run(ctx, names) }()
	return e, sync.OnceValue(func() error {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			return fmt.Errorf("the worker: %w", err)
		}
		return nil
	})
}

func (e *echo) run(ctx context.Context, names envelope.Names) error {
	for {
		read, err := e.rdb.XReadGroup(ctx, &redis.XReadGroupArgs{
			Group: names.WorkerGroup, Consumer: "echo", Streams: []string{names.InboundStream, ">"}, Count: 256, Block: time.Second,
		}).Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return err
		}
		pipe := e.rdb.Pipeline()
		for _, m := range read[0].Messages {
			pipe.XAck(ctx, names.InboundStream, names.WorkerGroup, m.ID)
			data, _ := m.Values["data"].(string)
			answer, err := e.answer([]byte(data))
			if err != nil {
				return fmt.Errorf("entry %s: %w", m.ID, err)
			}
			if answer == nil {
				continue
			}
			pipe.XAdd(ctx, &redis.XAddArgs{Stream: e.stream, Values: []any{"data", answer}})
			e.echoed.Add(1)
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return err
		}
	}
}

// answer is the envelope that answers an event; nil for one that is no
// message. It reads what it needs and no more: the worker shares the machine
// with what is measured.
func (e *echo) answer(data []byte) ([]byte, error) {
	var event struct {
		Event   envelope.EventType `msgpack:"event"`
		ID      string             `msgpack:"event_id"`
		Channel string             `msgpack:"channel_id"`
		Content string             `msgpack:"content"`
	}
	if err := msgpack.Unmarshal(data, &event); err != nil {
		return nil, err
	}
	if event.Event != envelope.EventMessage {
		return nil, nil
	}
	now := e.now()
	sent, ok := sentAt(event.Content)
	if !ok {
		return nil, fmt.Errorf("event %s: %q is no page's", event.ID, event.Content)
	}
	e.in.add(now - sent)
	return msgpack.Marshal(struct {
		Type    envelope.Type `msgpack:"type"`
		Channel string        `msgpack:"channel_id"`
		Key     string        `msgpack:"message_key"`
		Text    string        `msgpack:"text"`
	}{envelope.TypeMessage, event.Channel, "echo-" + event.ID, event.Content + " echoed " + strconv.FormatInt(now.Microseconds(), 10)})
}
