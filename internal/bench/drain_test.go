package bench

import (
	"testing"

	"github.com/posternhq/postern/envelope"
)

// BenchmarkDrain is the engine over a Redis of its own, for profiles:
// go test ./internal/bench -run '^$' -bench Drain -benchtime 50000x -cpuprofile FILE.
func BenchmarkDrain(b *testing.B) {
	ctx := b.Context()
	g, err := OpenGround(ctx, "")
	if err != nil {
		b.Fatal(err)
	}
	defer g.Close()
	load := Load{Messages: b.N, Lanes: 1000, Bytes: 200, Encoding: envelope.MessagePack}
	if err := load.Publish(ctx, g.Client, g.Names().Outbound("noop")); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	cost, err := g.Measure(ctx, func() error { return g.Drain(ctx, "noop", b.N, nil) })
	if err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	n := float64(b.N)
	b.ReportMetric(float64(cost.CPU.Nanoseconds())/n, "cpu-ns/op")
	b.ReportMetric(float64(cost.Redis.Nanoseconds())/n, "redis-ns/op")
}
