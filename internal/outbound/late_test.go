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

// A read is given up and reaches Redis after its successor. What it would take
// would be nobody's, and later entries of the channel would overtake it.
func TestAReadThatArrivesLateTakesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newWire(b)
	b.consumer("n1", through(w), func(c *Config) { c.AutoclaimInterval, c.AutoclaimMinIdle = time.Second, 2*time.Second })
	b.receipt(b.say("c", "k", "0"))
	late := w.hold(b.script("read"))
	b.say("c", "", "1")
	<-late.held
	b.platform.await(t, 2) // given up after 3 s, and read again
	next := w.hold(b.script("read"))
	const last = 20
	for i := 2; i < last; i++ {
		b.say("c", "", strconv.Itoa(i))
	}
	<-next.held
	late.letGo()
	<-late.answered
	next.letGo()
	b.say("c", "", strconv.Itoa(last))
	for i, a := range b.platform.await(t, last+1) {
		if a.text != strconv.Itoa(i) {
			t.Fatalf("%s came where %d was due", a.text, i)
		}
	}
}

// The record that nothing was sent is given up and reaches Redis when the next
// attempt is on its way: it must not hide that one from who comes after a
// crash.
func TestAMarkThatArrivesLateHidesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.NativeKey = false
	b.platform.fail = func(_ platform.Part, nth int) error {
		if nth == 0 {
			return hiccup()
		}
		return nil
	}
	w := newWire(b)
	late := w.hold(b.script("mark"), "$7\r\nclaimed")
	took := make(chan struct{})
	list := b.say("c", "k", "x", "on_unknown", "park")
	first := b.consumer("n1", through(w), func(c *Config) {
		c.Adapter = deafOnceTaken{fakeAdapter{b.platform}, sync.OnceFunc(func() { close(took) })}
	})
	<-late.held
	<-took // the second attempt arrived, and its answer has not come
	late.letGo()
	<-late.answered
	if state := b.claim("k", "state"); state != "sending" {
		t.Errorf("the claim became %q", state)
	}
	crash(first)
	b.vacate()
	b.consumer("n2")
	if r := b.receipt(list); r.Status != envelope.StatusParked {
		t.Errorf("receipt %+v", r)
	}
	if got := b.platform.seen("c"); got != "x" {
		t.Errorf("the platform saw %q under park", got)
	}
}

// deafOnceTaken hears that a part failed, and never that one was taken.
type deafOnceTaken struct {
	fakeAdapter
	took func()
}

func (a deafOnceTaken) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	if result, err := a.fakeAdapter.Do(ctx, part); err != nil {
		return result, err
	}
	a.took()
	<-ctx.Done()
	return platform.Result{}, lost()
}

// The group is destroyed and made again at 0, and an entry without a key ends
// after the new group has brought it once more, before that answer arrives:
// one that this node had read, or had taken over.
func TestAnAnswerOfTheOldGroupDoublesNothing(t *testing.T) {
	t.Parallel()
	for _, takenOver := range []bool{false, true} {
		t.Run(map[bool]string{false: "read", true: "taken over"}[takenOver], func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.platform.caps.NativeKey = false
			w := newWire(b)
			entered, letGo := b.platform.stall(t, "x")
			b.say("c", "", "x")
			b.say("c", "k", "then")
			if takenOver {
				b.leavePending("old")
			}
			b.consumer("n1", through(w))
			<-entered
			made := w.hold(b.script("group"))
			if err := b.client.XGroupDestroy(t.Context(), b.stream, b.names.Group("fake")).Err(); err != nil {
				t.Fatal(err)
			}
			b.say("d", "", "wakes the reader")
			<-made.held
			again := w.holdAnswer(b.script("read"))
			made.letGo()
			<-again.held
			letGo()
			b.platform.await(t, 2) // "then" was begun: "x" has ended
			again.letGo()
			b.receipt(b.say("c", "", "end"))
			if got := b.platform.seen("c"); got != "x then end" {
				t.Errorf("the platform saw %q", got)
			}
		})
	}
}

// leavePending makes the group and reads all there is for a consumer that is
// no more.
func (b *bench) leavePending(consumer string) {
	b.t.Helper()
	group := b.names.Group("fake")
	if err := b.client.XGroupCreateMkStream(b.t.Context(), b.stream, group, "0").Err(); err != nil {
		b.t.Fatal(err)
	}
	if err := b.client.Do(b.t.Context(), "XREADGROUP", "GROUP", group, consumer, "STREAMS", b.stream, ">").Err(); err != nil {
		b.t.Fatal(err)
	}
}

// A read that finds another owner ends the tenure at once: with a lease of ten
// minutes, no renewal could tell within the test.
func TestAFencedReadEndsTheTenure(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newRecorder()
	b.consumer("n1", watched(w, 10*time.Minute))
	b.receipt(b.say("c", "k1", "before"))
	if err := b.client.HSet(t.Context(), envelope.Beside(b.stream, "lease"), "token", "somebody-else").Err(); err != nil {
		t.Fatal(err)
	}
	b.say("c", "k2", "after")
	await(t, w.roles, RoleNone)
	await(t, w.roles, RoleStandby)
}
