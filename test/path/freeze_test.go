package path

import (
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

// The active process is frozen for three times its lease, under load, and then
// goes on as if nothing had happened. The stand-by has taken over meanwhile;
// the woken process must find that out before it does anything.
func TestFrozenBeyondItsLeaseTakesNothing(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	active, standby := harness.AwaitActive(t, scene.Serve(t, "gw-1"), scene.Serve(t, "gw-2"), 10*time.Second)

	load := scene.StartLoad(t, 40, 50*time.Millisecond)
	scene.Sink.AwaitCount(t, 400, time.Minute)
	active.Freeze()
	frozen := time.NewTimer(3 * scene.Lease)
	defer frozen.Stop()
	before := len(scene.Sink.Requests())
	scene.Sink.AwaitCount(t, before+400, 10*scene.Lease)
	<-frozen.C

	woken := time.Now()
	active.Thaw()
	// Under load for as long again, so that there is something to take.
	scene.Sink.AwaitCount(t, len(scene.Sink.Requests())+1600, time.Minute)
	said := load.Stop(t)
	scene.Sink.AwaitCount(t, len(said), time.Minute)
	scene.AwaitSettled(t, time.Minute)

	seen := scene.Sink.Requests()
	harness.CheckHistory(t, said, seen)
	if !standby.Active() || active.Active() {
		t.Errorf("after the thaw: %s active: %v, %s active: %v", active.ID, active.Active(), standby.ID, standby.Active())
	}
	if !active.Running() {
		t.Errorf("%s ended; losing a lease must not end a process", active.ID)
	}
	took := make(map[string]bool) // webhook-ids that have had an effect
	for _, r := range seen {
		if r.Node == active.ID && r.At.After(woken) && !took[r.ID] {
			t.Errorf("%s, woken %v ago, took key %s", active.ID, r.At.Sub(woken), r.MessageKey)
		}
		took[r.ID] = true
	}
	consumers, err := scene.RDB.XInfoConsumers(t.Context(), scene.Stream, scene.Group).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range consumers {
		if c.Pending != 0 {
			t.Errorf("consumer %s holds %d entries", c.Name, c.Pending)
		}
	}
	t.Logf("%d messages, %d requests sent again under their own ids", len(said), harness.Resent(seen))
}
