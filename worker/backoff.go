package worker

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is a pause that doubles with each failure in a row.
type backoff struct {
	least, most time.Duration
	tries       int
}

func (b *backoff) reset() { b.tries = 0 }

// wait pauses, or until ctx ends.
func (b *backoff) wait(ctx context.Context) {
	pause(ctx, b.next())
}

// next is the next pause, of which half is left to chance: workers that failed
// together should not come back together.
func (b *backoff) next() time.Duration {
	d := doubled(b.least, b.most, b.tries)
	b.tries++
	return d/2 + rand.N(d/2+1)
}

// doubled is least, doubled n times, at most most.
func doubled(least, most time.Duration, n int) time.Duration {
	for ; n > 0 && least < most; n-- {
		least *= 2
	}
	return min(least, most)
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
