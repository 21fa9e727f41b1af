package path

import (
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

const residentBudget = 40 << 20 // bytes

func TestIdleNodeIsSmall(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	scene.PublishText(t, "lobby", "hello")
	scene.Sink.AwaitText(t, "hello", time.Minute)
	scene.AwaitSettled(t, time.Minute)
	if u := node.Usage(); u.Resident > residentBudget {
		t.Errorf("an idle node has %.1f MiB resident, allowed are %d", mib(u.Resident), residentBudget>>20)
	}
}

// BenchmarkIdle measures what a node costs that has nothing to do: memory, and
// the share of one core over half a minute. make measure runs it.
func BenchmarkIdle(b *testing.B) {
	const watched = 30 * time.Second
	scene := harness.NewScene(b, program)
	scene.Lease = 15 * time.Second // the default
	node := scene.Serve(b, "gw-1")
	for b.Loop() {
		before := node.Usage()
		<-time.After(watched)
		after := node.Usage()
		b.ReportMetric(100*float64(after.CPU-before.CPU)/float64(watched), "%core")
		b.ReportMetric(mib(after.Resident), "MiB")
	}
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }
