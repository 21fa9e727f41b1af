package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill-redisstream/pkg/redisstream"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bench"
)

func publishEntries(ctx context.Context, g *bench.Ground, load bench.Load) error {
	return load.Publish(ctx, g.Client, stream)
}

// Postern.

const posternPlatform = "noop"

func publishPostern(ctx context.Context, g *bench.Ground, load bench.Load) error {
	return load.Publish(ctx, g.Client, g.Names().Outbound(posternPlatform))
}

func consumePostern(ctx context.Context, g *bench.Ground, n int, handle func([]byte)) error {
	return g.Drain(ctx, posternPlatform, n, handle)
}

// pipelined is what one writes by hand for speed, and for a key to be handled
// once: claim, handle, done.
func pipelined(ctx context.Context, g *bench.Ground, n int, handle func([]byte)) error {
	c := g.Client
	if err := c.XGroupCreateMkStream(ctx, stream, group, "0").Err(); err != nil {
		return err
	}
	for left := n; left > 0; {
		got, err := c.XReadGroup(ctx, &redis.XReadGroupArgs{
			Group: group, Consumer: "hand", Streams: []string{stream, ">"}, Count: 512, Block: time.Second,
		}).Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return err
		}
		all := got[0].Messages
		keys, datas, ids := make([]string, len(all)), make([][]byte, len(all)), make([]string, len(all))
		claims := make([]*redis.BoolCmd, len(all))
		claim := c.Pipeline()
		for i, m := range all {
			text, _ := m.Values["data"].(string)
			datas[i], ids[i] = []byte(text), m.ID
			decoded, fault := envelope.DecodeOutbound(datas[i], envelope.DefaultLimits())
			if fault != nil {
				return fault
			}
			keys[i] = "hand:" + decoded.Envelope.MessageKey
			claims[i] = claim.SetNX(ctx, keys[i], m.ID, time.Minute)
		}
		if _, err := claim.Exec(ctx); err != nil {
			return err
		}
		done := c.Pipeline()
		for i := range all {
			if claims[i].Val() {
				handle(datas[i])
				done.Set(ctx, keys[i], "done", 24*time.Hour)
			}
		}
		done.XAck(ctx, stream, group, ids...)
		done.XDel(ctx, stream, ids...)
		if _, err := done.Exec(ctx); err != nil {
			return err
		}
		left -= len(all)
	}
	return nil
}

// watermillReaders is how many subscribers share the group.
const watermillReaders = 64

func publishWatermill(ctx context.Context, g *bench.Ground, load bench.Load) error {
	pipe := g.Client.Pipeline()
	for i := range load.Messages {
		values, err := redisstream.DefaultMarshallerUnmarshaller{}.Marshal(stream, message.NewMessage(watermill.NewShortUUID(), load.Envelope(i, time.Now())))
		if err != nil {
			return err
		}
		pipe.XAdd(ctx, &redis.XAddArgs{Stream: stream, Values: values})
		if pipe.Len() == 1000 || i+1 == load.Messages {
			if _, err := pipe.Exec(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func consumeWatermill(ctx context.Context, g *bench.Ground, n int, handle func([]byte)) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	url, err := redis.ParseURL(g.URL)
	if err != nil {
		return err
	}
	url.PoolSize = 2 * watermillReaders
	client := redis.NewClient(url)
	defer client.Close()
	if err := client.XGroupCreateMkStream(ctx, stream, group, "0").Err(); err != nil {
		return err
	}
	var handled atomic.Int64
	for i := range watermillReaders {
		s, err := redisstream.NewSubscriber(redisstream.SubscriberConfig{
			Client: client, Consumer: strconv.Itoa(i), ConsumerGroup: group, DisableIndefiniteInitialBlock: true,
		}, watermill.NopLogger{})
		if err != nil {
			return err
		}
		messages, err := s.Subscribe(ctx, stream)
		if err != nil {
			return err
		}
		go func() {
			for m := range messages {
				handle(m.Payload)
				m.Ack()
				handled.Add(1)
			}
		}()
	}
	return until(ctx, func() bool {
		if handled.Load() < int64(n) {
			return false
		}
		p, err := g.Client.XPending(ctx, stream, group).Result()
		return err == nil && p.Count == 0
	})
}

func publishAsynq(_ context.Context, g *bench.Ground, load bench.Load) error {
	opt, err := asynq.ParseRedisURI(g.URL)
	if err != nil {
		return err
	}
	client := asynq.NewClient(opt)
	defer client.Close()
	work := make(chan int)
	errs := make(chan error, 1)
	var wait sync.WaitGroup
	for range min(load.Messages, 64) {
		wait.Go(func() {
			for i := range work {
				if _, err := client.Enqueue(asynq.NewTask("message", load.Envelope(i, time.Now()))); err != nil {
					select {
					case errs <- err:
					default:
					}
				}
			}
		})
	}
	for i := range load.Messages {
		work <- i
	}
	close(work)
	wait.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

func consumeAsynq(ctx context.Context, g *bench.Ground, n int, handle func([]byte)) error {
	opt, err := asynq.ParseRedisURI(g.URL)
	if err != nil {
		return err
	}
	server := asynq.NewServer(opt, asynq.Config{
		Concurrency: 256, TaskCheckInterval: time.Millisecond, LogLevel: asynq.FatalLevel,
	})
	var handled atomic.Int64
	if err := server.Start(asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error {
		handle(t.Payload())
		handled.Add(1)
		return nil
	})); err != nil {
		return err
	}
	err = until(ctx, func() bool {
		if handled.Load() < int64(n) {
			return false
		}
		active, err := g.Client.LLen(ctx, "asynq:{default}:active").Result()
		return err == nil && active == 0
	})
	go server.Shutdown() // it takes a second or more, which is not the drain's
	return err
}

// until asks each 2 ms.
func until(ctx context.Context, ok func() bool) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("it does not come to its end: %w", ctx.Err())
		}
	}
	return nil
}
