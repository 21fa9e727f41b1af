package outbound

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

func limited(gate platform.Gate, wait time.Duration) error {
	return &platform.Error{
		Code: envelope.CodeRateLimited, Sent: platform.SentNo, Message: "slow down", RetryAfter: wait, Gate: gate,
	}
}

// limitOnce refuses a text for its rate, once, and forwards when.
func limitOnce(text string, gate platform.Gate, wait time.Duration) (fail func(platform.Part, int) error, refused <-chan time.Time) {
	var once sync.Once
	at := make(chan time.Time, 1)
	return func(part platform.Part, _ int) (err error) {
		if string(part.Body) == text {
			once.Do(func() {
				at <- time.Now()
				err = limited(gate, wait)
			})
		}
		return err
	}, at
}

// awaitGates waits until Redis knows of n gates that are shut.
func (b *bench) awaitGates(n int64) {
	b.t.Helper()
	b.until("gates in Redis", func() bool { return b.client.HLen(b.t.Context(), envelope.Beside(b.stream, "gates")).Val() == n })
}

// A platform says to wait an hour, and then the owner dies. The next one asks
// nothing behind that gate, and serves the others.
func TestGatesOutliveAKilledOwner(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		gate   platform.Gate
		passes map[string]bool // by text
	}{
		{platform.GateChannel, map[string]bool{"same channel": false, "other route there": false, "other channel": true, "other channel, other route": true}},
		{platform.GateRoute, map[string]bool{"same channel": false, "other channel": false, "other channel, other route": true}},
		{platform.GateThread, map[string]bool{"same channel": false, "other route there": true, "other channel": true}},
		{platform.GateAccount, map[string]bool{"same channel": false, "other channel": false, "other channel, other route": false}},
	} {
		t.Run(tt.gate.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.platform.caps.Fields["thread_id"] = platform.Full
			fail, refused := limitOnce("limited", tt.gate, time.Hour)
			b.platform.fail = fail
			first := b.consumer("n1")
			if tt.gate == platform.GateThread {
				b.say("c", "k1", "limited", "thread_id", "t")
			} else {
				b.say("c", "k1", "limited")
			}
			<-refused
			b.awaitGates(1)
			crash(first)
			lists := map[string]string{
				"same channel":               b.say("c", "k2", "same channel", "thread_id", "t"),
				"other channel":              b.say("d", "k3", "other channel"),
				"other route there":          b.editing("c", "m1", "other route there"),
				"other channel, other route": b.editing("e", "m2", "other channel, other route"),
			}
			b.vacate()
			b.consumer("n2")
			for text, passes := range tt.passes {
				if passes {
					b.ends(lists[text], envelope.StatusDelivered)
				}
			}
			b.ask("r1")
			b.ask("r2")
			for text, passes := range tt.passes {
				if seen := b.platform.asked(text); seen != passes {
					t.Errorf("%s: asked %v; want %v", text, seen, passes)
				}
			}
			if b.platform.asked("limited") {
				t.Error("what was limited was delivered before its time")
			}
		})
	}
}

// The gate opens when the platform said, counted from when it said it, whoever
// is active by then.
func TestAGateOpensInTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const said = 3 * time.Second
	fail, refused := limitOnce("limited", platform.GateChannel, said)
	b.platform.fail = fail
	first := b.consumer("n1")
	list := b.say("c", "k1", "limited")
	at := <-refused
	second := b.say("c", "k2", "behind it")
	b.stop(first) // planned: what is known is written before the lease is free
	b.awaitGates(1)
	b.consumer("n2")
	if r := b.ends(list, envelope.StatusDelivered); time.Since(at) < said || r.Attempts != 1 {
		t.Errorf("delivered %v after it was refused, attempts %d; want %v, 1", time.Since(at), r.Attempts, said)
	}
	b.ends(second, envelope.StatusDelivered)
	if got := b.platform.seen("c"); got != "limited behind it" {
		t.Errorf("the platform saw %q", got)
	}
}

// Parts of one message are sent while another lane shuts their route: the rest
// waits, and what is there is not sent again.
func TestAGateShutsBetweenParts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	entered, letGo := b.platform.stall(t, "one")
	defer letGo()
	fail, refused := limitOnce("limited", platform.GateRoute, 2*time.Second)
	b.platform.fail = fail
	b.consumer("n1")
	list := b.say("c", "k1", "one|two")
	<-entered
	b.say("d", "k2", "limited")
	at := <-refused
	b.awaitGates(1)
	letGo()
	if r := b.ends(list, envelope.StatusDelivered); time.Since(at) < 2*time.Second || r.Attempts != 2 || len(r.MessageIDs) != 2 {
		t.Errorf("after %v: receipt %+v", time.Since(at), r)
	}
	if got := b.platform.seen("c"); got != "one two" {
		t.Errorf("the platform saw %q", got)
	}
}

// An entry that waited without its letter passes the same gates: it is read
// again, and held before anything is asked of the platform.
func TestGatesBeforeWhatIsNotInMemory(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.Fields["thread_id"] = platform.Full
	fail, _ := limitOnce("limited", platform.GateChannel, time.Hour)
	b.platform.fail = fail
	b.say("c", "k", "limited")
	const others = 10
	big := strings.Repeat("x", 900<<10) // ten of them are more than is kept in memory
	for range others {
		b.say("big", "", big)
	}
	b.say("c", "late", big, "thread_id", "t")
	c := b.unready("n1", func(c *Config) { c.Limits.InFlight, c.Limits.Lease = 1, 10*time.Second })
	b.until("all are read", func() bool { return c.Numbers().Entries == others+2 })
	c.SetReady(true)
	b.until("only what the gate holds is left", func() bool {
		n := c.Numbers()
		return n.Entries == 2 && n.Held == 2 && n.InFlight == 0
	})
	if got := len(b.platform.await(t, others)); got != others {
		t.Errorf("the platform accepted %d; want %d", got, others)
	}
	if state := b.claim("late", "state"); state != "" {
		t.Errorf("its claim is %q before its gate is open", state)
	}
}

// What a platform limits again and again is told once.
func TestALongWaitIsLoggedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(_ platform.Part, nth int) error {
		if nth < 4 {
			return limited(platform.GateChannel, 20*time.Millisecond)
		}
		return nil
	}
	j := &journal{}
	list := b.say("c", "k", "x")
	b.consumer("n1", logged(j))
	if r := b.ends(list, envelope.StatusDelivered); r.Attempts != 1 {
		t.Errorf("receipt %+v", r)
	}
	if n := j.counts("not delivered yet"); n != 1 {
		t.Errorf("it was told %d times", n)
	}
}

// Somebody's key stands where gates are kept: delivery goes on, and says so.
func TestGatesCannotBeKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.client.Set(t.Context(), envelope.Beside(b.stream, "gates"), "mine", 0).Err(); err != nil {
		t.Fatal(err)
	}
	fail, _ := limitOnce("limited", platform.GateAccount, 20*time.Millisecond)
	b.platform.fail = fail
	j := &journal{}
	b.consumer("n1", logged(j))
	b.ends(b.say("c", "k", "limited"), envelope.StatusDelivered)
	b.until("that is told", func() bool { return j.says("cannot be kept") })
}

// editing publishes an edit of a message by the platform's id, and returns the
// list of its receipt.
func (b *bench) editing(channel, message, text string) (list string) {
	b.t.Helper()
	list = envelope.Beside(b.stream, "reply:edit-"+message)
	b.publish(map[string]any{"type": "edit", "channel_id": channel, "message_id": message, "text": text, "receipt_to": list})
	return list
}

// asked reports whether the platform has accepted a text.
func (f *fakePlatform) asked(text string) bool {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	for _, a := range f.accepted {
		if a.text == text {
			return true
		}
	}
	return false
}

// counts is how many lines say these words.
func (j *journal) counts(words string) int {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return strings.Count(j.text.String(), words)
}
