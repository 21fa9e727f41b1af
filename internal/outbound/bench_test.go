package outbound

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/redistest"
)

// bench is one Redis, one platform and the consumers of a test.
type bench struct {
	t        *testing.T
	server   *redistest.Server
	client   *redis.Client
	platform *fakePlatform
	names    envelope.Names
	stream   string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	server := redistest.Start(t)
	names := envelope.NewNames("postern")
	return &bench{
		t: t, server: server, client: server.Client(), platform: newFakePlatform(), names: names, stream: names.Outbound("fake"),
	}
}

// consumer starts a ready consumer; it is stopped with the test.
func (b *bench) consumer(name string, change ...func(*Config)) *Consumer {
	b.t.Helper()
	c := b.unready(name, change...)
	c.SetReady(true)
	return c
}

// unready starts a consumer whose adapter cannot send yet.
func (b *bench) unready(name string, change ...func(*Config)) *Consumer {
	b.t.Helper()
	redisBus, err := bus.Open(bus.Options{URL: b.server.URL()})
	if err != nil {
		b.t.Fatal(err)
	}
	cfg := Config{
		Redis: redisBus, Platform: "fake", Adapter: fakeAdapter{b.platform}, Consumer: name,
		Limits: Limits{Lease: 2 * time.Second}, Log: slog.New(slog.NewTextHandler(testWriter{b.t}, nil)).With("consumer", name),
	}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := c.Start(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		if err := c.Stop(context.Background()); err != nil {
			b.t.Error(err)
		}
		redisBus.Close()
	})
	return c
}

// testWriter sends a log to the test, until it has ended.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	if w.t.Context().Err() == nil {
		w.t.Log(string(p[:len(p)-1]))
	}
	return len(p), nil
}

// publish adds one envelope and returns its entry's id.
func (b *bench) publish(fields map[string]any) string {
	b.t.Helper()
	data, err := json.Marshal(fields)
	if err != nil {
		b.t.Fatal(err)
	}
	id, err := b.client.XAdd(b.t.Context(), &redis.XAddArgs{Stream: b.stream, Values: []any{"data", data}}).Result()
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// say publishes a message with a receipt and returns the list it goes to.
func (b *bench) say(channel, key, text string, more ...any) (list string) {
	b.t.Helper()
	list = envelope.Beside(b.stream, "reply:"+key+"-"+fmt.Sprint(time.Now().UnixNano()))
	fields := map[string]any{"type": "message", "channel_id": channel, "text": text, "receipt_to": list}
	if key != "" {
		fields["message_key"] = key
	}
	for i := 0; i+1 < len(more); i += 2 {
		fields[more[i].(string)] = more[i+1]
	}
	b.publish(fields)
	return list
}

// receipt waits for the receipt on a list.
func (b *bench) receipt(list string) envelope.Receipt {
	b.t.Helper()
	var r envelope.Receipt
	b.answer(list, &r)
	return r
}

func (b *bench) answer(list string, into any) {
	b.t.Helper()
	got, err := b.client.BLPop(b.t.Context(), time.Minute, list).Result()
	if err != nil {
		b.t.Fatalf("no answer on %s: %v", list, err)
	}
	if err := json.Unmarshal([]byte(got[1]), into); err != nil {
		b.t.Fatalf("answer %q: %v", got[1], err)
	}
}

// until waits until ok.
func (b *bench) until(what string, ok func() bool) {
	b.t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			b.t.Fatalf("never: %s", what)
		}
	}
}

// awaitEmpty waits until nothing is left of what was published.
func (b *bench) awaitEmpty() {
	b.t.Helper()
	b.until("an empty stream", func() bool { return b.client.XLen(b.t.Context(), b.stream).Val() == 0 })
	b.empty()
}

// empty asserts that nothing is left of what was published.
func (b *bench) empty() {
	b.t.Helper()
	if n := b.client.XLen(b.t.Context(), b.stream).Val(); n != 0 {
		b.t.Errorf("%d entries are left in the stream", n)
	}
	if n := b.pending(); n != 0 {
		b.t.Errorf("%d entries are pending", n)
	}
}

// pending is how many entries were read and not finished; -1: unknown.
func (b *bench) pending() int64 {
	p, err := b.client.XPending(b.t.Context(), b.stream, b.names.Group("fake")).Result()
	if err != nil {
		return -1
	}
	return p.Count
}
