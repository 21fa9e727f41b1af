package outbound

import (
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
)

// A node dies in the middle of the second of three parts. The next one goes
// on with that part, as it was first rendered, and no part comes twice.
func TestACrashInTheMiddleOfSeveralParts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	entered := b.platform.trap("b")
	list := b.say("c", "k", "a|b|c")
	next := b.say("c", "k2", "d")
	w := newRecorder()
	first := b.consumer("n1")
	<-entered
	b.consumer("n2", watched(w, 2*time.Second))
	await(t, w.roles, RoleStandby)
	crash(first)
	r := b.receipt(list)
	if r.Status != envelope.StatusDelivered || len(r.MessageIDs) != 3 {
		t.Errorf("receipt %+v", r)
	}
	b.receipt(next)
	if got := texts(b.platform.await(t, 4)); got != "a b c d" {
		t.Errorf("the platform saw %s", got)
	}
	b.empty()
}

// Without a native key, a crash while a part is on its way is the open case:
// on_unknown decides, and says so.
func TestACrashOnAPlatformWithoutKeys(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]envelope.Status{"park": envelope.StatusParked, "resend": envelope.StatusDelivered} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.platform.caps.NativeKey = false
			entered := b.platform.trap("hello")
			list := b.say("c", "k", "hello", "on_unknown", policy)
			first := b.consumer("n1")
			<-entered
			crash(first)
			b.vacate()
			b.consumer("n2")
			if r := b.receipt(list); r.Status != want || r.PossibleDuplicate != (policy == "resend") {
				t.Errorf("receipt %+v", r)
			}
			b.empty()
		})
	}
}

// What a paused process looks like from outside: another holds the lease by
// the time it looks. It takes nothing, sends nothing, settles nothing.
func TestAnOwnerThatWasReplacedChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	entered, letGo := b.platform.stall(t, "first")
	w := newRecorder()
	list := b.say("c", "k", "first")
	b.consumer("n1", watched(w, 3*time.Second))
	<-entered
	b.seize()
	letGo() // the platform takes it, and then n1 tries to settle
	b.platform.await(t, 1)
	b.say("c", "k2", "second")
	await(t, w.roles, RoleStandby)
	if n := b.pending(); n != 1 {
		t.Errorf("%d are pending, want the first, still", n)
	}
	if state := b.claim("k", "state"); state != "sending" {
		t.Errorf("the claim became %q", state)
	}
	b.vacate()
	if r := b.receipt(list); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
	if got := texts(b.platform.await(t, 2)); got != "first second" {
		t.Errorf("the platform saw %s", got)
	}
}
