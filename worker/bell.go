package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

// bell says that something was added to the stream. It takes nothing away, so
// every idle worker hears it; what it says may be stale.
type bell struct {
	redis  redis.UniversalClient
	stream string
	block  time.Duration
	log    *slog.Logger
	after  chan string   // the id after which to listen
	rung   chan struct{} // buffered
}

func newBell(client redis.UniversalClient, stream string, block time.Duration, log *slog.Logger) *bell {
	return &bell{
		redis: client, stream: stream, block: block, log: log,
		after: make(chan string), rung: make(chan struct{}, 1),
	}
}

// ask has it listen for what comes after id. It is not waited for: a bell that
// still listens, from earlier on, rings the sooner.
func (b *bell) ask(id string) {
	select {
	case b.after <- id:
	default:
	}
}

// ring listens whenever it is asked to, until ctx ends, or as long longer as one
// blocking read takes.
func (b *bell) ring(ctx context.Context) {
	for {
		select {
		case id := <-b.after:
			b.listen(ctx, id)
		case <-ctx.Done():
			return
		}
		select {
		case b.rung <- struct{}{}:
		default:
		}
	}
}

func (b *bell) listen(ctx context.Context, id string) {
	err := b.redis.XRead(ctx, &redis.XReadArgs{Streams: []string{b.stream, id}, Count: 1, Block: b.block}).Err()
	if err != nil && !errors.Is(err, redis.Nil) && ctx.Err() == nil {
		b.log.Debug("the stream cannot be listened to", "stream", b.stream, "error", err)
		pause(ctx, b.block)
	}
}
