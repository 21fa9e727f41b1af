package path

import (
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

const kills = 5

// kill -9 in the middle of the work, five times, each time started again at
// once under the same node id. What was in flight may be sent again, and then
// bears the webhook-id that it had.
func TestKilledFiveTimesLosesNothing(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	talk := harness.Talk("talk", messages, channels)
	scene.PublishTwice(t, talk) // first: a node that keeps pace with it has nearly done before the first kill
	node := scene.Serve(t, "gw-1")
	for i := 1; i <= kills; i++ {
		scene.Sink.AwaitCount(t, i*messages/(kills+1), 60*time.Second)
		node.Kill()
		if left, err := scene.Left(t.Context()); err != nil || left.Stream == 0 {
			t.Fatalf("kill %d was not in the middle: left %+v, %v", i, left, err)
		}
		node.Start()
	}
	scene.Sink.AwaitCount(t, messages, 60*time.Second)
	scene.AwaitSettled(t, 30*time.Second)

	seen := scene.Sink.Requests()
	harness.CheckHistory(t, talk, seen)
	again := harness.Resent(seen)
	if again == 0 {
		t.Errorf("%d kills hit nothing in flight: the test does not test", kills)
	}
	t.Logf("%d kills, %d messages, %d requests sent again under their own ids", kills, messages, again)
}
