package path

import (
	"testing"
	"time"

	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/test/harness"
)

// Answers of Redis get lost on their way: the script has run, and the node
// cannot know. Whatever it then does must come to the same.
func TestLostRepliesChangeNothing(t *testing.T) {
	t.Parallel()
	const losses = 40
	scene := harness.NewScene(t, program)
	proxy := redistest.NewProxy(t, scene.Redis)
	scene.ServeBehind(t, "gw-1", proxy)
	load := scene.StartLoad(t, 20, 50*time.Millisecond)
	for i := range losses {
		lost := proxy.DropReply(1 + i*7%31) // every place in a batch's exchange, over the run
		select {
		case <-lost:
		case <-time.After(20 * time.Second):
			t.Fatalf("loss %d: the node asks Redis nothing any more", i+1)
		}
		scene.Sink.AwaitCount(t, len(scene.Sink.Requests())+20, time.Minute) // it has caught up
	}
	said := load.Stop(t)
	scene.Sink.AwaitCount(t, len(said), 30*time.Second)
	scene.AwaitSettled(t, time.Minute)
	seen := scene.Sink.Requests()
	harness.CheckHistory(t, said, seen)
	t.Logf("%d replies lost, %d messages, %d requests sent again under their own ids", losses, len(said), harness.Resent(seen))
}

// The active node is cut off from Redis, but not from the platform, for three
// times its lease. It must stop by its own clock; the stand-by takes over.
func TestPartitionedNodeStopsAndTakesNothing(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	proxy := redistest.NewProxy(t, scene.Redis)
	cutOff := scene.ServeBehind(t, "gw-1", proxy)
	harness.Await(t, 10*time.Second, "gw-1 is active", func() (bool, string) { return cutOff.Active(), "" })
	scene.Serve(t, "gw-2")

	load := scene.StartLoad(t, 40, 50*time.Millisecond)
	scene.Sink.AwaitCount(t, 400, time.Minute)
	proxy.Blackhole()
	holed := time.Now()
	expired := time.NewTimer(3 * scene.Lease)
	defer expired.Stop()
	<-expired.C
	proxy.Heal()
	scene.Sink.AwaitCount(t, len(scene.Sink.Requests())+800, time.Minute)
	said := load.Stop(t)
	scene.Sink.AwaitCount(t, len(said), time.Minute)
	scene.AwaitSettled(t, time.Minute)

	seen := scene.Sink.Requests()
	harness.CheckHistory(t, said, seen)
	for _, r := range seen {
		if after := r.At.Sub(holed); r.Node == cutOff.ID && after > scene.Lease {
			t.Errorf("%s sent %q in channel %s %v after it was cut off; its lease is %v", cutOff.ID, r.Text, r.ChannelID, after, scene.Lease)
		}
	}
}
