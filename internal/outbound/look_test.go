package outbound

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// archive is a platform without keys that can be read back: what it has
// accepted shows at once, unless hidden. Several consumers may share it.
type archive struct {
	fakeAdapter
	mutex  sync.Mutex
	asked  []time.Time                            // when it was
	answer func(ctx context.Context, n int) error // to the nth question: an error is the answer
}

func newArchive(b *bench, lag time.Duration) *archive {
	b.platform.caps.NativeKey = false
	b.platform.caps.ReadBack = []envelope.Type{envelope.TypeMessage}
	b.platform.caps.ReadBackLag = lag.Seconds()
	return &archive{fakeAdapter: fakeAdapter{b.platform}}
}

func (a *archive) Find(ctx context.Context, part platform.Part, _ time.Time) (platform.Result, bool, error) {
	a.mutex.Lock()
	a.asked = append(a.asked, time.Now())
	n, answer := len(a.asked), a.answer
	a.mutex.Unlock()
	if answer != nil {
		if err := answer(ctx, n); err != nil {
			return platform.Result{}, false, err
		}
	}
	a.fakePlatform.mutex.Lock()
	defer a.fakePlatform.mutex.Unlock()
	if !a.knows(part.Key) {
		return platform.Result{}, false, nil
	}
	return platform.Result{MessageID: "m-" + part.Key}, true, nil
}

// questions are when it was asked.
func (a *archive) questions() []time.Time {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.asked
}

// lookingBack makes a consumer deliver to an archive, under a short lease.
func lookingBack(a *archive) func(*Config) {
	return func(c *Config) { c.Adapter, c.Limits.Lease = a, time.Second }
}

// swallow makes the platform take a text whose sender never hears of it: its
// tenure ends first.
func (f *fakePlatform) swallow(text string) (taken <-chan struct{}) {
	in, ended := make(chan struct{}), make(chan context.Context, 1)
	before := f.hang
	f.hang = func(ctx context.Context, part platform.Part) {
		if before != nil {
			before(ctx, part)
		}
		select {
		case ended <- ctx:
		default:
		}
	}
	var once sync.Once
	f.after = func(part platform.Part, _ int) error {
		if string(part.Body) != text {
			return nil
		}
		var err error
		once.Do(func() {
			ctx := <-ended
			close(in)
			f.mutex.Unlock()
			<-ctx.Done()
			f.mutex.Lock()
			err = lost()
		})
		return err
	}
	return in
}

// A node dies in the middle of a send. The next one looks, and sends only what
// is not there: nothing is lost, nothing doubled, nothing in doubt.
func TestACrashOnAPlatformThatCanBeReadBack(t *testing.T) {
	t.Parallel()
	for name, accepted := range map[string]bool{"it is there": true, "it is not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			a := newArchive(b, 200*time.Millisecond)
			var entered <-chan struct{}
			if accepted {
				entered = b.platform.swallow("b")
			} else {
				entered = b.platform.trap("b")
			}
			list := b.say("c", "k", "a|b|c", "on_unknown", "park")
			first := b.consumer("n1", lookingBack(a))
			<-entered
			crash(first)
			b.vacate()
			freed := time.Now()
			b.consumer("n2", lookingBack(a))
			r := b.receipt(list)
			if got := b.platform.seen("c"); got != "a b c" || r.Status != envelope.StatusDelivered || r.PossibleDuplicate {
				t.Errorf("the platform saw %q; receipt %+v %+v", got, r, r.Error)
			}
			for i, got := range b.platform.await(t, 3) {
				if len(r.MessageIDs) != 3 || r.MessageIDs[i] != "m-"+got.key {
					t.Errorf("ids %v; part %d is m-%s", r.MessageIDs, i, got.key)
				}
			}
			asked := a.questions()
			if len(asked) != 1 {
				t.Fatalf("it was asked %d times", len(asked))
			}
			if after := asked[0].Sub(freed); after < time.Second+200*time.Millisecond {
				t.Errorf("asked %v after the take-over: the permit of the one before may last a lease, and the platform lags", after)
			}
			b.empty()
		})
	}
}

// An answer is lost, and its sender lives: it waits for the platform's lag
// only, with no slot, and looks.
func TestALostAnswerIsLookedUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := newArchive(b, 300*time.Millisecond)
	b.platform.after = lostOnce("hello")
	list := b.say("c", "k", "hello")
	b.consumer("n1", lookingBack(a), func(c *Config) { c.Limits.InFlight = 1 })
	b.platform.await(t, 1)
	took := time.Now()
	other := b.receipt(b.say("d", "", "meanwhile"))
	r := b.receipt(list)
	if got := b.platform.seen("c"); got != "hello" || r.Status != envelope.StatusDelivered || r.PossibleDuplicate || len(r.MessageIDs) != 1 {
		t.Errorf("the platform saw %q; receipt %+v", got, r)
	}
	if other.Status != envelope.StatusDelivered || other.At > r.At {
		t.Errorf("the other conversation was done at %v, this one at %v", other.At, r.At)
	}
	if asked := a.questions(); len(asked) != 1 || asked[0].Sub(took) < 250*time.Millisecond {
		t.Errorf("asked at %v; the platform took it at %v", asked, took)
	}
}

// A look-up fails: it is made again, and nothing is sent before one has told.
func TestALookUpThatFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		answer    error
		onUnknown string
		status    envelope.Status
		seen      string
		flagged   bool
		asked     int
	}{
		{"for now", hiccup(), "park", envelope.StatusDelivered, "hello", false, 3},
		{"limited", &platform.Error{Code: envelope.CodeRateLimited, RetryAfter: 50 * time.Millisecond, Message: "slow down"}, "park", envelope.StatusDelivered, "hello", false, 3},
		{"nobody is there", down(), "park", envelope.StatusDelivered, "hello", false, 3},
		{"without saying how", context.DeadlineExceeded, "park", envelope.StatusDelivered, "hello", false, 3},
		{"for ever, to be parked", platform.Refused(envelope.CodeUnsupported, "", "no history here"), "park", envelope.StatusParked, "hello", false, 1},
		{"for ever, to be sent again", platform.Refused(envelope.CodeForbidden, "", "no right to read"), "resend", envelope.StatusDelivered, "hello hello", true, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			a := newArchive(b, 0)
			a.answer = func(_ context.Context, n int) error {
				if n < 3 {
					return c.answer
				}
				return nil
			}
			b.platform.after = lostOnce("hello")
			list := b.say("c", "k", "hello", "on_unknown", c.onUnknown)
			b.consumer("n1", lookingBack(a))
			r := b.receipt(list)
			if got := b.platform.seen("c"); got != c.seen || r.Status != c.status || r.PossibleDuplicate != c.flagged {
				t.Errorf("the platform saw %q; receipt %+v %+v", got, r, r.Error)
			}
			if n := len(a.questions()); n != c.asked {
				t.Errorf("it was asked %d times, want %d", n, c.asked)
			}
			b.empty()
		})
	}
}

// The platform does not show it yet, and says when to look again: not before.
func TestALookUpIsPutOff(t *testing.T) {
	t.Parallel()
	const later = 700 * time.Millisecond // longer than the first backoff
	b := newBench(t)
	a := newArchive(b, 0)
	a.answer = func(_ context.Context, n int) error {
		if n == 1 {
			return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo, RetryAfter: later, Message: "not yet"}
		}
		return nil
	}
	b.platform.after = lostOnce("hello")
	list := b.say("c", "k", "hello", "on_unknown", "park")
	b.consumer("n1", lookingBack(a))
	if r := b.receipt(list); r.Status != envelope.StatusDelivered || b.platform.seen("c") != "hello" {
		t.Errorf("receipt %+v %+v", r, r.Error)
	}
	if asked := a.questions(); len(asked) != 2 || asked[1].Sub(asked[0]) < later {
		t.Errorf("it was asked at %v", asked)
	}
}

// What a platform cannot look for is as on a platform that cannot be asked.
func TestWhatCannotBeLookedFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := newArchive(b, 0)
	b.platform.caps.ReadBack = []envelope.Type{envelope.TypeEdit}
	b.platform.after = lostOnce("hello")
	list := b.say("c", "k", "hello", "on_unknown", "park")
	b.consumer("n1", lookingBack(a))
	if r := b.receipt(list); r.Status != envelope.StatusParked || len(a.questions()) != 0 {
		t.Errorf("asked at %v; receipt %+v", a.questions(), r)
	}
}

// It was not sent, as the look-up tells, and its time is over by then: it is not
// sent late.
func TestWhatIsNotThereMayExpire(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := newArchive(b, 1200*time.Millisecond)
	b.platform.fail = func(_ platform.Part, _ int) error { return lost() }
	expires := float64(time.Now().Add(time.Second).UnixMilli()) / 1000
	list := b.say("c", "k", "hello", "expires_at", expires)
	b.consumer("n1", lookingBack(a))
	r := b.receipt(list)
	if r.Status != envelope.StatusExpired || r.PossibleDuplicate {
		t.Errorf("receipt %+v %+v", r, r.Error)
	}
	if got := b.platform.seen("c"); got != "" {
		t.Errorf("the platform saw %q", got)
	}
}

// A look-up that ends its node each time is poison, as a send is.
func TestALookUpThatCrashes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := newArchive(b, 0)
	inside := make(chan struct{}, 3)
	a.answer = func(ctx context.Context, _ int) error {
		inside <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	entered := b.platform.trap("hello")
	list := b.say("c", "k", "hello", "on_unknown", "park")
	c := b.consumer("n0", lookingBack(a))
	<-entered
	crash(c)
	b.vacate()
	for i := range 2 {
		c := b.consumer("n"+strconv.Itoa(i+1), lookingBack(a))
		<-inside
		crash(c)
		b.vacate()
	}
	b.consumer("last", lookingBack(a))
	if r := b.receipt(list); r.Status != envelope.StatusDead || r.Error.Code != envelope.CodePoison {
		t.Errorf("receipt %+v %+v", r, r.Error)
	}
}
