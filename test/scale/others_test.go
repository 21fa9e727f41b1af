package scale

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
)

var (
	rounds = flag.Int("rounds", 3, "of the measurements with and without what is stuck, in turn")
	lasts  = flag.Duration("lasts", 10*time.Second, "one such round: a minute of three is -lasts 20s")
	talks  = flag.Int("talks", 200, "conversations that are measured")
	rate   = flag.Int("rate", 200, "messages a second in them")
	behind = flag.Int("behind", 100_000, "entries behind the conversation that is stuck")
	hangs  = flag.Int("hangs", 300, "conversations that hang")
)

// BenchmarkStuckConversation: one conversation that is asked to wait for an
// hour, with a backlog behind it. The others must not notice.
func BenchmarkStuckConversation(b *testing.B) {
	for b.Loop() {
		g := newGround(b)
		g.rule(rules{"stuck": doLimit})
		compare(b, g, func() { g.publish("stuck", 1, *behind) })
		if left, err := g.Left(b.Context()); err != nil || left.Stream != int64(*behind) || left.Dead+left.Parked != 0 {
			b.Errorf("of %d entries behind the stuck one: %+v, %v", *behind, left, err)
		}
	}
}

// BenchmarkHangingConversations: conversations whose requests are answered
// after all is over, each with another entry behind.
func BenchmarkHangingConversations(b *testing.B) {
	for b.Loop() {
		g := newGround(b)
		g.rule(rules{"hang": doHang})
		accepted := compare(b, g, func() { g.publish("hang", *hangs, 2) })
		g.rule(rules{})
		g.await(0, 2*time.Minute)
		g.settled(accepted+g.take().Accepted, time.Minute)
	}
}

// compare measures the others in turn on a node with nothing else to do and on
// one, g's, that has what is stuck, and returns what g's receiver accepted.
func compare(b *testing.B, g *ground, stuck func()) (accepted int) {
	b.Helper()
	calm := newGround(b)
	without, with := calm.Serve(b, "calm"), g.Serve(b, "beset")
	stuck()
	harness.Await(b, time.Minute, "all that is stuck is read", func() (bool, string) {
		left, err := g.Left(b.Context())
		return err == nil && left.Stream == left.Pending, fmt.Sprintf("%+v, %v", left, err)
	})
	var quick, slow []int32
	measure := func(g *ground) notes {
		left, err := g.Left(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		n := g.talk("talk", *talks, *rate, *lasts)
		g.await(left.Stream, time.Minute)
		seen := g.take()
		if seen.Accepted != n || seen.Again != 0 {
			b.Errorf("%d were published, %d accepted, %d came again", n, seen.Accepted, seen.Again)
		}
		return seen
	}
	calm.talk("talk", *talks, *rate, time.Second) // connections are made
	g.talk("talk", *talks, *rate, time.Second)
	calm.await(0, time.Minute)
	harness.Await(b, time.Minute, "the others' first are delivered", func() (bool, string) {
		accepted += g.take().Accepted
		return accepted == *rate, fmt.Sprint(accepted)
	})
	calm.take()
	for range *rounds {
		quick = append(quick, measure(calm).Latencies...)
		seen := measure(g)
		accepted += seen.Accepted
		slow = append(slow, seen.Latencies...)
	}
	b.ReportMetric(ms(at(quick, 0.5)), "ms-p50-without")
	b.ReportMetric(ms(at(slow, 0.5)), "ms-p50-with")
	b.ReportMetric(ms(at(quick, 0.99)), "ms-p99-without")
	b.ReportMetric(ms(at(slow, 0.99)), "ms-p99-with")
	b.ReportMetric(ms(at(slow, 0.99))/ms(at(quick, 0.99)), "p99-ratio")
	b.ReportMetric(mib(without.Usage().Peak), "MiB-peak-without")
	b.ReportMetric(mib(with.Usage().Peak), "MiB-peak-with")
	b.ReportMetric(ms(with.Usage().CPU)/1000, "s-CPU-with")
	b.ReportMetric(ms(without.Usage().CPU)/1000, "s-CPU-without")
	return accepted
}
