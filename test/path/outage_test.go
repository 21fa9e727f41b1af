package path

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

const (
	outage        = 10 * time.Second
	noticedWithin = time.Minute // from the end of Redis to the first 503
	backWithin    = time.Minute // from the return of Redis to the next delivery
	logBudget     = 64 << 10    // bytes, for the whole outage
)

// Redis goes away for ten seconds and comes back without a single key.
func TestRedisGoneAndBackEmpty(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	scene.PublishText(t, "lobby", "before")
	scene.Sink.AwaitText(t, "before", time.Minute)
	scene.AwaitSettled(t, time.Minute)
	logged := len(node.Log())

	scene.Redis.Stop()
	stopped := time.Now()
	harness.Await(t, noticedWithin, "/readyz says 503", func() (bool, string) {
		status, body, err := node.Get("/readyz")
		return status == http.StatusServiceUnavailable, fmt.Sprintf("%d %s %v", status, body, err)
	})
	slowest := time.Duration(0)
	harness.Await(t, outage+time.Minute, "the outage is over", func() (bool, string) {
		asked := time.Now()
		status, body, err := node.Get("/readyz")
		slowest = max(slowest, time.Since(asked))
		if status != http.StatusServiceUnavailable {
			t.Errorf("without Redis, /readyz says %d %s (%v); expected 503", status, body, err)
		}
		return t.Failed() || time.Since(stopped) > outage-time.Second, "time passes"
	})
	t.Logf("without Redis, /readyz answers within %v; a second on a quiet machine", slowest)
	if status, _, err := node.Get("/healthz"); status != http.StatusOK {
		t.Errorf("without Redis, /healthz says %d, %v; the process lives", status, err)
	}

	scene.Redis.Restart()
	scene.PublishText(t, "lobby", "after")
	scene.Sink.AwaitText(t, "after", backWithin)
	node.AwaitReady(backWithin)
	scene.AwaitSettled(t, time.Minute)
	groups, err := scene.RDB.XInfoGroups(t.Context(), scene.Stream).Result()
	if err != nil || len(groups) != 1 || groups[0].Name != scene.Group {
		t.Errorf("groups of %s: %+v, %v; expected %s", scene.Stream, groups, err, scene.Group)
	}
	harness.Await(t, 2*backWithin, "the workers' group is made again", func() (bool, string) {
		inbound, err := scene.RDB.XInfoGroups(t.Context(), "postern:inbound").Result()
		return len(inbound) == 1 && inbound[0].Name == "postern:workers", fmt.Sprintf("%+v, %v", inbound, err)
	})
	if n := len(node.Log()) - logged; n > logBudget {
		t.Errorf("the outage cost %d bytes of log, allowed are %d", n, logBudget)
	}
	if !node.Running() {
		t.Error("the process ended")
	}
}

// Redis hangs: connections stay open and nothing answers.
func TestRedisFrozen(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	scene.Redis.Pause()
	harness.Await(t, 2*noticedWithin, "/readyz says 503", func() (bool, string) {
		status, body, err := node.Get("/readyz")
		if err != nil {
			t.Errorf("/readyz: %v; it answers whatever Redis does", err)
		}
		return t.Failed() || status == http.StatusServiceUnavailable, fmt.Sprintf("%d %s %v", status, body, err)
	})
	scene.Redis.Resume()
	scene.PublishText(t, "lobby", "after")
	scene.Sink.AwaitText(t, "after", 2*backWithin)
	node.AwaitReady(backWithin)
	scene.AwaitSettled(t, time.Minute)
}

// Redis is full and evicts nothing: no producer can add, and what is there
// must drain all the same, for only that makes room.
func TestFullRedisDrains(t *testing.T) {
	t.Parallel()
	const waiting, channels = 2000, 50
	scene := harness.NewScene(t, program)
	scene.Serve(t, "gw-1")
	scene.Sink.Hold()
	talk := harness.Talk("talk", waiting, channels)
	if err := scene.Publish(t.Context(), harness.JSON, harness.Envelopes(talk)...); err != nil {
		t.Fatal(err)
	}
	scene.Redis.Config("maxmemory-policy", "noeviction")
	scene.Redis.Config("maxmemory", "1mb") // an empty redis-server uses about as much
	if err := scene.Publish(t.Context(), harness.JSON, harness.Envelope{"type": "message", "channel_id": "late", "text": "no room"}); err == nil {
		t.Fatal("a full Redis took an entry in: the test does not test")
	}
	scene.Sink.Release()
	scene.Sink.AwaitCount(t, waiting, 60*time.Second)
	scene.AwaitSettled(t, 30*time.Second)
	harness.CheckHistory(t, talk, scene.Sink.Requests())
}
