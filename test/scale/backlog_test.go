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

// BenchmarkGated: what an entry costs that is read and waits behind a gate,
// beyond the first tenth of them: some of those have their letters in memory.
func BenchmarkGated(b *testing.B) {
	for b.Loop() {
		g := newGround(b)
		g.rule(rules{"": doLimit})
		node := g.Serve(b, "gw")
		g.publish("talk", spread, 1) // each conversation meets its limit
		g.allRead()
		empty := settledMemory(b, node)
		few := *backlog / 10 / spread
		g.publish("talk", spread, few)
		g.allRead()
		before := settledMemory(b, node)
		g.publish("talk", spread, *backlog/spread-few)
		g.allRead()
		after := settledMemory(b, node)
		b.ReportMetric(mib(empty), "MiB-at-0")
		b.ReportMetric(mib(before), "MiB-at-a-tenth")
		b.ReportMetric(mib(after), "MiB-at-all")
		b.ReportMetric(mib(node.Usage().Peak), "MiB-peak")
		b.ReportMetric(float64(after-before)/float64((*backlog/spread-few)*spread), "B/entry")
		if n := g.take(); n.Accepted != 0 {
			b.Errorf("%d were accepted", n.Accepted)
		}
		if left, err := g.Left(b.Context()); err != nil || left.Stream != int64(*backlog+spread) || left.Dead+left.Parked != 0 {
			b.Errorf("left: %+v, %v", left, err)
		}
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

// settledMemory is the least that a node has resident within some seconds:
// what its collector has not given back yet comes and goes.
func settledMemory(t testing.TB, node *harness.Node) int64 {
	t.Helper()
	least := node.Usage().Resident
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 100 {
		<-tick.C
		least = min(least, node.Usage().Resident)
	}
	return least
}
