package bench

import (
	"cmp"
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
		note := ""
		if at.rate != 50 && at.rate != 1000 {
			note = fmt.Sprintf("%d/s", at.rate)
		}
		ours, bare := road{b.startOurs, b.publishOnTime}, road{b.startBare, b.publishOnTime}
		if err := b.paces(ctx, "Latency, from XADD to the adapter", at.name, note, at.rate, ours, bare); err != nil {
			return err
		}
	}
	return nil
}

// paces adds how long messages take at a rate, by ours and by the yardstick.
func (b *bench) paces(ctx context.Context, group, name, note string, rate int, ours, bare road) error {
	took := map[string][2][]float64{}
	for range b.plan.Runs {
		for who, r := range map[string]road{"": ours, bareLoop: bare} {
			d, err := b.pace(ctx, rate, b.long(10*time.Second), r)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", name, cmp.Or(who, "ours"), err)
			}
			took[who] = percentiles(took[who], d)
		}
	}
	b.addPercentiles(group, name, note, took[""], bareLoop, took[bareLoop])
	return nil
}

// percentiles adds a run's p50 and p99, in milliseconds.
func percentiles(to [2][]float64, took []time.Duration) [2][]float64 {
	for i, share := range []float64{0.50, 0.99} {
		to[i] = append(to[i], Percentile(took, share).Seconds()*1000)
	}
	return to
}

// addPercentiles makes two rows of them.
func (b *bench) addPercentiles(group, name, note string, runs [2][]float64, yardstick string, yard [2][]float64) {
	for i, share := range []string{"p50", "p99"} {
		b.report.Add(group, name+", "+share, "ms", runs[i], yardstick, yard[i]).Note = note
	}
}

// road is one way from whoever publishes to whoever takes.
type road struct {
	start   func(ctx context.Context, n int, handle func([]byte)) (consuming, error)
	publish func(ctx context.Context, n, rate int) error
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
	return b.startLoop(ctx, b.Names().Outbound(noop), b.Namespace+":"+bareGroup, n, handle), nil
}

// startLoop has the bare loop take n entries of a stream.
func (b *bench) startLoop(ctx context.Context, stream, group string, n int, handle func([]byte)) consuming {
	done := make(chan error, 1)
	go func() { done <- Bare(ctx, b.Client, stream, group, n, handle) }()
	return consuming{func(ctx context.Context, _ int) error {
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}, func() error { return nil }}
}

// warm is how many messages go before those that count.
const warm = 20

// pace publishes rate messages a second for a while, each at its due, and says
// what each took.
func (b *bench) pace(ctx context.Context, rate int, long time.Duration, r road) ([]time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := b.Clear(ctx); err != nil {
		return nil, err
	}
	n := int(long.Seconds() * float64(rate))
	var mutex sync.Mutex
	took := make([]time.Duration, 0, n+warm)
	c, err := r.start(ctx, n+warm, func(data []byte) {
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
	err = r.publish(ctx, n+warm, rate)
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
	stream, load := b.Names().Outbound(noop), b.usual()
	return onTime(ctx, n, rate, func(from, to int, due func(int) time.Time) error {
		pipe := b.Client.Pipeline()
		for i := from; i < to; i++ {
			pipe.XAdd(ctx, &redis.XAddArgs{Stream: stream, Values: []any{"data", load.Envelope(i, due(i))}})
		}
		if _, err := pipe.Exec(ctx); err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		return nil
	})
}

// onTime calls do for what is due, from one to before another, and again when
// the next is: at once if that is past.
func onTime(ctx context.Context, n, rate int, do func(from, to int, due func(int) time.Time) error) error {
	begin := time.Now().Add(300 * time.Millisecond) // by then the consumer stands ready
	due := func(i int) time.Time { return begin.Add(time.Duration(i) * time.Second / time.Duration(rate)) }
	for i := 0; i < n; {
		select {
		case <-time.After(time.Until(due(i))):
		case <-ctx.Done():
			return ctx.Err()
		}
		from := i
		for now := time.Now(); i < n && i-from < 512 && !due(i).After(now); i++ {
		}
		if err := do(from, i, due); err != nil {
			return err
		}
	}
	return nil
}
