package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/posternhq/postern/envelope"
)

// drained is what draining a full stream took.
type drained struct {
	Cost
	messages int
}

func (d drained) rate() float64    { return float64(d.messages) / d.Took.Seconds() }
func (d drained) cpu() float64     { return d.CPU.Seconds() * 1e6 / float64(d.messages) }
func (d drained) redis() float64   { return d.Redis.Seconds() * 1e6 / float64(d.messages) }
func (d drained) allocs() float64  { return float64(d.Allocs) / float64(d.messages) }
func (d drained) garbage() float64 { return float64(d.Bytes) / float64(d.messages) }

func of(runs []drained, figure func(drained) float64) []float64 {
	var all []float64
	for _, d := range runs {
		all = append(all, figure(d))
	}
	return all
}

// drain has the engine drain a load that waits in one stream.
func (b *bench) drain(ctx context.Context, load Load) (drained, error) {
	return b.full(ctx, []Load{load}, func(ctx context.Context) error { return b.Drain(ctx, noop, load.Messages, nil) })
}

// bare has the yardstick drain the same.
func (b *bench) bare(ctx context.Context, load Load) (drained, error) {
	stream := b.Names().Outbound(noop)
	return b.full(ctx, []Load{load}, func(ctx context.Context) error {
		return Bare(ctx, b.Client, stream, b.Namespace+":"+bareGroup, load.Messages, func([]byte) {})
	})
}

// full publishes loads, to a stream each, and measures how they are drained.
func (b *bench) full(ctx context.Context, loads []Load, drain func(context.Context) error) (d drained, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := b.Clear(ctx); err != nil {
		return d, err
	}
	for i, load := range loads {
		if err := load.Publish(ctx, b.Client, b.Names().Outbound(platformName(i))); err != nil {
			return d, err
		}
		d.messages += load.Messages
	}
	d.Cost, err = b.Measure(ctx, func() error { return drain(ctx) })
	return d, err
}

func platformName(i int) string {
	if i == 0 {
		return noop
	}
	return fmt.Sprintf("%s-%d", noop, i)
}

// pairs drains a load with the engine and with the bare loop, in turn.
func (b *bench) pairs(ctx context.Context, load Load) (ours, bare []drained, err error) {
	for range b.plan.Runs {
		y, err := b.bare(ctx, load)
		if err != nil {
			return nil, nil, fmt.Errorf("the bare loop: %w", err)
		}
		d, err := b.drain(ctx, load)
		if err != nil {
			return nil, nil, err
		}
		ours, bare = append(ours, d), append(bare, y)
	}
	return ours, bare, nil
}

// drains is the throughput of the usual load, and what a message costs.
func (b *bench) drains(ctx context.Context) error {
	for _, enc := range []envelope.Encoding{envelope.MessagePack, envelope.JSON} {
		load := b.usual()
		load.Encoding = enc
		ours, bare, err := b.pairs(ctx, load)
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
		ours, bare, err := b.pairs(ctx, load)
		if err != nil {
			return err
		}
		b.report.Add("Drain by size", fmt.Sprintf("%d B", bytes), "messages/s", of(ours, drained.rate), bareLoop, of(bare, drained.rate))
	}
	return nil
}

// lanes is the cost of a message by how many conversations there are.
func (b *bench) lanes(ctx context.Context) error {
	var first []float64
	for _, lanes := range []int{1000, 1, 100, 10_000, 100_000} {
		load := b.usual()
		load.Lanes = lanes
		load.Messages = max(load.Messages, b.many(lanes))
		if lanes == 1 { // one at a time: it is the round trips that count
			load.Messages = b.many(4000)
		}
		var ours []drained
		for range b.plan.Runs {
			d, err := b.drain(ctx, load)
			if err != nil {
				return err
			}
			ours = append(ours, d)
		}
		if first == nil {
			first = of(ours, drained.rate)
		}
		b.report.Add("Drain by conversations", fmt.Sprint(lanes), "messages/s", of(ours, drained.rate), "1,000 of them", first)
	}
	return nil
}

// platforms is the throughput of several platforms on one node and one Redis.
func (b *bench) platforms(ctx context.Context) error {
	var first []float64
	for _, n := range []int{1, 2, 10, 100, 1000} {
		total := max(b.usual().Messages, 20*n)
		loads := make([]Load, n)
		for i := range loads {
			loads[i] = b.usual()
			loads[i].Messages, loads[i].Lanes = total/n, max(1, 1000/n)
		}
		var ours []drained
		for range b.plan.Runs {
			d, err := b.full(ctx, loads, func(ctx context.Context) error { return b.drainAll(ctx, loads) })
			if err != nil {
				return err
			}
			ours = append(ours, d)
		}
		if first == nil {
			first = of(ours, drained.rate)
		}
		b.report.Add("Drain by platforms", fmt.Sprint(n), "messages/s", of(ours, drained.rate), "one of them", first)
	}
	return nil
}

// drainAll drains several platforms at once.
func (b *bench) drainAll(ctx context.Context, loads []Load) error {
	errs := make([]error, len(loads))
	var wait sync.WaitGroup
	shared, err := b.OpenBus()
	if err != nil {
		return err
	}
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

// memory is what entries that wait cost this process, each once the garbage is
// collected: a platform that is not ready takes none.
func (b *bench) memory(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	load := b.usual()
	load.Messages, load.Lanes = b.many(400_000), 10_000
	var bytes, total []float64
	for range b.plan.Runs {
		if err := b.Clear(ctx); err != nil {
			return err
		}
		before := inUse()
		if err := load.Publish(ctx, b.Client, b.Names().Outbound(noop)); err != nil {
			return err
		}
		e, err := b.startUnready(ctx, noop)
		if err != nil {
			return err
		}
		for e.consumer.Numbers().Entries < load.Messages && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		grown := float64(inUse()) - float64(before)
		bytes, total = append(bytes, grown/float64(load.Messages)), append(total, grown/(1<<20))
		if err := errors.Join(ctx.Err(), e.Stop()); err != nil {
			return err
		}
	}
	name := fmt.Sprintf("of %d that wait, in %d conversations", load.Messages, load.Lanes)
	b.report.Add("Memory", "heap, each "+name, "B", bytes, "", nil)
	b.report.Add("Memory", "heap, all "+name, "MiB", total, "", nil)
	return nil
}
