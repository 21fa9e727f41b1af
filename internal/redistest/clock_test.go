package redistest

import (
	"testing"
	"time"
)

// The server's own time steps both ways, a key's expiry with it, and a restart
// does not set it right.
func TestClockSteps(t *testing.T) {
	t.Parallel()
	s, clock := StartWithClock(t)
	c := s.Client()
	off := func() time.Duration {
		t.Helper()
		now, err := c.Time(t.Context()).Result()
		if err != nil {
			t.Fatal(err)
		}
		return time.Until(now).Round(time.Minute)
	}
	if d := off(); d != 0 {
		t.Errorf("before any step, the clock is off by %v", d)
	}
	if err := c.Set(t.Context(), "k", "v", 30*time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	clock.Set(-time.Hour)
	if ttl, err := c.TTL(t.Context(), "k").Result(); off() != -time.Hour || err != nil || ttl < time.Hour {
		t.Errorf("an hour back: off by %v; the key lives for %v, %v", off(), ttl, err)
	}
	s.Restart()
	if d := off(); d != -time.Hour {
		t.Errorf("after a restart, the clock is off by %v", d)
	}
	if err := c.Set(t.Context(), "k", "v", 30*time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	clock.Set(time.Hour)
	if n, err := c.Exists(t.Context(), "k").Result(); off() != time.Hour || n != 0 || err != nil {
		t.Errorf("an hour ahead: off by %v; the key of half an hour is there: %d, %v", off(), n, err)
	}
}
