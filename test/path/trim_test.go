package path

import (
	"fmt"
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

// Entries that somebody trims while no node runs were never read by anybody,
// and are reported all the same.
func TestTrimBeforeReadingIsReported(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	scene.PublishText(t, "lobby", "before") // the count of entries has a beginning
	scene.Sink.AwaitText(t, "before", time.Minute)
	scene.AwaitSettled(t, time.Minute)
	if exit := node.Terminate(); exit != 0 {
		t.Errorf("status %d after SIGTERM, expected 0", exit)
	}
	for i := range 3 {
		scene.PublishText(t, "lobby", fmt.Sprintf("meanwhile %d", i))
	}
	if n, err := scene.RDB.XTrimMaxLen(t.Context(), scene.Stream, 1).Result(); n != 2 || err != nil {
		t.Fatalf("XTRIM %s: %d entries, %v; expected 2", scene.Stream, n, err)
	}
	node.Start()
	node.AwaitReady(10 * time.Second)
	var lost float64
	harness.Await(t, 5*time.Second, "the loss is reported", func() (bool, string) {
		lost = node.Metric("postern_entries_lost_total", `platform="hook"`)
		return lost >= 2, fmt.Sprintf("postern_entries_lost_total: %v", lost)
	})
	scene.Sink.AwaitText(t, "meanwhile 2", time.Minute)
	scene.AwaitSettled(t, time.Minute)
	if lost = node.Metric("postern_entries_lost_total", `platform="hook"`); lost != 2 {
		t.Errorf("postern_entries_lost_total: %v, expected 2", lost)
	}
	if n := len(scene.Sink.Requests()); n != 2 {
		t.Errorf("%d requests; expected those for the two that were not trimmed", n)
	}
}
