package scale

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

var (
	backlog = flag.Int("backlog", 1_000_000, "entries that wait")
	drain   = flag.Bool("drain", false, "deliver all of the backlog, too")
)

// spread is over how many conversations the backlog is.
const spread = 1000

// BenchmarkUnread: a node starts on a backlog that nobody has read.
func BenchmarkUnread(b *testing.B) {
	for b.Loop() {
		g := newGround(b)
		g.publish("talk", spread, *backlog/spread)
		start := time.Now()
		node := g.Serve(b, "gw")
		accepted := g.begins(start, node)
		g.finish(accepted, node)
	}
}

// BenchmarkCrashedOwner: a node starts on a backlog that a crashed one had
// read. The platform hangs until then, and has taken nothing of it.
func BenchmarkCrashedOwner(b *testing.B) {
	for b.Loop() {
		g := newGround(b)
		g.rule(rules{"": doHang})
		g.publish("talk", spread, *backlog/spread)
		first := g.Serve(b, "one")
		g.allRead()
		b.ReportMetric(mib(first.Usage().Peak), "MiB-peak-of-the-first")
		first.Kill()
		harness.Await(b, time.Minute, "its requests are gone", func() (bool, string) { return g.take().At == 0, "" })
		g.rule(rules{})
		start := time.Now()
		node := g.Serve(b, "two")
		accepted := g.begins(start, node)
		g.finish(accepted, node)
	}
}

// begins waits for the first delivery since start, and then for as long as a
// round lasts, and returns how many were accepted.
func (g *ground) begins(start time.Time, node *harness.Node) (accepted int) {
	g.t.Helper()
	b := g.t.(*testing.B)
	harness.Await(b, 5*time.Minute, "a first delivery", func() (bool, string) {
		n := g.take()
		if accepted += n.Accepted; n.Accepted > 0 {
			b.ReportMetric(n.First.Sub(start).Seconds(), "s-to-first")
		}
		return accepted > 0, ""
	})
	timer := time.NewTimer(*lasts)
	defer timer.Stop()
	<-timer.C
	n := g.take()
	b.ReportMetric(float64(n.Accepted)/lasts.Seconds(), "messages/s")
	return accepted + n.Accepted
}

// finish waits until all is read, and delivered if that is wanted, and tells the
// node's memory.
func (g *ground) finish(accepted int, node *harness.Node) {
	g.t.Helper()
	g.allRead()
	if *drain {
		g.await(0, time.Hour)
		g.settled(accepted+g.take().Accepted, time.Minute)
	}
	g.t.(*testing.B).ReportMetric(mib(node.Usage().Peak), "MiB-peak")
}

// allRead waits until every entry is pending.
func (g *ground) allRead() {
	g.t.Helper()
	harness.Await(g.t, 10*time.Minute, "all is read", func() (bool, string) {
		left, err := g.Left(g.t.Context())
		return err == nil && left.Stream == left.Pending, fmt.Sprintf("%+v, %v", left, err)
	})
}
