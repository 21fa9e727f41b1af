package outbound

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/platform"
)

// fakePlatform is a platform in memory: what it accepted, in order, and how
// it is told to fail. It is the platform; several fakeAdapters may reach it,
// as several nodes do.
type fakePlatform struct {
	caps platform.Capabilities

	mutex    sync.Mutex
	accepted []accepted
	changed  chan struct{}
	fail     func(part platform.Part, nth int) error // before acceptance; nth counts the calls for this key
	after    func(part platform.Part, nth int) error // after it: the answer is lost
	hang     func(ctx context.Context, part platform.Part)
	calls    map[string]int
	flight   map[string]int // by channel, now
	most     int            // at once in one channel, ever
}

type accepted struct {
	key, channel, text string
	typ                envelope.Type
}

func newFakePlatform() *fakePlatform {
	return &fakePlatform{
		caps: platform.Capabilities{
			Types: map[envelope.Type]platform.Level{
				envelope.TypeMessage: platform.Full, envelope.TypeEdit: platform.Full, envelope.TypeTyping: platform.Full,
			},
			Fields:     map[string]platform.Level{"format": platform.Full, "reply_to": platform.Full},
			NativeKey:  true,
			Idempotent: []envelope.Type{envelope.TypeEdit},
		},
		changed: make(chan struct{}), calls: map[string]int{}, flight: map[string]int{},
	}
}

// fakeAdapter is one node's connection to a fakePlatform. A text of the form
// "a|b|c" is sent in three parts.
type fakeAdapter struct{ *fakePlatform }

func (f fakeAdapter) Identity() platform.Identity {
	return platform.Identity{Platform: "fake", UserID: "U1"}
}
func (f fakeAdapter) Capabilities() platform.Capabilities       { return f.caps }
func (f fakeAdapter) Open(context.Context, platform.Host) error { return nil }
func (f fakeAdapter) Close(context.Context) error               { return nil }

func (f fakeAdapter) Plan(op platform.Operation) ([]platform.Part, error) {
	var parts []platform.Part
	for _, text := range splitParts(op.Envelope.Text) {
		parts = append(parts, platform.Part{Type: op.Envelope.Type, ChannelID: op.Envelope.ChannelID, Body: []byte(text)})
	}
	return parts, nil
}

func splitParts(text string) []string {
	var out []string
	start := 0
	for i, r := range text {
		if r == '|' {
			out, start = append(out, text[start:i]), i+1
		}
	}
	return append(out, text[start:])
}

func (f fakeAdapter) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	f.enter(part)
	defer f.leave(part)
	if f.hang != nil {
		f.hang(ctx, part)
	}
	if err := platform.Permit(ctx); err != nil {
		return platform.Result{}, &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "no permit", Cause: err}
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	nth := f.calls[part.Key]
	f.calls[part.Key]++
	if f.fail != nil {
		if err := f.fail(part, nth); err != nil {
			return platform.Result{}, err
		}
	}
	if !f.caps.NativeKey || !f.knows(part.Key) {
		f.accepted = append(f.accepted, accepted{part.Key, part.ChannelID, string(part.Body), part.Type})
		close(f.changed)
		f.changed = make(chan struct{})
	}
	if f.after != nil {
		if err := f.after(part, nth); err != nil {
			return platform.Result{}, err
		}
	}
	return platform.Result{MessageID: "m-" + part.Key}, nil
}

func (f *fakePlatform) knows(key string) bool {
	for _, a := range f.accepted {
		if a.key == key {
			return true
		}
	}
	return false
}

func (f *fakePlatform) enter(part platform.Part) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.flight[part.ChannelID]++
	f.most = max(f.most, f.flight[part.ChannelID])
}

func (f *fakePlatform) leave(part platform.Part) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.flight[part.ChannelID]--
}

// await waits until the platform has accepted n messages, and returns them.
func (f *fakePlatform) await(t *testing.T, n int) []accepted {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		f.mutex.Lock()
		got, changed := append([]accepted(nil), f.accepted...), f.changed
		f.mutex.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("the platform accepted %d of %d messages: %v", len(got), n, got)
		}
	}
}

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
	c.SetReady(true)
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
	got, err := b.client.BLPop(b.t.Context(), 20*time.Second, list).Result()
	if err != nil {
		b.t.Fatalf("no answer on %s: %v", list, err)
	}
	if err := json.Unmarshal([]byte(got[1]), into); err != nil {
		b.t.Fatalf("answer %q: %v", got[1], err)
	}
}

// empty asserts that nothing is left of what was published.
func (b *bench) empty() {
	b.t.Helper()
	ctx := b.t.Context()
	if n := b.client.XLen(ctx, b.stream).Val(); n != 0 {
		b.t.Errorf("%d entries are left in the stream", n)
	}
	if p, err := b.client.XPending(ctx, b.stream, b.names.Group("fake")).Result(); err != nil || p.Count != 0 {
		b.t.Errorf("pending: %+v, %v", p, err)
	}
}

// consumerStream is the stream as an operator's tools see it.
func (b *bench) consumerStream() *bus.Stream {
	b.t.Helper()
	redisBus, err := bus.Open(bus.Options{URL: b.server.URL()})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { redisBus.Close() })
	return redisBus.Stream(b.names, "fake", "")
}
