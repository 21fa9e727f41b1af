package bus

import (
	"context"
	"sync"

	"github.com/redis/go-redis/v9"
)

// notices are the channels that this process listens on, over one connection
// however many platforms there are. It is there while somebody listens.
type notices struct {
	client  redis.UniversalClient
	changed chan struct{} // poked when who listens has changed

	mutex sync.Mutex
	heard map[string]map[chan string]struct{} // by channel
	end   context.CancelFunc                  // of the loop; nil = nobody listens
	wait  sync.WaitGroup
}

// noticeRoom is how many notices wait for one listener. More than that, and
// the newest are dropped: each only hastens what is asked for anyway.
const noticeRoom = 16

func newNotices(client redis.UniversalClient) *notices {
	return &notices{client: client, changed: make(chan struct{}, 1), heard: map[string]map[chan string]struct{}{}}
}

// listen receives what is published on channel until ctx ends. It does not
// wait for Redis.
func (n *notices) listen(ctx context.Context, channel string) <-chan string {
	out := make(chan string, noticeRoom)
	n.mutex.Lock()
	if n.end == nil {
		life, end := context.WithCancel(context.Background())
		n.end = end
		n.wait.Go(func() { n.loop(life) })
	}
	if n.heard[channel] == nil {
		n.heard[channel] = map[chan string]struct{}{}
	}
	n.heard[channel][out] = struct{}{}
	n.mutex.Unlock()
	n.poke()
	context.AfterFunc(ctx, func() { n.leave(channel, out) })
	return out
}

func (n *notices) leave(channel string, out chan string) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	delete(n.heard[channel], out)
	close(out)
	if len(n.heard[channel]) == 0 {
		delete(n.heard, channel)
	}
	if len(n.heard) == 0 {
		n.end()
		n.end = nil
	}
	n.poke()
}

func (n *notices) poke() {
	select {
	case n.changed <- struct{}{}:
	default:
	}
}

// loop keeps the subscription to what is listened to until ctx ends, and hands
// on what arrives. It waits for no listener. The client connects again by
// itself.
func (n *notices) loop(ctx context.Context) {
	sub := n.client.Subscribe(ctx)
	defer sub.Close() //nolint:errcheck // nothing is left in it
	messages := sub.ChannelWithSubscriptions(redis.WithChannelSize(1024))
	subscribed := map[string]struct{}{}
	for {
		select {
		case m, open := <-messages:
			if !open {
				return
			}
			switch m := m.(type) {
			case *redis.Message:
				n.hand(m.Channel, m.Payload)
			case *redis.Subscription:
				if m.Kind == "subscribe" { // also on a connection made again
					n.hand(m.Channel, NoticeListening)
				}
			}
		case <-n.changed:
			// The client remembers the channels even if this fails, and says them
			// again on its next connection.
			if more := n.differ(subscribed, true); len(more) > 0 {
				_ = sub.Subscribe(ctx, more...)
			}
			if less := n.differ(subscribed, false); len(less) > 0 {
				_ = sub.Unsubscribe(ctx, less...)
			}
		case <-ctx.Done():
			n.poke() // a loop that has followed us may have missed its own
			return
		}
	}
}

// differ brings subscribed up to what is listened to, one way, and returns
// what it changed.
func (n *notices) differ(subscribed map[string]struct{}, more bool) (changed []string) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if more {
		for channel := range n.heard {
			if _, done := subscribed[channel]; !done {
				subscribed[channel] = struct{}{}
				changed = append(changed, channel)
			}
		}
		return changed
	}
	for channel := range subscribed {
		if _, wanted := n.heard[channel]; !wanted {
			delete(subscribed, channel)
			changed = append(changed, channel)
		}
	}
	return changed
}

func (n *notices) hand(channel, notice string) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	for out := range n.heard[channel] {
		select {
		case out <- notice:
		default:
		}
	}
}

// close ends the subscription, whoever still listens.
func (n *notices) close() {
	n.mutex.Lock()
	if n.end != nil {
		n.end()
	}
	n.mutex.Unlock()
	n.wait.Wait()
}
