package outbound

import (
	"context"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// standBy asks for the lease until it is ours. It returns the lease and when
// the request that took it began, or an error once the consumer stops.
//
// The lease is free when it was released (that is published, and asked for at
// once, or a moment later if it was for somebody else), when it ran out, or
// when its renewals have not moved for a lease and a margin on our own clock:
// Redis' clock may have stepped. It is asked for when either may be so, and
// not between.
func (c *Consumer) standBy(ctx context.Context, released <-chan string) (bus.Lease, time.Time, error) {
	length := c.cfg.Limits.Lease
	token := bus.NewToken()
	trouble := newTrouble(c.cfg.Log, c.stream.Name)
	var seen bus.Lease // somebody else's
	var moved time.Time
	said := false
	for {
		replace, renewals := c.last, int64(-1)
		if seen.Token != "" && time.Since(moved) > length+margin(length) {
			replace, renewals = seen.Token, seen.Renewals
		}
		start := time.Now()
		lease, err := c.stream.Acquire(ctx, token, c.cfg.Consumer, length, replace, renewals)
		var wait time.Duration
		switch {
		case err != nil && c.over(ctx):
			return bus.Lease{}, start, errStopped
		case err != nil:
			trouble.wait(ctx, err)
		case lease.Ours && c.over(ctx):
			_ = c.stream.Release(context.WithoutCancel(ctx), token, "") // unreleased, it runs out
			return bus.Lease{}, start, errStopped
		case lease.Ours:
			trouble.over()
			return lease, start, nil
		default:
			trouble.over()
			if lease.Token != seen.Token || lease.Renewals != seen.Renewals {
				seen, moved = lease, time.Now()
			}
			if !said {
				said = true
				c.cfg.Watcher.Role(RoleStandby, lease.Epoch)
				c.cfg.Log.Info("standing by: another process is active", "node", lease.Node, "epoch", lease.Epoch)
			}
			wait = length + margin(length) - time.Since(moved)
			if lease.Left >= 0 { // else somebody took its expiry away
				wait = min(wait, lease.Left)
			}
			wait = max(wait, 0) + 10*time.Millisecond + c.cfg.Fleet.Grace(c.cfg.Platform, lease.Node)
		}
		if !c.rest(ctx, wait, released) {
			return bus.Lease{}, start, errStopped
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
