package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// memory is what entries that wait cost the heap of this process, each once the
// garbage is collected: a platform that is not ready takes none. What a whole
// node has resident, test/bench tells.
func (b *bench) memory(ctx context.Context) error {
	load := b.usual()
	load.Messages, load.Lanes = b.many(400_000), 10_000
	var bytes, total []float64
	for range b.plan.Runs {
		grown, err := b.held(ctx, load)
		if err != nil {
			return err
		}
		bytes, total = append(bytes, grown/float64(load.Messages)), append(total, grown/(1<<20))
	}
	name := fmt.Sprintf("of %s that wait, in %s conversations", grouped(int64(load.Messages)), grouped(int64(load.Lanes)))
	b.report.Add("Memory", "heap, each "+name, "B", bytes, "", nil)
	b.report.Add("Memory", "heap, all "+name, "MiB", total, "", nil)
	return nil
}

// held is by how many bytes the heap grows for a load that is read and waits.
func (b *bench) held(ctx context.Context, load Load) (grown float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := b.Clear(ctx); err != nil {
		return 0, err
	}
	before := inUse()
	if err := load.Publish(ctx, b.Client, b.Names().Outbound(noop)); err != nil {
		return 0, err
	}
	e, err := b.startUnready(ctx, noop)
	if err != nil {
		return 0, err
	}
	for e.consumer.Numbers().Entries < load.Messages && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	grown = float64(inUse()) - float64(before)
	return grown, errors.Join(ctx.Err(), e.Stop())
}
