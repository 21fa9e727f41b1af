package inbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"go.uber.org/goleak"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gateway is a publisher on the embedded Redis, and what it counted.
type gateway struct {
	*Publisher
	bus *bus.Bus

	mu       sync.Mutex
	outcomes []Outcome
}

func newGateway(t *testing.T, change func(*Config)) *gateway {
	t.Helper()
	b, err := bus.Open(bus.Options{URL: bus.EmbeddedURL})
	if err != nil {
		t.Fatalf("open the embedded redis: %v", err)
	}
	t.Cleanup(func() { _ = b.Close() })
	g := &gateway{bus: b}
	names := envelope.NewNames("postern")
	c := Config{
		Platform: "chat", Names: names, Stream: b.Inbound(names), Encoding: envelope.MessagePack,
		Rules: Rules{Groups: GroupsAll}, Remember: time.Hour,
		Now: func() time.Time { return time.UnixMilli(1700000000250) },
		Count: func(o Outcome) {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.outcomes = append(g.outcomes, o)
		},
	}
	if change != nil {
		change(&c)
	}
	g.Publisher = NewPublisher(c)
	return g
}

func (g *gateway) counted() []Outcome {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.outcomes)
}

// entries are the fields of what lies in the stream.
func (g *gateway) entries(t *testing.T) []map[string]any {
	t.Helper()
	list, err := g.bus.Client().XRange(t.Context(), "postern:inbound", "-", "+").Result()
	if err != nil {
		t.Fatalf("XRANGE: %v", err)
	}
	var out []map[string]any
	for _, m := range list {
		out = append(out, m.Values)
	}
	return out
}

func event(id string) envelope.Event {
	return envelope.Event{Event: envelope.EventMessage, ChannelID: "lobby", UserID: "ann", EventID: id, Content: "hello"}
}

func TestPublishFillsIn(t *testing.T) {
	t.Parallel()
	for _, encoding := range []envelope.Encoding{envelope.MessagePack, envelope.JSON} {
		t.Run(encoding.String(), func(t *testing.T) {
			t.Parallel()
			g := newGateway(t, func(c *Config) { c.Encoding = encoding })
			e := event("e1")
			e.ThreadID, e.Timestamp = "t1", 1699999999.5
			// What an adapter says of the gateway's own fields is not believed.
			e.Platform, e.OutboundStream, e.TraceID = "else", "else", "else"
			if err := g.Publish(t.Context(), e, "cursor-1"); err != nil {
				t.Fatalf("Publish: %v", err)
			}
			entries := g.entries(t)
			if len(entries) != 1 {
				t.Fatalf("%d entries; want one", len(entries))
			}
			data := entries[0]["data"].(string)
			if isJSON := strings.HasPrefix(data, "{"); isJSON != (encoding == envelope.JSON) {
				t.Errorf("the entry is not %s: %q", encoding, data)
			}
			got, err := envelope.DecodeEvent([]byte(data))
			if err != nil {
				t.Fatalf("DecodeEvent: %v", err)
			}
			want := e
			want.Platform, want.OutboundStream, want.ChannelKey = "chat", "postern:outbound:chat", "chat:lobby"
			want.Address = envelope.Address{Platform: "chat", ChannelID: "lobby", ThreadID: "t1"}
			want.EnqueuedAt, want.TraceID = 1700000000.25, entries[0]["trace_id"].(string)
			if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
				t.Errorf("event\n got %+v\nwant %+v", got, want)
			}
			if _, err := ulid.ParseStrict(got.TraceID); err != nil {
				t.Errorf("trace_id %q: %v", got.TraceID, err)
			}
			if ts := entries[0]["ts"]; ts != "1700000000" {
				t.Errorf("ts is %v; want 1700000000", ts)
			}
			if cursor, err := g.Cursor(t.Context()); err != nil || cursor != "cursor-1" {
				t.Errorf("cursor %q, %v; want cursor-1", cursor, err)
			}
		})
	}
}

func TestPublishOnce(t *testing.T) {
	t.Parallel()
	g := newGateway(t, nil)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if err := g.Publish(context.Background(), event("same"), ""); err != nil {
				t.Errorf("Publish: %v", err)
			}
		})
	}
	wait.Wait()
	if n := len(g.entries(t)); n != 1 {
		t.Errorf("%d entries; want one", n)
	}
	counts := map[Outcome]int{}
	for _, o := range g.counted() {
		counts[o]++
	}
	if counts[Published] != 1 || counts[Duplicate] != 7 {
		t.Errorf("counted %v; want 1 published, 7 duplicate", counts)
	}
}

// TestRefusedIsLogged: a refusal is no error, so the log is where it shows.
func TestRefusedIsLogged(t *testing.T) {
	t.Parallel()
	for _, cursor := range []string{"", "c1"} {
		var log bytes.Buffer
		g := newGateway(t, func(c *Config) {
			c.Rules.Users = []string{"bo"}
			c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		if err := g.Publish(t.Context(), event("e1"), cursor); err != nil {
			t.Fatal(err)
		}
		if got := log.String(); !strings.Contains(got, "level=DEBUG") || !strings.Contains(got, "platform=chat reason=refused_user user_id=ann") || strings.Count(got, "\n") != 1 {
			t.Errorf("cursor %q: logged %q", cursor, got)
		}
	}
}

// TestTakes: it is known beforehand what Publish will refuse, and nothing is
// counted by asking.
func TestTakes(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *Config) { c.Rules = Rules{Users: []string{"bo"}, Groups: GroupsAll} })
	ann, bo := event("1"), event("2")
	bo.UserID = "bo"
	if g.Takes(ann) || !g.Takes(bo) {
		t.Errorf("it takes ann's %v, bo's %v; want bo's alone", g.Takes(ann), g.Takes(bo))
	}
	if got := g.counted(); len(got) != 0 {
		t.Errorf("asking counted %v", got)
	}
}

// TestRefusedMovesTheCursor: else the platform would bring it for ever.
func TestRefusedMovesTheCursor(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *Config) { c.Rules.Users = []string{"bo"} })
	for _, cursor := range []string{"c1", ""} {
		if err := g.Publish(t.Context(), event("e"+cursor), cursor); err != nil {
			t.Fatalf("Publish: %v", err)
		}
	}
	if cursor, err := g.Cursor(t.Context()); err != nil || cursor != "c1" {
		t.Errorf("cursor %q, %v; want c1", cursor, err)
	}
	if n := len(g.entries(t)); n != 0 {
		t.Errorf("%d entries; want none", n)
	}
	if got := g.counted(); !slices.Equal(got, []Outcome{RefusedUser, RefusedUser}) {
		t.Errorf("counted %v; want refused_user twice", got)
	}
}

// What has no type is no event: its cursor is recorded, and nothing published.
func TestACursorAlone(t *testing.T) {
	t.Parallel()
	g := newGateway(t, nil)
	if err := g.Publish(t.Context(), envelope.Event{}, "c7"); err != nil {
		t.Fatalf("Publish: %v", err)
	}
	if cursor, err := g.Cursor(t.Context()); err != nil || cursor != "c7" {
		t.Errorf("the cursor is %q, %v; want c7", cursor, err)
	}
	if n := len(g.entries(t)); n != 0 {
		t.Errorf("%d entries were published", n)
	}
	if err := g.Publish(t.Context(), envelope.Event{}, ""); err == nil {
		t.Error("an event without an id was taken")
	}
}

func TestPublishFails(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(*Config) {})
	now := g.Under(7)
	if err := now.Publish(t.Context(), event("e1"), "c1"); err != nil {
		t.Fatalf("Publish: %v", err)
	}
	if err := g.Under(6).Publish(t.Context(), event("e2"), "c2"); !errors.Is(err, bus.ErrStale) {
		t.Errorf("under an epoch that is over: %v; want ErrStale", err)
	}
	if err := now.Publish(t.Context(), event(""), "c2"); err == nil || !strings.Contains(err.Error(), "event_id") {
		t.Errorf("without an event_id: %v", err)
	}
	_ = g.bus.Client().Close()
	if err := now.Publish(t.Context(), event("e2"), "c2"); err == nil {
		t.Error("without Redis: told received")
	}
	if got := g.counted(); !slices.Equal(got, []Outcome{Published, Failed, Failed, Failed}) {
		t.Errorf("counted %v; want published, then three times failed", got)
	}
}
