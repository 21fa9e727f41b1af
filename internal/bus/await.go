package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrNoAnswer says that nothing came in time.
var ErrNoAnswer = errors.New("no answer in time")

// ErrCrowded says that too many wait already.
var ErrCrowded = errors.New("too many wait for an answer already")

// Waiters wait for answers on lists, each on a connection of its own, apart
// from the connections that everything else shares.
type Waiters struct {
	client redis.UniversalClient
	places chan struct{}
}

// NewWaiters makes room for most waiters at once. It ends with the bus.
func (b *Bus) NewWaiters(most int) *Waiters {
	w := &Waiters{client: b.newClient(most), places: make(chan struct{}, most)}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.more = append(b.more, w.client)
	return w
}

// Enter takes a place, or returns ErrCrowded. Call leave once the answer is
// here, or no longer wanted.
func (w *Waiters) Enter() (leave func(), err error) {
	select {
	case w.places <- struct{}{}:
		return func() { <-w.places }, nil
	default:
		return nil, ErrCrowded
	}
}

// Await takes one value from a list that nobody else knows. It returns
// ErrNoAnswer when wait has passed, or ctx's error at most a second after its
// end.
func (w *Waiters) Await(ctx context.Context, list string, wait time.Duration) ([]byte, error) {
	for deadline := time.Now().Add(wait); ; {
		left := time.Until(deadline)
		if left <= 0 {
			return nil, ErrNoAnswer
		}
		// Redis counts a BLPOP's time in milliseconds, and 0 is for ever. The
		// client's own BLPop would make a second of anything shorter.
		block := max(min(left, time.Second), 10*time.Millisecond)
		limited, cancel := context.WithTimeout(ctx, block+time.Second) // a master that froze does not answer at all
		blpop := redis.NewStringSliceCmd(limited, "blpop", list, block.Seconds())
		_ = w.client.Process(limited, blpop)
		got, err := blpop.Result()
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, redis.Nil):
			continue
		case err != nil:
			return nil, fmt.Errorf("wait on %s: %w", list, err)
		}
		return []byte(got[1]), nil
	}
}
