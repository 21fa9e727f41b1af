package scale

import (
	"flag"
	"testing"
	"time"
)

var outage = flag.Duration("outage", 20*time.Second, "how long the platform is down in BenchmarkOutage")

// BenchmarkOutage: the platform is down while its conversations go on, and
// comes back. Nothing may die, and its return should be no storm.
func BenchmarkOutage(b *testing.B) {
	for _, down := range []string{doRefuse, doFail} {
		b.Run(down, func(b *testing.B) {
			for b.Loop() {
				g := newGround(b)
				node := g.Serve(b, "gw")
				g.talk("talk", *talks, *rate, 2*time.Second)
				g.await(0, time.Minute)
				accepted := g.take().Accepted
				g.rule(rules{"": down})
				g.talk("talk", *talks, *rate, *outage)
				asked, _ := busiest(g.take().Requests)
				before := node.Usage()
				g.rule(rules{})
				back := time.Now()
				g.await(0, *outage+5*time.Minute)
				took := time.Since(back)
				seen := g.take()
				g.settled(accepted+seen.Accepted, time.Minute)
				most, atOnce := busiest(seen.Requests)
				b.ReportMetric(asked, "requests/s-while-down")
				b.ReportMetric(seen.First.Sub(back).Seconds(), "s-to-first")
				b.ReportMetric(took.Seconds(), "s-to-last")
				b.ReportMetric(most, "requests/s-at-most")
				b.ReportMetric(float64(atOnce), "at-once-at-most")
				b.ReportMetric(float64(seen.Again), "came-again")
				b.ReportMetric(mib(node.Usage().Peak), "MiB-peak")
				b.Logf("of %d published during %v; by 100 ms since its return, requests and most at once: %v; CPU %v",
					int(outage.Seconds()*float64(*rate)), *outage, seen.Requests[:min(50, len(seen.Requests))], node.Usage().CPU-before.CPU)
			}
		})
	}
}

// busiest is the highest number of requests in a second, and at once.
func busiest(by [][2]int) (most float64, atOnce int) {
	second := 0
	for i, slot := range by {
		second += slot[0]
		if i >= 10 {
			second -= by[i-10][0]
		}
		most, atOnce = max(most, float64(second)), max(atOnce, slot[1])
	}
	return most, atOnce
}
