package outbound

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/redistest"
)

// Redis goes away and comes back empty: the group is made again, at 0.
func TestRedisComesBackEmpty(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newRecorder()
	b.consumer("n1", watched(w, time.Second))
	b.receipt(b.say("c", "k1", "before"))
	b.server.Restart()
	if r := b.receipt(b.say("c", "k2", "after")); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
	if got := texts(b.platform.await(t, 2)); got != "before after" {
		t.Errorf("the platform saw %s", got)
	}
}

// Somebody destroys the group under us (pitfall 8 of Redis Streams).
func TestTheGroupIsMadeAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.consumer("n1")
	b.receipt(b.say("c", "k1", "before"))
	if err := b.client.XGroupDestroy(t.Context(), b.stream, b.names.Group("fake")).Err(); err != nil {
		t.Fatal(err)
	}
	if r := b.receipt(b.say("c", "k2", "after")); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
}

// Replies are lost, one after the other, at every kind of call: nothing is
// lost with them, nothing doubled, nothing out of order (pitfalls 4, 14, 15).
func TestRepliesAreLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	proxy := redistest.NewProxy(t, b.server)
	const messages = 300
	var last string
	for i := range messages {
		last = b.say("c"+strconv.Itoa(i%3), fmt.Sprint("k", i), strconv.Itoa(i))
	}
	lossy, err := bus.Open(bus.Options{URL: proxy.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lossy.Close() })
	done := make(chan struct{})
	lossless := make(chan struct{})
	go func() {
		defer close(lossless)
		for n := 1; ; n = (n*7 + 5) % 37 { // a new connection alone takes some replies
			select {
			case <-proxy.DropReply(1 + n):
			case <-done:
				return
			}
		}
	}()
	b.consumer("n1", func(c *Config) { c.Redis = lossy })
	r := b.receipt(last)
	b.awaitEmpty()
	close(done)
	<-lossless
	if r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
	got := b.platform.await(t, messages)
	if len(got) != messages {
		t.Errorf("%d messages of %d", len(got), messages)
	}
	next := map[string]int{"c0": 0, "c1": 1, "c2": 2}
	for _, a := range got {
		if n, _ := strconv.Atoi(a.text); n != next[a.channel] {
			t.Fatalf("channel %s: %s came where %d was due", a.channel, a.text, next[a.channel])
		}
		next[a.channel] += 3
	}
}

// Big entries wait at the far end of a slow line: as many as are usually read
// at once do not come in time, so fewer are asked for.
func TestBigEntriesOverASlowLine(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newWire(b)
	w.rate.Store(4 << 20)
	text := strings.Repeat("x", 900<<10)
	for range 32 {
		b.publish(map[string]any{"type": "message", "channel_id": "c", "text": text})
	}
	b.consumer("n1", through(w))
	b.platform.await(t, 1)
	w.rate.Store(0)
}
