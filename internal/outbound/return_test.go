package outbound

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// comeback watches how a platform is met when it is back: how many are under
// way at once, against how many have got through by then.
type comeback struct {
	up atomic.Bool

	mutex   sync.Mutex
	flight  int
	passed  int
	since   time.Time // of the first that passed
	refused time.Time
	stormed string
	probes  chan struct{}
}

// fail is the fake platform's.
func (c *comeback) fail(platform.Part, int) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.up.Load() {
		if now := time.Now(); now.Sub(c.refused) > 100*time.Millisecond { // not one of a burst
			c.probes <- struct{}{}
			c.refused = now
		}
		return down()
	}
	return nil
}

// returning is an adapter that counts who is under way.
type returning struct {
	fakeAdapter
	back *comeback
}

func (r returning) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	r.back.enter()
	result, err := r.fakeAdapter.Do(ctx, part)
	if err == nil {
		<-time.After(20 * time.Millisecond) // as far as the platform is away
	}
	r.back.leave(err == nil)
	return result, err
}

func (c *comeback) enter() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.flight++
	early := c.up.Load() && (c.passed == 0 || time.Since(c.since) < 900*time.Millisecond)
	if early && c.flight > c.passed+1 && c.stormed == "" {
		c.stormed = fmt.Sprintf("%d are under way when %d have got through", c.flight, c.passed)
	}
}

func (c *comeback) leave(passed bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.flight--
	if !passed {
		return
	}
	if c.passed++; c.passed == 1 {
		c.since = time.Now()
	}
}

// A platform is down, through many probes, with a hundred conversations
// waiting. Nothing is dead, no probe was an attempt, each conversation is
// delivered in order, and nobody storms what has just come back: within the
// first second never more are under way than have got through, and one.
func TestNoStormWhenAPlatformReturns(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	back := &comeback{probes: make(chan struct{}, 1024)}
	b.platform.fail = back.fail
	const channels, each = 100, 3
	var lists []string
	for n := range each {
		for c := range channels {
			lists = append(lists, b.say("c"+strconv.Itoa(c), fmt.Sprintf("k%d-%d", c, n), strconv.Itoa(n)))
		}
	}
	b.consumer("n1", func(c *Config) { c.Adapter, c.Limits.Lease = returning{fakeAdapter{b.platform}, back}, 15*time.Second })
	for range 4 { // 0.25, 0.5 and 1 s apart
		<-back.probes
	}
	back.up.Store(true)
	for _, list := range lists {
		if r := b.receipt(list); r.Status != envelope.StatusDelivered || r.Attempts != 1 {
			t.Fatalf("receipt %+v %+v", r, r.Error)
		}
	}
	for c := range channels {
		if got := b.platform.seen("c" + strconv.Itoa(c)); got != "0 1 2" {
			t.Errorf("channel %d saw %q", c, got)
		}
	}
	if back.stormed != "" {
		t.Error(back.stormed)
	}
}
