package bench

import (
	"context"
	"errors"
	"sync"
	"time"
)

// starts is how soon a consumer delivers: one that starts while a message waits,
// and a stand-by to which the platform is handed over.
func (b *bench) starts(ctx context.Context) error {
	var start, over []float64
	for range max(b.plan.Runs, 5) {
		d, err := b.startUp(ctx)
		if err != nil {
			return err
		}
		start = append(start, d.Seconds()*1000)
		if d, err = b.handOver(ctx); err != nil {
			return err
		}
		over = append(over, d.Seconds()*1000)
	}
	b.report.Add("From nothing", "start of a consumer to its first delivery", "ms", start, "", nil)
	b.report.Add("From nothing", "planned stop of a node to the next one's first delivery", "ms", over, "", nil)
	return nil
}

// first tells when something was first handled.
func first() (handle func([]byte), handled <-chan time.Time) {
	at := make(chan time.Time, 1)
	var once sync.Once
	return func([]byte) { once.Do(func() { at <- time.Now() }) }, at
}

func (b *bench) startUp(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := b.Clear(ctx); err != nil {
		return 0, err
	}
	one := b.usual()
	one.Messages = 1
	if err := one.Publish(ctx, b.Client, b.Names().Outbound(noop)); err != nil {
		return 0, err
	}
	handle, handled := first()
	begin := time.Now()
	e, err := b.StartEngine(ctx, noop, "bench", Adapter{Handle: handle})
	if err != nil {
		return 0, err
	}
	var took time.Duration
	select {
	case at := <-handled:
		took = at.Sub(begin)
	case <-ctx.Done():
	}
	return took, errors.Join(ctx.Err(), e.Stop())
}

// handOver stops one node while another stands by; what is published in between
// is the next one's.
func (b *bench) handOver(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := b.Clear(ctx); err != nil {
		return 0, err
	}
	stream, one := b.Names().Outbound(noop), b.usual()
	one.Messages = 1
	old, err := b.StartEngine(ctx, noop, "old", Adapter{})
	if err != nil {
		return 0, err
	}
	if err := errors.Join(one.Publish(ctx, b.Client, stream), old.Await(ctx, 1)); err != nil {
		return 0, errors.Join(err, old.Stop())
	}
	handle, handled := first()
	next, err := b.StartEngine(ctx, noop, "next", Adapter{Handle: handle})
	if err != nil {
		return 0, errors.Join(err, old.Stop())
	}
	time.Sleep(300 * time.Millisecond) // it stands by
	begin := time.Now()
	err = errors.Join(old.Stop(), one.Publish(ctx, b.Client, stream))
	var took time.Duration
	if err == nil {
		select {
		case at := <-handled:
			took = at.Sub(begin)
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	return took, errors.Join(err, next.Stop())
}
