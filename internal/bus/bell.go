package bus

import (
	"context"
	"time"
)

// block is how long one blocking read waits; three of them without an answer
// and the connection is built anew.
const block = 1500 * time.Millisecond

// sureEvery is how late new work is noticed at the worst, should a ring be lost: so
// often a bell rings in any case. A group or a stream that is gone is found
// out then, if nothing is published before.
const sureEvery = 10 * block

// Bell wakes a consumer when something is published. It takes nothing: the
// entries are read under the fence. Many bells share few connections: see
// belfry.
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

// Run rings until ctx ends. It never waits for a blocked read: it leaves it.
func (b *Bell) Run(ctx context.Context) {
	var last ID
	sure := time.NewTicker(sureEvery)
	defer sure.Stop()
	for ctx.Err() == nil {
		select {
		case last = <-b.seen:
		default:
		}
		watch := b.stream.bus.belfry.watch(b.stream.Name, last)
		select {
		case err := <-watch.heard:
			b.Wake()
			if err == nil {
				last = b.awaitRead(ctx, last)
			} else {
				pause(ctx, block/3)
			}
		case <-sure.C:
			b.Wake()
			b.stream.bus.belfry.leave(watch)
		case <-ctx.Done():
			b.stream.bus.belfry.leave(watch)
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
