package path

import (
	"net/http"
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

// A receiver that refuses every fifth message twice gets all of them once, in
// order: a retry holds its own channel and overtakes nothing.
func TestRefusedForNowIsRetriedInOrder(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	scene.Serve(t, "gw-1")
	const n, every = 400, 5
	refusals := []int{http.StatusServiceUnavailable, http.StatusTooManyRequests}
	attempts, picked := make(map[string]int), make(map[string]bool) // by webhook-id; guarded by the sink's lock
	scene.Sink.Answer(func(r harness.Request) int {
		if attempts[r.ID] == 0 {
			picked[r.ID] = len(attempts)%every == 0
		}
		attempts[r.ID]++
		if picked[r.ID] && attempts[r.ID] <= len(refusals) {
			return refusals[attempts[r.ID]-1]
		}
		return http.StatusOK
	})
	talk := harness.Talk("talk", n, 80)
	scene.PublishTwice(t, talk)
	scene.Sink.AwaitCount(t, len(talk), 60*time.Second)
	scene.AwaitSettled(t, time.Minute)
	seen := scene.Sink.Requests()
	harness.CheckHistory(t, talk, seen)
	if again, expected := harness.Resent(seen), n/every*len(refusals); again != expected {
		t.Errorf("%d requests were sent again, expected %d", again, expected)
	}
}

// A channel that fails holds up nobody but itself.
func TestFailingChannelHoldsUpOnlyItself(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	scene.Serve(t, "gw-1")
	scene.Sink.Answer(func(r harness.Request) int {
		if r.ChannelID == "failing" {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	})
	scene.PublishText(t, "failing", "first")
	scene.PublishText(t, "failing", "second")
	talk := harness.Talk("talk", 500, 50)
	if err := scene.Publish(t.Context(), harness.JSON, harness.Envelopes(talk)...); err != nil {
		t.Fatal(err)
	}
	scene.Sink.AwaitCount(t, len(talk), time.Minute)

	scene.Sink.Answer(func(harness.Request) int { return http.StatusOK })
	scene.Sink.AwaitText(t, "second", 30*time.Second)
	scene.AwaitSettled(t, time.Minute)
	said := append(talk, harness.Said{Channel: "failing", Text: "first"}, harness.Said{Channel: "failing", Text: "second"})
	harness.CheckHistory(t, said, scene.Sink.Requests())
}
