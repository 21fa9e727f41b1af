package path

import (
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

// A planned stop hands over by a message, not by the lease running out: with a
// lease of 15 s, the stand-by delivers long before that, under load.
func TestPlannedStopHandsOverAtOnce(t *testing.T) {
	t.Parallel()
	const lease, atOnce = 15 * time.Second, 5 * time.Second
	scene := harness.NewScene(t, program)
	scene.Lease = lease
	active, standby := harness.AwaitActive(t, scene.Serve(t, "gw-1"), scene.Serve(t, "gw-2"), lease)

	load := scene.StartLoad(t, 20, 50*time.Millisecond)
	scene.Sink.AwaitCount(t, 100, time.Minute)
	if exit := active.Terminate(); exit != 0 {
		t.Errorf("%s ended with status %d after SIGTERM, expected 0", active.ID, exit)
	}
	stopped := time.Now()
	scene.PublishText(t, "after", "after the stop")
	got := scene.Sink.AwaitText(t, "after the stop", atOnce)
	if got.Node != standby.ID {
		t.Errorf("delivered by %s, expected %s", got.Node, standby.ID)
	}
	t.Logf("%s had stopped; %s delivered %v later", active.ID, standby.ID, got.At.Sub(stopped).Round(time.Millisecond))

	said := load.Stop(t)
	said = append(said, harness.Said{Channel: "after", Text: "after the stop"})
	scene.Sink.AwaitCount(t, len(said), time.Minute)
	scene.AwaitSettled(t, time.Minute)
	seen := scene.Sink.Requests()
	harness.CheckHistory(t, said, seen)
	if n := harness.Resent(seen); n != 0 {
		t.Errorf("%d requests were sent again; a planned stop finishes what it has begun", n)
	}
}

// A restart of a single node need not wait for its own lease either.
func TestPlannedRestartGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	const lease, atOnce = 15 * time.Second, 5 * time.Second
	scene := harness.NewScene(t, program)
	scene.Lease = lease
	node := scene.Serve(t, "gw-1")
	scene.PublishText(t, "lobby", "before")
	scene.Sink.AwaitText(t, "before", atOnce)
	if exit := node.Terminate(); exit != 0 {
		t.Errorf("status %d after SIGTERM, expected 0", exit)
	}
	scene.PublishText(t, "lobby", "meanwhile")
	node.Start()
	scene.Sink.AwaitText(t, "meanwhile", atOnce)
	scene.AwaitSettled(t, atOnce)
}

// After a crash, a stand-by takes over within the lease.
func TestCrashHandsOverWithinTheLease(t *testing.T) {
	t.Parallel()
	const lease, margin = 2 * time.Second, 2 * time.Second
	scene := harness.NewScene(t, program)
	scene.Lease = lease
	active, standby := harness.AwaitActive(t, scene.Serve(t, "gw-1"), scene.Serve(t, "gw-2"), 10*time.Second)
	active.Kill()
	scene.PublishText(t, "lobby", "after the crash")
	got := scene.Sink.AwaitText(t, "after the crash", lease+margin)
	if got.Node != standby.ID {
		t.Errorf("delivered by %s, expected %s", got.Node, standby.ID)
	}
	scene.AwaitSettled(t, time.Minute)
}
