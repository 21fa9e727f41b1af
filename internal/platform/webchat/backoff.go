package webchat

import (
	"context"
	"time"
)

// backoff is the pause before asking again: 250 ms, doubling to 4 s.
type backoff struct{ next time.Duration }

// wait reports whether ctx goes on.
func (b *backoff) wait(ctx context.Context) bool {
	b.next = min(max(2*b.next, 250*time.Millisecond), 4*time.Second)
	t := time.NewTimer(b.next)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
