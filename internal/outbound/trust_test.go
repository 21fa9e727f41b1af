package outbound

import (
	"testing"
	"time"
)

// The trust ends by the wall clock or the monotonic one, whichever is first.
func TestTrust(t *testing.T) {
	t.Parallel()
	const lease = 10 * time.Second // of which one second is the margin
	start := time.Now()
	wallOnly := start.Round(0) // has no monotonic reading
	for _, c := range []struct {
		name string
		now  time.Time
		left time.Duration
	}{
		{"at the start", start, 9 * time.Second},
		{"later by both", start.Add(4 * time.Second), 5 * time.Second},
		{"over", start.Add(9 * time.Second), 0},
		{"suspended: only the wall clock went on", wallOnly.Add(12 * time.Second), -3 * time.Second},
	} {
		trust := newTrust(func() time.Time { return c.now }, lease, start)
		if left := trust.left(); left != c.left {
			t.Errorf("%s: %v left, want %v", c.name, left, c.left)
		}
		if err := trust.permit(); (err == nil) != (c.left > 0) {
			t.Errorf("%s: permit says %v", c.name, err)
		}
	}
}

func TestTrustIsExtendedFromTheRequestsStart(t *testing.T) {
	t.Parallel()
	start := time.Now()
	now := start.Add(8 * time.Second)
	trust := newTrust(func() time.Time { return now }, 10*time.Second, start)
	trust.extend(start.Add(5 * time.Second)) // the answer came three seconds later
	if left := trust.left(); left != 6*time.Second {
		t.Errorf("%v left, want 6 s: counted from the start of the request", left)
	}
	trust.revoke()
	trust.extend(now)
	if trust.permit() == nil {
		t.Error("a trust that was revoked gives permits")
	}
	if left := trust.left(); left != 9*time.Second {
		t.Errorf("%v left; want the whole window: what had left is still to be recorded", left)
	}
}

func TestMarginsAreNotNothing(t *testing.T) {
	t.Parallel()
	for lease, want := range map[time.Duration]time.Duration{15 * time.Second: 1500 * time.Millisecond, 100 * time.Millisecond: 50 * time.Millisecond} {
		if got := margin(lease); got != want {
			t.Errorf("the margin of %v is %v, want %v", lease, got, want)
		}
	}
}
