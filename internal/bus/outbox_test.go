package bus

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func waiting(t *testing.T, s *Stream, list, data string) {
	t.Helper()
	if err := s.bus.client.XAdd(t.Context(), &redis.XAddArgs{
		Stream: s.keys.outbox,
		Values: []any{"list", list, "data", data, "ttl", time.Minute.Milliseconds(), "cap", 3},
	}).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestDrainOutbox(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		spoil(t, s, "foreign")
		for i := range 5 {
			waiting(t, s, "list", fmt.Sprint(i))
			waiting(t, s, "foreign", fmt.Sprint(i))
		}
		if foreign, err := s.DrainOutbox(t.Context()); err != nil || foreign != 5 {
			t.Errorf("DrainOutbox: %d, %v; want 5 that met a key that is no list", foreign, err)
		}
		equal(t, "the newest, up to the cap", s.bus.client.LRange(t.Context(), "list", 0, -1).Val(), []string{"2", "3", "4"})
		expires(t, s, "list", time.Minute)
		equal(t, "foreign key", s.bus.client.Get(t.Context(), "foreign").Val(), "somebody else's")
		equal(t, "left", s.bus.client.XLen(t.Context(), s.keys.outbox).Val(), int64(0))
		if foreign, err := s.DrainOutbox(t.Context()); err != nil || foreign != 0 {
			t.Errorf("an empty outbox: %d, %v", foreign, err)
		}
	})
}

// TestDrainOutboxTakesTurns: many settlements end at once, and each drains;
// what waits is still pushed once, in order.
func TestDrainOutboxTakesTurns(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *Stream) {
		var want []string
		for i := range 200 {
			list := fmt.Sprintf("list:%d", i/3)
			waiting(t, s, list, fmt.Sprint(i))
			want = append(want, fmt.Sprint(i))
		}
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				if _, err := s.DrainOutbox(t.Context()); err != nil {
					t.Errorf("DrainOutbox: %v", err)
				}
			})
		}
		wait.Wait()
		var got []string
		for i := range (200 + 2) / 3 {
			got = append(got, s.bus.client.LRange(t.Context(), fmt.Sprintf("list:%d", i), 0, -1).Val()...)
		}
		equal(t, "pushed", got, want)
	})
}
