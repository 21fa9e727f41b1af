package bus

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var names = envelope.NewNames("postern")

// both runs a test against real Redis and against the embedded one: they must
// behave alike.
func both(t *testing.T, test func(t *testing.T, s *Stream)) {
	t.Helper()
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		test(t, openStream(t, redistest.Start(t).URL()))
	})
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, openStream(t, EmbeddedURL))
	})
}

// openStream is the stream of the platform chat for the consumer a, on a bus
// of its own.
func openStream(t *testing.T, url string) *Stream {
	t.Helper()
	b, err := Open(Options{URL: url})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b.Stream(names, "chat", "a")
}

// lossy is a stream reached through a proxy, its scripts loaded and its
// connection made, so that the next reply is the next script's.
func lossy(t *testing.T) (*Stream, *redistest.Proxy) {
	t.Helper()
	proxy := redistest.NewProxy(t, redistest.Start(t))
	s := openStream(t, proxy.URL())
	for name, script := range s.bus.scripts.byName {
		if err := s.bus.client.ScriptLoad(t.Context(), script.text).Err(); err != nil {
			t.Fatalf("load %s: %v", name, err)
		}
	}
	return s, proxy
}

// hold makes the group and takes the lease, replacing whoever has it.
func hold(t *testing.T, s *Stream, token string) {
	t.Helper()
	if _, err := s.EnsureGroup(t.Context()); err != nil {
		t.Fatalf("EnsureGroup: %v", err)
	}
	held := s.bus.client.HGet(t.Context(), s.keys.lease, "token").Val()
	l, err := s.Acquire(t.Context(), token, "node of "+token, time.Hour, held, -1)
	if err != nil || !l.Ours {
		t.Fatalf("Acquire: %+v, %v; want it ours", l, err)
	}
}

// publish adds an entry for each text and returns their ids.
func publish(t *testing.T, s *Stream, data ...string) []ID {
	t.Helper()
	var ids []ID
	for _, d := range data {
		text, err := s.bus.client.XAdd(t.Context(), &redis.XAddArgs{Stream: s.Name, Values: []string{"data", d}}).Result()
		if err != nil {
			t.Fatalf("XADD: %v", err)
		}
		id, err := ParseID(text)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// intake is one whose first round has begun, without taking anything over.
func intake(t *testing.T, s *Stream, token string) *Intake {
	t.Helper()
	i := s.NewIntake(token)
	i.Begin()
	if _, err := i.ClaimPending(t.Context(), "0-0", time.Hour.Milliseconds(), 1); err != nil {
		t.Fatalf("ClaimPending: %v", err)
	}
	return i
}

// read takes new entries and returns their ids.
func read(t *testing.T, s *Stream, token string, count int) []ID {
	t.Helper()
	return readOn(t, intake(t, s, token), count)
}

func readOn(t *testing.T, i *Intake, count int) []ID {
	t.Helper()
	messages, err := i.Read(t.Context(), count)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	var ids []ID
	for _, m := range messages {
		ids = append(ids, m.ID)
	}
	return ids
}

// pending are the group's pending ids with their consumers, oldest first.
func pending(t *testing.T, s *Stream) []string {
	t.Helper()
	list, err := s.bus.client.XPendingExt(t.Context(), &redis.XPendingExtArgs{
		Stream: s.Name, Group: s.Group, Start: "-", End: "+", Count: 10_000,
	}).Result()
	if err != nil {
		t.Fatalf("XPENDING: %v", err)
	}
	var out []string
	for _, p := range list {
		out = append(out, p.ID+" "+p.Consumer)
	}
	return out
}

// snapshot is everything in Redis but times to live: by key, its type and
// what it holds.
func snapshot(t *testing.T, s *Stream) map[string]string {
	t.Helper()
	ctx, c := t.Context(), s.bus.client
	keys, err := c.Keys(ctx, "*").Result()
	if err != nil {
		t.Fatalf("KEYS: %v", err)
	}
	out := map[string]string{}
	for _, key := range keys {
		kind := c.Type(ctx, key).Val()
		var holds any
		switch kind {
		case "hash":
			holds = c.HGetAll(ctx, key).Val() // fmt prints maps in order
		case "list":
			holds = c.LRange(ctx, key, 0, -1).Val()
		case "zset":
			holds = c.ZRangeWithScores(ctx, key, 0, -1).Val()
		case "stream":
			holds = c.XRange(ctx, key, "-", "+").Val()
			if key == s.Name && len(c.XInfoGroups(ctx, key).Val()) > 0 {
				holds = fmt.Sprint(holds, pending(t, s))
			}
		default:
			holds = c.Get(ctx, key).Val()
		}
		out[key] = fmt.Sprint(kind, " ", holds)
	}
	return out
}

// unchanged fails the test if Redis holds something else than before.
func unchanged(t *testing.T, s *Stream, before map[string]string) {
	t.Helper()
	if diff := cmp.Diff(before, snapshot(t, s)); diff != "" {
		t.Errorf("Redis was changed (-before +after):\n%s", diff)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// expires fails the test unless the key lives for a while, at most for most.
func expires(t *testing.T, s *Stream, key string, most time.Duration) {
	t.Helper()
	ttl, err := s.bus.client.PTTL(t.Context(), key).Result()
	if err != nil || ttl <= 0 || ttl > most {
		t.Errorf("%s expires in %v, %v; want up to %v", key, ttl, err, most)
	}
}

// until asks again and again whether it has happened.
func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(20 * time.Second)
	for !happened() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited too long until %s", what)
		}
	}
}

// listen subscribes to a channel, and returns what has arrived by the time
// that it is called.
func listen(t *testing.T, s *Stream, channel string) (heard func() []string) {
	t.Helper()
	sub := s.bus.client.Subscribe(t.Context(), channel)
	t.Cleanup(func() { _ = sub.Close() })
	if _, err := sub.Receive(t.Context()); err != nil {
		t.Fatalf("SUBSCRIBE: %v", err)
	}
	const last = "that is all"
	return func() []string {
		t.Helper()
		if err := s.bus.client.Publish(t.Context(), channel, last).Err(); err != nil {
			t.Fatalf("PUBLISH: %v", err)
		}
		var out []string
		for {
			m, err := sub.ReceiveMessage(t.Context())
			if err != nil {
				t.Fatalf("receive from %s: %v", channel, err)
			}
			if m.Payload == last {
				return slices.Clip(out)
			}
			out = append(out, m.Payload)
		}
	}
}

// spoil makes a key hold a string, which none of ours is.
func spoil(t *testing.T, s *Stream, key string) {
	t.Helper()
	if err := s.bus.client.Set(t.Context(), key, "somebody else's", 0).Err(); err != nil {
		t.Fatalf("SET: %v", err)
	}
}
