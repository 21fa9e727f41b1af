package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// latencies is how long a message takes from when it was to be published until
// the adapter has it.
//
// Each has its due, by a schedule that nothing of the engine moves: if it, or
// Redis, or this process keeps a message from being published in time, that is
// part of what it took, and a stall counts for all that were due in it.
func (b *bench) latencies(ctx context.Context) error {
	long := b.long(10 * time.Second)
	half := 0
	if !b.plan.Quick {
		d, err := b.drain(ctx, b.usual())
		if err != nil {
			return err
		}
		half = int(d.rate() / 2)
	}
	for _, at := range []struct {
		name string
		rate int
	}{{"idle, 50/s", 50}, {"1,000/s", 1000}, {"half load", half}, {"nine tenths", half * 9 / 5}} {
		if at.rate == 0 {
			continue
		}
		var ours, bare [2][]float64
		for range b.plan.Runs {
			y, err := b.pace(ctx, at.rate, long, b.startBare)
			if err != nil {
				return fmt.Errorf("%s, the bare loop: %w", at.name, err)
			}
			d, err := b.pace(ctx, at.rate, long, b.startOurs)
			if err != nil {
				return fmt.Errorf("%s: %w", at.name, err)
			}
			for i, share := range []float64{0.50, 0.99} {
				ours[i] = append(ours[i], Percentile(d, share).Seconds()*1000)
				bare[i] = append(bare[i], Percentile(y, share).Seconds()*1000)
			}
		}
		for i, share := range []string{"p50", "p99"} {
			row := b.report.Add("Latency, from XADD to the adapter", at.name+", "+share, "ms", ours[i], bareLoop, bare[i])
			if at.rate != 50 && at.rate != 1000 {
				row.Note = fmt.Sprintf("%d/s", at.rate)
			}
		}
	}
	return nil
}

// consuming is something that takes messages; stop ends it.
type consuming struct {
	await func(context.Context, int) error
	stop  func() error
}

func (b *bench) startOurs(ctx context.Context, _ int, handle func([]byte)) (consuming, error) {
	e, err := b.StartEngine(ctx, noop, "bench", Adapter{Handle: handle})
	if err != nil {
		return consuming{}, err
	}
	return consuming{e.Await, e.Stop}, nil
}

func (b *bench) startBare(ctx context.Context, n int, handle func([]byte)) (consuming, error) {
	done := make(chan error, 1)
	go func() {
		done <- Bare(ctx, b.Client, b.Names().Outbound(noop), b.Namespace+":"+bareGroup, n, handle)
	}()
	return consuming{func(ctx context.Context, _ int) error {
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}, func() error { return nil }}, nil
}

// warm is how many messages go before those that count.
const warm = 20

// pace publishes rate messages a second for a while, each at its due, and says
// what each took.
func (b *bench) pace(ctx context.Context, rate int, long time.Duration, start func(context.Context, int, func([]byte)) (consuming, error)) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := b.Clear(ctx); err != nil {
		return nil, err
	}
	n := int(long.Seconds() * float64(rate))
	var mutex sync.Mutex
	took := make([]time.Duration, 0, n+warm)
	c, err := start(ctx, n+warm, func(data []byte) {
		if at, ok := Stamped(data); ok {
			d := time.Since(at)
			mutex.Lock()
			took = append(took, d)
			mutex.Unlock()
		}
	})
	if err != nil {
		return nil, err
	}
	err = b.publishOnTime(ctx, n+warm, rate)
	if err == nil {
		err = c.await(ctx, n+warm)
	}
	if err = errors.Join(err, c.stop()); err != nil {
		return nil, err
	}
	return took[min(warm, len(took)):], nil
}

// publishOnTime publishes each message at its due, or at once if that is past;
// those that are due together go in one pipeline.
func (b *bench) publishOnTime(ctx context.Context, n, rate int) error {
	stream := b.Names().Outbound(noop)
	load := b.usual()
	begin := time.Now().Add(300 * time.Millisecond) // by then the consumer stands ready
	due := func(i int) time.Time { return begin.Add(time.Duration(i) * time.Second / time.Duration(rate)) }
	for i := 0; i < n; {
		select {
		case <-time.After(time.Until(due(i))):
		case <-ctx.Done():
			return ctx.Err()
		}
		pipe := b.Client.Pipeline()
		for now := time.Now(); i < n && pipe.Len() < 512 && !due(i).After(now); i++ {
			pipe.XAdd(ctx, &redis.XAddArgs{Stream: stream, Values: []any{"data", load.Envelope(i, due(i))}})
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
	}
	return nil
}
