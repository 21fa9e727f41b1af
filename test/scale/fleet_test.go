package scale

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/harness"
)

// manyPlatforms is how many platforms a fleet has, beside the scene's own.
const manyPlatforms = 999

// fleet is three nodes that have all platforms.
type fleet struct {
	*harness.Scene
	t     testing.TB
	nodes []*harness.Node
}

// newFleet starts three nodes, one after the other.
func newFleet(t testing.TB, lease time.Duration) *fleet {
	t.Helper()
	f := &fleet{Scene: harness.NewScene(t, program), t: t}
	f.Lease = lease
	var more strings.Builder
	for i := range manyPlatforms {
		fmt.Fprintf(&more, "  - { name: many-%03d, kind: webhook, url: %q }\n", i, f.Sink.URL("many"))
	}
	f.More = more.String()
	for i := range 3 {
		f.nodes = append(f.nodes, f.Serve(t, fmt.Sprintf("gw-%d", i+1)))
	}
	return f
}

// holds is how many platforms each node is active for, by the leases: to ask
// the nodes would cost them more than what is measured.
func (f *fleet) holds() map[string]int {
	names := envelope.NewNames("postern")
	pipe := f.RDB.Pipeline()
	pipe.HGet(f.t.Context(), f.Beside("lease"), "node")
	for i := range manyPlatforms {
		pipe.HGet(f.t.Context(), envelope.Beside(names.Outbound(fmt.Sprintf("many-%03d", i)), "lease"), "node")
	}
	held := map[string]int{}
	answers, _ := pipe.Exec(f.t.Context()) // a lease that nobody holds is an error
	for _, a := range answers {
		if node := a.(*redis.StringCmd).Val(); node != "" {
			held[node]++
		}
	}
	return held
}

// await waits until the leases are as wanted, and returns how long that took,
// to a quarter of a second.
func (f *fleet) await(what string, within time.Duration, as func(held map[string]int) bool) time.Duration {
	f.t.Helper()
	begun := time.Now()
	harness.Await(f.t, within, what, func() (bool, string) {
		<-time.After(time.Second / 4)
		held := f.holds()
		return as(held), fmt.Sprint("held: ", held)
	})
	return time.Since(begun)
}

// even reports whether three nodes share all platforms.
func even(held map[string]int) bool {
	sum, most := 0, 0
	for _, n := range held {
		sum, most = sum+n, max(most, n)
	}
	return len(held) == 3 && sum == manyPlatforms+1 && most <= manyPlatforms/3+1
}

// redis is the time that Redis has spent, in seconds, and how many are
// connected to it.
func (f *fleet) redis() (cpu, connections float64) {
	f.t.Helper()
	text, err := f.RDB.Info(f.t.Context(), "cpu", "clients").Result()
	if err != nil {
		f.t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		var v float64
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		_, _ = fmt.Sscan(value, &v) // not a number: not one of ours
		switch name {
		case "used_cpu_sys", "used_cpu_user":
			cpu += v
		case "connected_clients":
			connections = v
		}
	}
	return cpu, connections
}

// BenchmarkFleet has 1,000 platforms over three nodes: what they cost that have
// nothing to do, and how long until all are served again after one node is
// killed. The lease is the default.
func BenchmarkFleet(b *testing.B) {
	const lease, watched = 15 * time.Second, 30 * time.Second
	f := newFleet(b, lease)
	f.await("the platforms are even over the nodes", 5*time.Minute, even)
	for b.Loop() {
		cpu, _ := f.redis()
		var before time.Duration
		for _, n := range f.nodes {
			before += n.Usage().CPU
		}
		<-time.After(watched)
		var after time.Duration
		var resident int64
		for _, n := range f.nodes {
			u := n.Usage()
			after, resident = after+u.CPU, resident+u.Resident
		}
		now, connections := f.redis()
		perPlatform := float64(watched.Seconds() * (manyPlatforms + 1))
		b.ReportMetric(1e6*(after-before).Seconds()/perPlatform, "nodes-µs/s/platform")
		b.ReportMetric(1e6*(now-cpu)/perPlatform, "redis-µs/s/platform")
		b.ReportMetric(float64(resident>>20)/3, "MiB/node")
		b.ReportMetric(connections, "connections")

		f.nodes[2].Kill()
		moved := f.await("two nodes have all", 5*time.Minute, func(held map[string]int) bool {
			return held["gw-1"]+held["gw-2"] == manyPlatforms+1
		})
		b.ReportMetric((moved - lease).Seconds(), "s-beyond-lease")
		held := f.holds()
		b.ReportMetric(float64(max(held["gw-1"], held["gw-2"])), "most-after-kill")
		f.nodes[2].Start()
		f.nodes[2].AwaitReady(time.Minute)
		b.ReportMetric(f.await("they are even again", 5*time.Minute, even).Seconds(), "s-until-even")
	}
}
