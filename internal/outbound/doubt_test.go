package outbound

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// A part's answer is lost. With a native key the same part is sent again
// under the same key; without, on_unknown decides.
func TestAnAnswerThatWasLost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		nativeKey bool
		onUnknown string
		status    envelope.Status
		times     int
		flagged   bool
	}{
		{"native key", true, "resend", envelope.StatusDelivered, 1, false},
		{"resend", false, "resend", envelope.StatusDelivered, 2, true},
		{"park", false, "park", envelope.StatusParked, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.platform.caps.NativeKey = c.nativeKey
			b.platform.after = lostOnce("hello")
			list := b.say("c", "k", "hello", "on_unknown", c.onUnknown)
			b.consumer("n1")
			r := b.receipt(list)
			if r.Status != c.status || r.PossibleDuplicate != c.flagged {
				t.Errorf("receipt %+v", r)
			}
			if got := b.platform.await(t, c.times); len(got) != c.times {
				t.Errorf("accepted %d times, want %d", len(got), c.times)
			}
			if parked := b.client.XLen(t.Context(), envelope.Beside(b.stream, "parked")).Val(); (parked == 1) != (c.status == envelope.StatusParked) {
				t.Errorf("%d parked records", parked)
			}
			b.empty()
		})
	}
}

// An answer is lost, the next attempt certainly fails, and then the node is
// replaced as planned: the first doubt stands, and the receipt says so.
func TestADoubtOutlivesAHandover(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, doubtful, failing string }{
		"about the open part":  {"hello", "hello", "hello"},
		"about an earlier one": {"a|b", "a", "b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.platform.caps.NativeKey = false
			var up atomic.Bool
			failed := make(chan struct{}, 100)
			b.platform.after = lostOnce(c.doubtful)
			b.platform.fail = func(part platform.Part, nth int) error {
				if string(part.Body) != c.failing || up.Load() || c.failing == c.doubtful && nth == 0 {
					return nil
				}
				failed <- struct{}{}
				return hiccup()
			}
			list := b.say("c", "k", c.text, "on_unknown", "resend")
			first := b.consumer("n1")
			<-failed
			b.stop(first)
			up.Store(true)
			b.consumer("n2")
			r := b.receipt(list)
			want := map[string]string{"hello": "hello hello", "a|b": "a a b"}[c.text]
			if got := b.platform.seen("c"); got != want || r.Status != envelope.StatusDelivered || !r.PossibleDuplicate {
				t.Errorf("the platform saw %q; receipt %+v", got, r)
			}
		})
	}
}

// The platform takes it, and its answer is lost; then it refuses connections
// until the time to start it by has passed. It was started: it does not expire.
func TestWhatMayHaveBeenSentDoesNotExpire(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	expires := time.Now().Add(1200 * time.Millisecond)
	b.platform.after = lostOnce("hello")
	b.platform.fail = func(_ platform.Part, nth int) error {
		if nth > 0 && time.Now().Before(expires) {
			return down()
		}
		return nil
	}
	list := b.say("c", "k", "hello", "expires_at", float64(expires.UnixMilli())/1000)
	b.consumer("n1")
	if r := b.receipt(list); r.Status != envelope.StatusDelivered || len(r.MessageIDs) != 1 {
		t.Errorf("the platform has it; receipt %+v %+v", r, r.Error)
	}
}

// One whose answers were lost dies of its age. Its replay may double what is
// there, and says so.
func TestAReplayKeepsTheDoubt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.NativeKey = false
	var heard atomic.Bool
	b.platform.after = func(platform.Part, int) error {
		if heard.Load() {
			return nil
		}
		return lost()
	}
	list := b.say("c", "k", "x", "on_unknown", "resend")
	b.consumer("n1", func(c *Config) { c.Limits.RetryFor = time.Millisecond })
	if r := b.receipt(list); r.Status != envelope.StatusDead {
		t.Fatalf("receipt %+v", r)
	}
	heard.Store(true)
	b.replay()
	if r := b.receipt(list); r.Status != envelope.StatusDelivered || !r.PossibleDuplicate {
		t.Errorf("the platform saw %q; receipt %+v", b.platform.seen("c"), r)
	}
}
