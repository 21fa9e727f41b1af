package harness

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

// Platform is the name of the scene's one platform, a webhook.
const Platform = "hook"

// Scene is what a gateway stands between: a Redis and a webhook receiver.
type Scene struct {
	Redis *redistest.Server
	RDB   *redis.Client // for producers and for looking on; any goroutine
	Sink  *Sink

	// Of the nodes started from here on.
	Lease time.Duration
	Slots int // delivery.in_flight

	// More is YAML of more platforms for the nodes started from here on: lines
	// such as "  - { name: chat, kind: webchat }".
	More string

	Stream string // the outbound stream S
	Group  string // its consumer group

	program Program
}

// NewScene starts both ends. Nodes started in it have a lease of one second.
func NewScene(t testing.TB, program Program) *Scene {
	t.Helper()
	server := redistest.Start(t)
	names := envelope.NewNames("postern")
	return &Scene{
		Redis:   server,
		RDB:     server.Client(),
		Sink:    NewSink(t),
		Lease:   time.Second,
		Slots:   256,
		Stream:  names.Outbound(Platform),
		Group:   names.Group(Platform),
		program: program,
	}
}

// Beside is the key of something kept about the stream: Beside("dead").
func (s *Scene) Beside(what string) string { return envelope.Beside(s.Stream, what) }

// writeConfig writes the configuration of a node and returns its path. The
// webhook url ends in the node's id, so that the receiver sees who sent.
func (s *Scene) writeConfig(t testing.TB, id, listen, redisURL string) string {
	t.Helper()
	text := fmt.Sprintf(`node: { id: %s }
redis: { url: %q }
http: { listen: %q }
delivery: { lease: %v, in_flight: %d }
platforms:
  - { name: %s, kind: webhook, url: %q }
%s`, id, redisURL, listen, s.Lease, s.Slots, Platform, s.Sink.URL(id), s.More)
	path := filepath.Join(t.TempDir(), "postern.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Left is what remains in Redis of a platform's work.
type Left struct {
	Stream, Pending, Dead, Parked int64
}

// Left asks Redis what remains. A stream without its group has nothing
// pending.
func (s *Scene) Left(ctx context.Context) (Left, error) {
	p := s.RDB.Pipeline()
	stream, dead, parked := p.XLen(ctx, s.Stream), p.XLen(ctx, s.Beside("dead")), p.XLen(ctx, s.Beside("parked"))
	if _, err := p.Exec(ctx); err != nil {
		return Left{}, fmt.Errorf("ask for the streams' lengths: %w", err)
	}
	left := Left{Stream: stream.Val(), Dead: dead.Val(), Parked: parked.Val()}
	pending, err := s.RDB.XPending(ctx, s.Stream, s.Group).Result()
	switch {
	case err == nil:
		left.Pending = pending.Count
	case !redis.HasErrorPrefix(err, "NOGROUP"):
		return Left{}, fmt.Errorf("ask for the pending list: %w", err)
	}
	return left, nil
}

// AwaitSettled waits until the stream and its pending list are empty, and
// fails the test if anything became a dead letter or was parked.
func (s *Scene) AwaitSettled(t testing.TB, within time.Duration) {
	t.Helper()
	var left Left
	Await(t, within, "stream and pending list are empty", func() (bool, string) {
		var err error
		left, err = s.Left(t.Context())
		return err == nil && left.Stream == 0 && left.Pending == 0, fmt.Sprintf("left: %+v, %v", left, err)
	})
	if left.Dead != 0 || left.Parked != 0 {
		t.Errorf("dead letters: %d, parked: %d; expected none", left.Dead, left.Parked)
		for _, d := range s.Dead(t)[:min(left.Dead, 5)] {
			t.Logf("dead: %+v", d)
		}
	}
}

// DeadLetter is one record of {S}:dead, as contract §5 names its fields.
type DeadLetter struct {
	ID, OriginalID, Stream, Key, Code, Field, Error, Data string
}

// Dead reads the dead letters, oldest first.
func (s *Scene) Dead(t testing.TB) []DeadLetter {
	t.Helper()
	entries, err := s.RDB.XRange(t.Context(), s.Beside("dead"), "-", "+").Result()
	if err != nil {
		t.Fatalf("read dead letters: %v", err)
	}
	letters := make([]DeadLetter, 0, len(entries))
	for _, e := range entries {
		field := func(name string) string { s, _ := e.Values[name].(string); return s }
		letters = append(letters, DeadLetter{
			ID: e.ID, OriginalID: field("original_msg_id"), Stream: field("original_stream"),
			Key: field("message_key"), Code: field("code"), Field: field("field"),
			Error: field("error"), Data: field("data"),
		})
	}
	return letters
}
