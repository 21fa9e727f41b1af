package webchat

import (
	"flag"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/harness"
	"github.com/posternhq/postern/test/webchat/crowd"
)

// chat is the platform's name.
const chat = "chat"

var (
	sockets = flag.Int("sockets", 2000, "pages at once in BenchmarkSockets")
	slots   = flag.Int("slots", 256, "the delivery.in_flight of their node")
	lasts   = flag.Duration("lasts", time.Minute, "how long they talk")
)

// outcome is what a load was like.
type outcome struct {
	*crowd.Crowd
	sent          int
	before, after harness.Usage
	redis, pages  time.Duration // CPU that they took
	took          time.Duration
}

// TestLoad: nothing is lost, nothing comes twice, and each room keeps its
// order, under a load that any machine bears.
func TestLoad(t *testing.T) {
	o := load(t, 200, 5*time.Second)
	t.Logf("in: %v\nout: %v\nboth: %v", o.In, o.Out, o.Both)
}

// BenchmarkSockets is the measure of web chat: 2,000 pages on one node, each
// saying a message a second and hearing one, for a minute. make measure runs
// it; -sockets and -lasts make it another one.
func BenchmarkSockets(b *testing.B) {
	for b.Loop() {
		o := load(b, *sockets, *lasts)
		b.Logf("%d messages each way in %v\nin:   %v\nout:  %v\nboth: %v", o.sent, o.took.Round(time.Second), o.In, o.Out, o.Both)
		ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		b.ReportMetric(ms(o.In.At(0.99)), "ms-in-p99")
		b.ReportMetric(ms(o.Out.At(0.99)), "ms-out-p99")
		b.ReportMetric(float64(o.after.Resident)/(1<<20), "MiB")
		for who, cpu := range map[string]time.Duration{"node": o.after.CPU - o.before.CPU, "redis": o.redis, "pages": o.pages} {
			b.ReportMetric(float64(cpu.Microseconds())/float64(2*o.sent), "µs-"+who+"/message")
		}
	}
}

// load runs a node, a worker and pages, and fails the test if anything is
// lost, comes twice or out of order.
func load(t testing.TB, n int, lasts time.Duration) outcome {
	t.Helper()
	scene := harness.NewScene(t, program)
	scene.Lease, scene.Slots = 15*time.Second, *slots
	scene.More = "  - { name: " + chat + ", kind: webchat }\n"
	node := scene.Serve(t, "gw-1")
	o := outcome{Crowd: gather(t, scene)}
	enter(t, o.Crowd, node, n)
	o.before, o.redis, o.pages = node.Usage(), -redisCPU(t, scene), -ownCPU(t)
	start := time.Now()
	if err := o.Talk(lasts); err != nil {
		t.Fatal(err)
	}
	o.took, o.sent = time.Since(start), o.Sent()
	settle(t, o.Crowd)
	o.after = node.Usage()
	o.redis += redisCPU(t, scene)
	o.pages += ownCPU(t)
	if err := o.Leave(); err != nil {
		t.Error(err)
	}
	return o
}

// gather is a crowd that is gone with the test.
func gather(t testing.TB, scene *harness.Scene) *crowd.Crowd {
	t.Helper()
	c := crowd.Gather(t.Context(), scene.RDB, envelope.NewNames("postern"), chat)
	t.Cleanup(func() { _ = c.Leave() }) // a test that gets so far has asked for its error
	return c
}

// enter opens n pages on a node.
func enter(t testing.TB, c *crowd.Crowd, node *harness.Node, n int) {
	t.Helper()
	if err := c.Enter(t.Context(), node.Addr(), n); err != nil {
		t.Fatal(err)
	}
}

// settle waits for the last echoes.
func settle(t testing.TB, c *crowd.Crowd) {
	t.Helper()
	if err := c.Settle(t.Context(), 30*time.Second); err != nil {
		t.Fatal(err)
	}
}
