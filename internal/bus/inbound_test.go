package bus

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

const inboundStream = "postern:inbound"

// onBoth runs a test against real Redis and against the embedded one.
func onBoth(t *testing.T, test func(t *testing.T, b *Bus, in *Inbound)) {
	t.Helper()
	for name, url := range map[string]func(*testing.T) string{
		"redis":    func(t *testing.T) string { return redistest.Start(t).URL() },
		"embedded": func(*testing.T) string { return EmbeddedURL },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openInbound(t, url(t))
			test(t, b, b.Inbound(envelope.NewNames("postern")))
		})
	}
}

func openInbound(t *testing.T, url string) *Bus {
	t.Helper()
	b, err := Open(Options{URL: url})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func arrival(id string) Arrival {
	return Arrival{
		Platform: "chat", EventID: id, Data: []byte("envelope of " + id), At: time.Unix(1700000000, 5e8),
		TraceID: "trace", Remember: time.Hour,
	}
}

func mustPublish(t *testing.T, in *Inbound, a Arrival, want bool) {
	t.Helper()
	got, err := in.Publish(t.Context(), a)
	if err != nil || got != want {
		t.Fatalf("publish %s: %v, %v; want %v", a.EventID, got, err, want)
	}
}

func entries(t *testing.T, b *Bus) []redis.XMessage {
	t.Helper()
	list, err := b.Client().XRange(t.Context(), inboundStream, "-", "+").Result()
	if err != nil {
		t.Fatalf("XRANGE: %v", err)
	}
	return list
}

func TestInboundPublishesOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *Bus, in *Inbound) {
		a := arrival("e1")
		a.Cursor = "c1"
		mustPublish(t, in, a, true)
		mustPublish(t, in, a, false) // the reply was lost, and the platform sent it again
		mustPublish(t, in, arrival("e2"), true)
		other := arrival("e1")
		other.Platform = "chat-eu"
		mustPublish(t, in, other, true)

		list := entries(t, b)
		if len(list) != 3 {
			t.Fatalf("%d entries; want 3", len(list))
		}
		want := map[string]any{"data": "envelope of e1", "ts": "1700000000", "trace_id": "trace"}
		if got := list[0].Values; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("entry %v; want %v", got, want)
		}
		if c, err := in.Cursor(t.Context(), "chat"); err != nil || c != "c1" {
			t.Errorf("cursor %q, %v; want c1, which no cursor leaves alone", c, err)
		}
		if c, err := in.Cursor(t.Context(), "chat-eu"); err != nil || c != "" {
			t.Errorf("cursor of the other platform %q, %v; want none", c, err)
		}
		ttl, err := b.Client().PTTL(t.Context(), "{postern:inbound}:seen:chat:e1").Result()
		if err != nil || ttl <= 0 || ttl > time.Hour {
			t.Errorf("the event is remembered for %v, %v; want up to an hour", ttl, err)
		}
	})
}

func TestInboundMovesTheCursorAlone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *Bus, in *Inbound) {
		mustPublish(t, in, Arrival{Platform: "chat", EventID: "refused", Cursor: "c9", Remember: time.Hour}, false)
		if c, err := in.Cursor(t.Context(), "chat"); err != nil || c != "c9" {
			t.Errorf("cursor %q, %v; want c9", c, err)
		}
		if n := len(entries(t, b)); n != 0 {
			t.Errorf("%d entries; want none", n)
		}
	})
}

// TestInboundFence: what an old connection brings after the new one's first
// event changes nothing, and comes in by the new one.
func TestInboundFence(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *Bus, in *Inbound) {
		by := func(id, cursor string, epoch int64) Arrival {
			a := arrival(id)
			a.Cursor, a.Epoch = cursor, epoch
			return a
		}
		mustPublish(t, in, by("e1", "c1", 9), true)
		mustPublish(t, in, by("e2", "c2", 10), true)
		if _, err := in.Publish(t.Context(), by("e3", "c0", 9)); !errors.Is(err, ErrStale) {
			t.Errorf("epoch 9 after 10: %v; want ErrStale", err)
		}
		if c, _ := in.Cursor(t.Context(), "chat"); c != "c2" {
			t.Errorf("the cursor is %q; want the new connection's c2", c)
		}
		mustPublish(t, in, by("e3", "c3", 10), true)
		mustPublish(t, in, by("e4", "", 0), true) // by a stand-by's hook
		if n := len(entries(t, b)); n != 4 {
			t.Errorf("%d entries; want 4", n)
		}
	})
}

func TestInboundLongEventIDs(t *testing.T) {
	t.Parallel()
	in := &Inbound{name: inboundStream}
	long := strings.Repeat("x", 5000)
	key := in.seenKey("chat", long)
	if len(key) > 200 || key == in.seenKey("chat", long+"y") || key != in.seenKey("chat", long) {
		t.Errorf("long ids are not told apart by a short key: %s", key)
	}
}

// TestInboundMakesTheGroup: also after Redis has come back empty.
func TestInboundMakesTheGroup(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *Bus, in *Inbound) {
		for range 2 {
			for i, want := range []bool{true, false} {
				if made, err := in.EnsureGroup(t.Context()); err != nil || made != want {
					t.Errorf("EnsureGroup, time %d: %v, %v; want %v", i+1, made, err, want)
				}
			}
			if err := b.Client().FlushAll(t.Context()).Err(); err != nil {
				t.Fatalf("FLUSHALL: %v", err)
			}
		}
		mustPublish(t, in, arrival("e1"), true)
		if made, err := in.EnsureGroup(t.Context()); err != nil || made {
			t.Errorf("the first event did not bring the group: made %v, %v", made, err)
		}
		if got := take(t, b, "postern:workers", 9); len(got) != 1 {
			t.Errorf("the workers read %v; want the first event", got)
		}
	})
}

// TestInboundWhenRedisIsFull: nothing is half done, and trimming still works.
func TestInboundWhenRedisIsFull(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	b := openInbound(t, server.URL())
	in := b.Inbound(envelope.NewNames("postern"))
	mustPublish(t, in, arrival("e1"), true)
	server.Config("maxmemory", "1")
	if _, err := in.Publish(t.Context(), arrival("e2")); err == nil || !strings.Contains(err.Error(), "OOM") {
		t.Errorf("publish to a full Redis: %v; want OOM", err)
	}
	if _, err := in.Trim(t.Context(), time.Hour); err != nil {
		t.Errorf("trim a full Redis: %v", err)
	}
	server.Config("maxmemory", "0")
	mustPublish(t, in, arrival("e2"), true)
}

// add puts an entry at a time before now and returns its id.
func add(t *testing.T, b *Bus, ago time.Duration) string {
	t.Helper()
	id, err := b.Client().XAdd(t.Context(), &redis.XAddArgs{
		Stream: inboundStream, ID: fmt.Sprintf("%d-*", time.Now().Add(-ago).UnixMilli()), Values: []string{"data", "x"},
	}).Result()
	if err != nil {
		t.Fatalf("XADD: %v", err)
	}
	return id
}

func take(t *testing.T, b *Bus, group string, count int64) []string {
	t.Helper()
	got, err := b.Client().XReadGroup(t.Context(), &redis.XReadGroupArgs{
		Group: group, Consumer: "w", Streams: []string{inboundStream, ">"}, Count: count, Block: -1,
	}).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		t.Fatalf("XREADGROUP: %v", err)
	}
	var ids []string
	for _, s := range got {
		for _, m := range s.Messages {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

func ack(t *testing.T, b *Bus, group string, ids ...string) {
	t.Helper()
	if err := b.Client().XAck(t.Context(), inboundStream, group, ids...).Err(); err != nil {
		t.Fatalf("XACK: %v", err)
	}
}

func group(t *testing.T, b *Bus, name string) {
	t.Helper()
	if err := b.Client().XGroupCreateMkStream(t.Context(), inboundStream, name, "0").Err(); err != nil {
		t.Fatalf("XGROUP CREATE: %v", err)
	}
}
