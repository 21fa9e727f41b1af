package webapi

import (
	"context"
	"time"
)

// Pause waits for d, or until ctx ends.
func Pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Backoff is how long to wait after the nth failure in a row: first, doubling, at
// most most.
func Backoff(n int, first, most time.Duration) time.Duration {
	return min(first<<min(n-1, 10), most)
}
