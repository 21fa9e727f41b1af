package bus

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestAwait(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		w := s.bus.NewWaiters(1)
		if _, err := w.Await(t.Context(), "list", 20*time.Millisecond); !errors.Is(err, ErrNoAnswer) {
			t.Errorf("an empty list: %v", err)
		}
		if err := s.bus.client.RPush(t.Context(), "list", "a", "b").Err(); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Await(t.Context(), "list", time.Minute); err != nil || string(got) != "a" {
			t.Errorf("what is there: %q, %v", got, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.Await(ctx, "other", time.Minute); !errors.Is(err, context.Canceled) {
			t.Errorf("without a context: %v", err)
		}
		spoil(t, s, "no list")
		if _, err := w.Await(t.Context(), "no list", time.Minute); err == nil || errors.Is(err, ErrNoAnswer) {
			t.Errorf("what is no list: %v", err)
		}
		leave, err := w.Enter()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Enter(); !errors.Is(err, ErrCrowded) {
			t.Errorf("a second place of one: %v", err)
		}
		leave()
		if _, err := w.Enter(); err != nil {
			t.Errorf("a place that was left: %v", err)
		}
	})
}
