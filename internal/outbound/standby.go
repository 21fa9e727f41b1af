package outbound

import (
	"context"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// grant is a lease that came to us.
type grant struct {
	bus.Lease
	asked  time.Time // when the request that took it began
	robbed bool      // whose it was may still trust in it
}

// standBy asks for the lease until it is ours. It fails once the consumer stops.
//
// The lease is free when it was released (that is published, and asked for at
// once, or a moment later if it was for somebody else), when it ran out, or
// when its renewals have not moved for a lease and a margin on our own clock:
// Redis' clock may have stepped. It is asked for when either may be so, and
// not between.
func (c *Consumer) standBy(ctx context.Context, released <-chan string) (grant, error) {
	length := c.cfg.Limits.Lease
	token := bus.NewToken()
	trouble := newTrouble(c.cfg.Log, c.stream.Name)
	other := former{began: time.Now()}
	said := false
	select {
	case <-released: // while the lease was ours: we ask now
	default:
	}
	for {
		replace, renewals := c.last, int64(-1)
		if other.lease.Token != "" && time.Since(other.moved) > length+margin(length) {
			replace, renewals = other.lease.Token, other.lease.Renewals
		}
		start := time.Now()
		lease, err := c.stream.Acquire(ctx, token, c.cfg.Consumer, length, replace, renewals)
		var wait time.Duration
		switch {
		case err != nil && c.over(ctx):
			return grant{}, errStopped
		case err != nil:
			other.lost = true
			trouble.wait(ctx, err)
		case lease.Ours && c.over(ctx):
			_ = c.stream.Release(context.WithoutCancel(ctx), token, "") // unreleased, it runs out
			return grant{}, errStopped
		case lease.Ours:
			trouble.over()
			return grant{lease, start, other.robbed(lease, start, time.Now(), margin(length))}, nil
		default:
			trouble.over()
			other.saw(lease, start, time.Now())
			if !said {
				said = true
				c.cfg.Watcher.Role(RoleStandby, lease.Epoch)
				c.cfg.Log.Info("standing by: another process is active", "node", lease.Node, "epoch", lease.Epoch)
			}
			wait = length + margin(length) - time.Since(other.moved)
			if lease.Left >= 0 { // else somebody took its expiry away
				wait = min(wait, lease.Left)
			}
			wait = max(wait, 0) + 10*time.Millisecond + c.cfg.Fleet.Grace(c.cfg.Platform, lease.Node)
		}
		if !c.rest(ctx, wait, released) {
			return grant{}, errStopped
		}
	}
}

// over reports whether the consumer stops.
func (c *Consumer) over(ctx context.Context) bool {
	select {
	case <-c.stopping:
		return true
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// rest waits for d or for a release, and after one that is for another node for
// a moment more. False: the consumer stops.
func (c *Consumer) rest(ctx context.Context, d time.Duration, released <-chan string) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case heir := <-released:
		if heir != "" && heir != c.cfg.Consumer {
			return c.rest(ctx, heirGrace, nil)
		}
	case <-c.stopping:
		return false
	case <-ctx.Done():
		return false
	}
	return true
}
