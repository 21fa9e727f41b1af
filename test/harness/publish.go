package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/vmihailenco/msgpack/v5"
)

// Envelope is what a worker in any language would build: names from the
// contract, and nothing of the gateway's own types.
type Envelope map[string]any

// Encoding writes an envelope's bytes.
type Encoding func(Envelope) ([]byte, error)

// JSON writes an envelope as a JSON object.
func JSON(e Envelope) ([]byte, error) { return json.Marshal(e) }

// MessagePack writes an envelope as a MessagePack map.
func MessagePack(e Envelope) ([]byte, error) { return msgpack.Marshal(map[string]any(e)) }

// publishBatch is how many XADDs go out in one round trip.
const publishBatch = 500

// Publish XADDs the envelopes to the scene's stream in their order.
func (s *Scene) Publish(ctx context.Context, encode Encoding, envelopes ...Envelope) error {
	for len(envelopes) > 0 {
		n := min(publishBatch, len(envelopes))
		_, err := s.RDB.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, e := range envelopes[:n] {
				data, err := encode(e)
				if err != nil {
					return fmt.Errorf("encode %v: %w", e, err)
				}
				p.XAdd(ctx, &redis.XAddArgs{Stream: s.Stream, Values: []any{"data", data}})
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		envelopes = envelopes[n:]
	}
	return nil
}

// PublishText publishes one message as JSON, and returns its entry's id.
func (s *Scene) PublishText(t testing.TB, channel, text string) string {
	t.Helper()
	return s.PublishJSON(t, Envelope{"type": "message", "channel_id": channel, "text": text})
}

// PublishJSON publishes one envelope as JSON, and returns its entry's id.
func (s *Scene) PublishJSON(t testing.TB, e Envelope) string {
	t.Helper()
	data, err := JSON(e)
	if err != nil {
		t.Fatal(err)
	}
	return s.PublishFields(t, "data", data)
}

// PublishFields publishes one entry with these fields, whatever they are.
func (s *Scene) PublishFields(t testing.TB, fields ...any) string {
	t.Helper()
	id, err := s.RDB.XAdd(t.Context(), &redis.XAddArgs{Stream: s.Stream, Values: fields}).Result()
	if err != nil {
		t.Fatalf("XADD %s: %v", s.Stream, err)
	}
	return id
}
