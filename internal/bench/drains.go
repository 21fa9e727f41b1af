package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/posternhq/postern/envelope"
)

// drains is the throughput of the usual load, and what a message costs.
func (b *bench) drains(ctx context.Context) error {
	for _, enc := range []envelope.Encoding{envelope.MessagePack, envelope.JSON} {
		load := b.usual()
		load.Encoding = enc
		bare, ours, err := b.pair(ctx, load)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("200 B, %s", enc)
		b.report.Add("Drain", name, "messages/s", of(ours, drained.rate), bareLoop, of(bare, drained.rate))
		b.report.Add("A message costs", "processor, "+name, "µs", of(ours, drained.cpu), bareLoop, of(bare, drained.cpu))
		b.report.Add("A message costs", "processor of Redis, "+name, "µs", of(ours, drained.redis), bareLoop, of(bare, drained.redis))
		b.report.Add("A message costs", "allocations, "+name, "", of(ours, drained.allocs), bareLoop, of(bare, drained.allocs))
		b.report.Add("A message costs", "allocated, "+name, "B", of(ours, drained.garbage), bareLoop, of(bare, drained.garbage))
	}
	return nil
}

// sizes is the throughput by the size of an envelope.
func (b *bench) sizes(ctx context.Context) error {
	for _, bytes := range []int{100, 1 << 10, 16 << 10, 256 << 10} {
		load := b.usual()
		load.Bytes = bytes
		load.Messages = min(load.Messages, (256<<20)/bytes)
		bare, ours, err := b.pair(ctx, load)
		if err != nil {
			return fmt.Errorf("%d B: %w", bytes, err)
		}
		b.report.Add("Drain by size", fmt.Sprintf("%d B", bytes), "messages/s", of(ours, drained.rate), bareLoop, of(bare, drained.rate))
	}
	return nil
}

// lanes is the cost of a message by how many conversations there are.
func (b *bench) lanes(ctx context.Context) error {
	var ways []way
	for _, lanes := range []int{1000, 1, 100, 10_000, 100_000} {
		load := b.usual()
		load.Lanes = lanes
		load.Messages = max(load.Messages, b.many(lanes))
		if lanes == 1 { // one at a time: it is the round trips that count
			load.Messages = b.many(4000)
		}
		ways = append(ways, way{grouped(int64(lanes)), func(ctx context.Context) (drained, error) { return b.drain(ctx, load) }})
	}
	return b.growth(ctx, "conversations", ways)
}

// platforms is the same by how many platforms one node has on one Redis.
func (b *bench) platforms(ctx context.Context) error {
	var ways []way
	for _, n := range []int{1, 2, 10, 100, 1000} {
		total := max(b.usual().Messages, b.many(20*n), n)
		loads := make([]Load, n)
		for i := range loads {
			loads[i] = b.usual()
			loads[i].Messages, loads[i].Lanes = total/n, max(1, 1000/n)
		}
		ways = append(ways, way{grouped(int64(n)), func(ctx context.Context) (drained, error) {
			return b.full(ctx, loads, func() error { return b.drainAll(ctx, loads) })
		}})
	}
	return b.growth(ctx, "platforms", ways)
}

// growth compares ways that differ in how many there are of something; the
// first of them is the yardstick.
func (b *bench) growth(ctx context.Context, what string, ways []way) error {
	runs, err := b.compare(ctx, ways...)
	if err != nil {
		return err
	}
	yard := ways[0].name + " " + what
	for _, figure := range []struct {
		group, unit string
		of          func(drained) float64
	}{
		{"Drain by " + what, "messages/s", drained.rate},
		{"Processor a message by " + what, "µs", drained.cpu},
		{"Processor of Redis a message by " + what, "µs", drained.redis},
	} {
		for i, w := range ways {
			b.report.Add(figure.group, w.name, figure.unit, of(runs[i], figure.of), yard, of(runs[0], figure.of))
		}
	}
	return nil
}

// drainAll drains several platforms at once, on one connection as a node has it.
func (b *bench) drainAll(ctx context.Context, loads []Load) error {
	shared, err := b.OpenBus()
	if err != nil {
		return err
	}
	errs := make([]error, len(loads))
	var wait sync.WaitGroup
	for i, load := range loads {
		wait.Go(func() {
			e, err := b.StartEngineOn(ctx, shared, platformName(i), "bench", Adapter{})
			if err == nil {
				err = errors.Join(e.Await(ctx, load.Messages), e.Stop())
			}
			errs[i] = err
		})
	}
	wait.Wait()
	return errors.Join(errors.Join(errs...), shared.Close())
}
