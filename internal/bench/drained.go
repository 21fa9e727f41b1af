package bench

import (
	"context"
	"fmt"
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

// way is one of those that are compared.
type way struct {
	name  string
	drain func(context.Context) (drained, error)
}

// compare goes each of several ways in its turn, as often as the plan says, and
// returns the runs of each: a machine that is slow for a while is so for all.
func (b *bench) compare(ctx context.Context, ways ...way) ([][]drained, error) {
	runs := make([][]drained, len(ways))
	for range b.plan.Runs {
		for i, w := range ways {
			d, err := w.once(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", w.name, err)
			}
			runs[i] = append(runs[i], d)
		}
	}
	return runs, nil
}

func (w way) once(ctx context.Context) (drained, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return w.drain(ctx)
}

// pair drains a load with the bare loop and with the engine.
func (b *bench) pair(ctx context.Context, load Load) (bare, ours []drained, err error) {
	runs, err := b.compare(ctx,
		way{bareLoop, func(ctx context.Context) (drained, error) { return b.bare(ctx, load) }},
		way{"the engine", func(ctx context.Context) (drained, error) { return b.drain(ctx, load) }},
	)
	if err != nil {
		return nil, nil, err
	}
	return runs[0], runs[1], nil
}

// drain has the engine drain a load that waits in one stream.
func (b *bench) drain(ctx context.Context, load Load) (drained, error) {
	return b.full(ctx, []Load{load}, func() error { return b.Drain(ctx, noop, load.Messages, nil) })
}

// bare has the yardstick drain the same.
func (b *bench) bare(ctx context.Context, load Load) (drained, error) {
	return b.full(ctx, []Load{load}, func() error {
		return Bare(ctx, b.Client, b.Names().Outbound(noop), b.Namespace+":"+bareGroup, load.Messages, func([]byte) {})
	})
}

// full publishes loads, to a stream each, and measures how they are drained.
func (b *bench) full(ctx context.Context, loads []Load, drain func() error) (d drained, err error) {
	if err := b.Clear(ctx); err != nil {
		return d, err
	}
	for i, load := range loads {
		if err := load.Publish(ctx, b.Client, b.Names().Outbound(platformName(i))); err != nil {
			return d, err
		}
		d.messages += load.Messages
	}
	d.Cost, err = b.Measure(ctx, drain)
	return d, err
}

func platformName(i int) string {
	if i == 0 {
		return noop
	}
	return fmt.Sprintf("%s-%d", noop, i)
}
