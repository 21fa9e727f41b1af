package outbound

import (
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
)

// A lease that is given away comes to the one who was named, under a lease so
// long that nothing else explains it, and the giver stands by.
func TestGive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w1, w2, w3 := newRecorder(), newRecorder(), newRecorder()
	first := b.consumer("n1", watched(w1, 10*time.Minute))
	await(t, w1.roles, RoleActive)
	b.consumer("n2", watched(w2, 10*time.Minute))
	await(t, w2.roles, RoleStandby)
	b.consumer("n3", watched(w3, 10*time.Minute))
	await(t, w3.roles, RoleStandby)
	if !first.Give("n3") {
		t.Fatal("an active consumer does not give")
	}
	await(t, w3.roles, RoleActive)
	await(t, w1.roles, RoleStandby)
	if first.Give("n2") || first.Giving() {
		t.Error("a stand-by gives what it does not have")
	}
	if r := b.receipt(b.say("c", "k", "after")); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
}

// An heir that does not come leaves nobody waiting for long.
func TestAnHeirThatDoesNotCome(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w1, w2 := newRecorder(), newRecorder()
	first := b.consumer("n1", watched(w1, 10*time.Minute))
	await(t, w1.roles, RoleActive)
	b.consumer("n2", watched(w2, 10*time.Minute))
	await(t, w2.roles, RoleStandby)
	first.Give("nobody")
	await(t, w2.roles, RoleActive)
}

// With nobody there the giver has it back.
func TestAGiftThatNobodyTakes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newRecorder()
	c := b.consumer("n1", watched(w, 10*time.Minute))
	await(t, w.roles, RoleActive)
	c.Give("nobody")
	await(t, w.roles, RoleNone)
	await(t, w.roles, RoleActive)
}

// A lease that never runs out, as after a step of Redis' clock back, and whose
// renewals stand still, is replaced on the stand-by's own clock.
func TestALeaseThatNeverRunsOut(t *testing.T) {
	t.Parallel()
	for name, forever := range map[string]bool{"it has hours left": false, "it has no expiry": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			w := newRecorder()
			b.client.HSet(t.Context(), b.lease(), "token", "dead", "epoch", 1, "node", "dead", "renewals", 7)
			if !forever {
				b.client.Expire(t.Context(), b.lease(), 10*time.Hour)
			}
			begun := time.Now()
			b.consumer("n1", watched(w, time.Second))
			await(t, w.roles, RoleActive)
			if took := time.Since(begun); took < time.Second {
				t.Errorf("replaced after %v, before its renewals could have stood still for a lease", took)
			}
		})
	}
}

// A lease that goes early, as after a step of Redis' clock forward, costs
// nobody more than the owner's next renewal: it is taken again.
func TestALeaseThatGoesEarly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newRecorder()
	b.consumer("n1", watched(w, 3*time.Second))
	await(t, w.roles, RoleActive)
	b.client.Del(t.Context(), b.lease())
	await(t, w.roles, RoleNone)
	await(t, w.roles, RoleActive)
	if r := b.receipt(b.say("c", "k", "after")); r.Status != envelope.StatusDelivered {
		t.Errorf("receipt %+v", r)
	}
}
