package webchat

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/harness"
)

// echo is a worker that answers each message with its text, in the same room,
// and notes how long the message was on its way.
type echo struct {
	rdb    *redis.Client
	stream string // outbound
	now    func() time.Duration

	in     latencies // of the goroutine that runs
	echoed atomic.Int64
}

// startEcho runs until the test ends. stop returns once it has ended.
func startEcho(t testing.TB, scene *harness.Scene, now func() time.Duration) (e *echo, stop func()) {
	t.Helper()
	names := envelope.NewNames("postern")
	e = &echo{rdb: scene.RDB, stream: names.Outbound(chat), now: now}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.run(ctx, names) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the worker: %v", err)
		}
	}
	t.Cleanup(stop)
	return e, stop
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
			data, _ := m.Values["data"].(string)
			event, err := envelope.DecodeEvent([]byte(data))
			if err != nil {
				return fmt.Errorf("entry %s: %w", m.ID, err)
			}
			pipe.XAck(ctx, names.InboundStream, names.WorkerGroup, m.ID)
			if event.Event != envelope.EventMessage {
				continue
			}
			now := e.now()
			e.in.add(now - sentAt(event.Content))
			answer, err := envelope.Encode(envelope.Outbound{
				Type: envelope.TypeMessage, ChannelID: event.Address.ChannelID, MessageKey: "echo-" + event.EventID,
				Text: fmt.Sprintf("%s echoed %d", event.Content, now.Microseconds()),
			}, envelope.MessagePack)
			if err != nil {
				return err
			}
			pipe.XAdd(ctx, &redis.XAddArgs{Stream: e.stream, Values: []any{"data", answer}})
			e.echoed.Add(1)
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return err
		}
	}
}
