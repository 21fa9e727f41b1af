package bus

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// block is how long one blocking read waits; three of them without an answer
// and the connection is built anew. It is also how late new work is noticed at
// the worst, should a ring be lost: every completed read rings.
const block = 1500 * time.Millisecond

// Bell is the blocking read that wakes a consumer when something is published.
// It takes nothing: the entries are read under the fence. It has a client of
// its own, because a blocked read holds its connection and cannot be
// interrupted but by closing it.
type Bell struct {
	stream *Stream
	ring   chan struct{}
	seen   chan ID
}

// NewBell makes a bell for the stream; it rings while Run runs.
func (s *Stream) NewBell() *Bell {
	return &Bell{stream: s, ring: make(chan struct{}, 1), seen: make(chan ID, 1)}
}

// Ring receives when there may be something new to read.
func (b *Bell) Ring() <-chan struct{} { return b.ring }

// Seen tells the bell the newest entry that was read: what is newer rings.
func (b *Bell) Seen(id ID) {
	select {
	case <-b.seen:
	default:
	}
	b.seen <- id
}

// Run rings until ctx ends. It never waits for a blocked read: it cuts it.
func (b *Bell) Run(ctx context.Context) {
	client := b.stream.bus.newClient(1)
	defer func() { client.Close() }()
	var last ID
	for ctx.Err() == nil {
		select {
		case last = <-b.seen:
		default:
		}
		answer := make(chan error, 1)
		go func(c redis.UniversalClient, after string) {
			answer <- c.XRead(ctx, &redis.XReadArgs{Streams: []string{b.stream.Name, after}, Count: 1, Block: block}).Err()
		}(client, last.String())
		watchdog := time.NewTimer(3 * block)
		select {
		case err := <-answer:
			watchdog.Stop()
			b.Wake()
			if err == nil {
				last = b.awaitRead(ctx, last)
			} else if !errors.Is(err, redis.Nil) {
				pause(ctx, block/3)
			}
		case <-watchdog.C:
			b.stream.bus.log.Warn("the blocking read is stuck; connecting anew", "stream", b.stream.Name)
			client.Close()
			client = b.stream.bus.newClient(1)
		case <-ctx.Done():
			watchdog.Stop()
			return
		}
	}
}

// Wake rings now.
func (b *Bell) Wake() {
	select {
	case b.ring <- struct{}{}:
	default:
	}
}

// awaitRead waits until the reader has told what it read, so that the same
// entry does not ring in a tight loop; a reader that is held up is rung again
// after one block.
func (b *Bell) awaitRead(ctx context.Context, last ID) ID {
	timer := time.NewTimer(block)
	defer timer.Stop()
	select {
	case id := <-b.seen:
		return id
	case <-timer.C:
	case <-ctx.Done():
	}
	return last
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
