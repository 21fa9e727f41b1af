package scale

import (
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

// BenchmarkTakeOver measures, under load, how long after SIGTERM and after kill
// -9 the other node delivers for the first time. The promise: 300 ms, and the
// lease plus one second. Nothing is lost, comes twice or out of order.
func BenchmarkTakeOver(b *testing.B) {
	const lease, channels, every = 5 * time.Second, 50, 50 * time.Millisecond
	for b.Loop() {
		scene := harness.NewScene(b, program)
		scene.Lease = lease
		active, standby := harness.AwaitActive(b, scene.Serve(b, "gw-1"), scene.Serve(b, "gw-2"), time.Minute)
		load := scene.StartLoad(b, channels, every)
		scene.Sink.AwaitCount(b, 20*channels, time.Minute)

		asked := time.Now()
		if exit := active.Terminate(); exit != 0 {
			b.Errorf("%s ended with status %d after SIGTERM", active.ID, exit)
		}
		b.ReportMetric(firstBy(b, scene, standby, asked).Sub(asked).Seconds()*1000, "ms-after-SIGTERM")
		active.Start()
		active.AwaitReady(time.Minute)

		killed := time.Now()
		standby.Kill()
		b.ReportMetric(firstBy(b, scene, active, killed).Sub(killed).Seconds(), "s-after-kill")
		b.ReportMetric(lease.Seconds(), "s-lease")

		said := load.Stop(b)
		scene.Sink.AwaitCount(b, len(said), time.Minute)
		scene.AwaitSettled(b, time.Minute)
		harness.CheckHistory(b, said, scene.Sink.Requests())
	}
}

// firstBy is when a node first delivered something after a moment.
func firstBy(t testing.TB, scene *harness.Scene, node *harness.Node, after time.Time) (at time.Time) {
	t.Helper()
	harness.Await(t, time.Minute, node.ID+" delivers", func() (bool, string) {
		for _, r := range scene.Sink.Requests() {
			if r.Node == node.ID && r.At.After(after) {
				at = r.At
				return true, ""
			}
		}
		return false, "nothing yet"
	})
	return at
}
