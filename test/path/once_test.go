package path

import (
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

const (
	messages = 10_000
	channels = 500
)

// Every envelope is published twice, by two producers at the same time, in
// both encodings and under the same message_key.
func TestPublishedTwiceIsDeliveredOnceInOrder(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	scene.Serve(t, "gw-1")
	talk := harness.Talk("talk", messages, channels)
	start := time.Now()
	scene.PublishTwice(t, talk)
	published := time.Since(start)
	scene.Sink.AwaitCount(t, messages, 60*time.Second)
	t.Logf("%d envelopes published twice in %v, delivered after %v", messages, published.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
	scene.AwaitSettled(t, 30*time.Second)

	seen := scene.Sink.Requests()
	harness.CheckHistory(t, talk, seen)
	if n := harness.Resent(seen); n != 0 {
		t.Errorf("%d requests were sent again, with nothing failing", n)
	}
}
