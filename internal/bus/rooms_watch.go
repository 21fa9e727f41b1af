package bus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/platform"
)

const (
	// A subscription that is silent for that long is asked whether it lives,
	// and given up if it is silent for as long again.
	watchSilence = 3 * time.Second

	watchAgainFirst = 50 * time.Millisecond
	watchAgainMost  = 2 * time.Second
)

var errSilent = errors.New("the subscription does not answer")

// Watch calls f for each change and signal until ctx ends. A connection that
// breaks is made anew, and f then gets Lost.
func (r *Rooms) Watch(ctx context.Context, f func(platform.RoomNews)) error {
	sub, err := r.subscribe(ctx)
	if err != nil {
		return fmt.Errorf("watch the rooms: %w", err)
	}
	go r.watch(ctx, sub, f)
	return nil
}

// watch follows one subscription after the other.
func (r *Rooms) watch(ctx context.Context, sub *redis.PubSub, f func(platform.RoomNews)) {
	for {
		err := r.follow(ctx, sub, f)
		if ctx.Err() != nil {
			return
		}
		r.log.Warn("the watch on the rooms broke off; trying again", "error", err)
		wait := watchAgainFirst
		for sub = nil; sub == nil; wait = min(2*wait, watchAgainMost) {
			pause(ctx, wait)
			if ctx.Err() != nil {
				return
			}
			sub, _ = r.subscribe(ctx) // it was told above
		}
		f(platform.RoomNews{Lost: true}) // what comes from here on is heard again
	}
}

// subscribe makes a subscription that has begun. The client would connect
// again by itself, and tell nobody what it missed: so a subscription on which
// anything failed is never read again.
func (r *Rooms) subscribe(ctx context.Context) (*redis.PubSub, error) {
	sub := r.bus.client.Subscribe(ctx, r.channel)
	if _, err := sub.ReceiveTimeout(ctx, r.silence); err != nil {
		return nil, errors.Join(err, sub.Close())
	}
	return sub, nil
}

// follow hands on what is heard until the subscription breaks or ctx ends,
// and closes it.
func (r *Rooms) follow(ctx context.Context, sub *redis.PubSub, f func(platform.RoomNews)) error {
	defer sub.Close()                                            //nolint:errcheck // nothing is left in it
	disarm := context.AfterFunc(ctx, func() { _ = sub.Close() }) // ends a wait
	defer disarm()
	for asked := false; ; {
		v, err := sub.ReceiveTimeout(ctx, r.silence)
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			if asked {
				return errSilent
			}
			asked, err = true, sub.Ping(ctx)
		}
		if err != nil {
			return err
		}
		switch v := v.(type) {
		case *redis.Message:
			asked = false
			news, err := parseNews(v.Payload)
			if err != nil {
				r.log.Warn("something on the rooms' channel is not ours", "channel", r.channel, "error", err)
				continue
			}
			f(news)
		case *redis.Pong:
			asked = false
		case *redis.Subscription:
			return errors.New("the client connected again by itself")
		}
	}
}
