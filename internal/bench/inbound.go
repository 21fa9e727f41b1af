package bench

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/inbound"
)

// publishers is how many events an adapter brings at once.
const publishers = 64

// bareXADD is the yardstick of the way in: the same bytes, no promise.
const bareXADD = "bare XADD"

// bring records one event on the inbound stream.
type bring func(ctx context.Context, n int, at time.Time) error

// inbound is the way in: how many events an adapter gets recorded a second, what
// one costs, and how soon after its Publish a worker's XREADGROUP has it. The
// yardstick is XADD alone: it knows no event that comes again, and keeps no cursor.
func (b *bench) inbound(ctx context.Context) error {
	shared, err := b.OpenBus()
	if err != nil {
		return err
	}
	defer shared.Close()
	names := b.Names()
	host := inbound.NewPublisher(inbound.Config{
		Platform: noop, Stream: shared.Inbound(names), Names: names, Encoding: envelope.MessagePack,
		Rules: inbound.Rules{Groups: inbound.GroupsAll}, Remember: 24 * time.Hour, Now: time.Now,
	})
	ours := func(ctx context.Context, n int, at time.Time) error {
		return host.Publish(ctx, event(n, at), fmt.Sprint(n))
	}
	bare := func(ctx context.Context, n int, at time.Time) error {
		data, err := envelope.Encode(event(n, at), envelope.MessagePack)
		if err != nil {
			return err
		}
		return b.Client.XAdd(ctx, &redis.XAddArgs{Stream: names.InboundStream, Values: []any{"data", data}}).Err()
	}
	runs, err := b.compare(ctx,
		way{bareXADD, func(ctx context.Context) (drained, error) { return b.record(ctx, bare) }},
		way{"the way in", func(ctx context.Context) (drained, error) { return b.record(ctx, ours) }},
	)
	if err != nil {
		return err
	}
	add := func(name, unit string, figure func(drained) float64) {
		b.report.Add("Inbound", name, unit, of(runs[1], figure), bareXADD, of(runs[0], figure)).Note = fmt.Sprintf("%d at once", publishers)
	}
	add("events recorded", "events/s", drained.rate)
	add("processor an event", "µs", drained.cpu)
	add("processor of Redis an event", "µs", drained.redis)
	for _, rate := range []int{50, 1000} {
		if err := b.paces(ctx, "Latency, from the adapter's Publish to a worker's XREADGROUP", grouped(int64(rate))+"/s", "", rate,
			road{b.startWorker, brought(ours)}, road{b.startWorker, brought(bare)}); err != nil {
			return err
		}
	}
	return nil
}

// event is the nth, of about 300 bytes; its text is stamped.
func event(n int, at time.Time) envelope.Event {
	return envelope.Event{
		Event: envelope.EventMessage, EventID: fmt.Sprintf("%d-%d", at.UnixNano(), n), ChannelID: fmt.Sprintf("channel-%d", n%1000),
		UserID: fmt.Sprintf("user-%d", n%1000), DisplayName: "Somebody", IsDM: true, Content: Stamp(at) + strings.Repeat("x", 40),
	}
}

// record has so many events brought as fast as they are recorded.
func (b *bench) record(ctx context.Context, one bring) (d drained, err error) {
	if err := b.Clear(ctx); err != nil {
		return d, err
	}
	d.messages = b.many(usualMessages)
	d.Cost, err = b.Measure(ctx, func() error {
		return several(publishers, func(who int) error {
			for n := who; n < d.messages; n += publishers {
				if err := one(ctx, n, time.Now()); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return d, err
}

// startWorker reads as a worker does.
func (b *bench) startWorker(ctx context.Context, n int, handle func([]byte)) (consuming, error) {
	return b.startLoop(ctx, b.Names().InboundStream, b.Names().WorkerGroup, n, handle), nil
}

// brought brings each event at its due, whether or not those before are
// recorded yet.
func brought(one bring) func(ctx context.Context, n, rate int) error {
	return func(ctx context.Context, n, rate int) error {
		errs := make([]error, n)
		var wait sync.WaitGroup
		err := onTime(ctx, n, rate, func(from, to int, due func(int) time.Time) error {
			for i := from; i < to; i++ {
				wait.Go(func() { errs[i] = one(ctx, i, due(i)) })
			}
			return nil
		})
		wait.Wait()
		return firstOf(append(errs, err))
	}
}

// several runs so many at once, and returns the first error.
func several(n int, run func(who int) error) error {
	errs := make([]error, n)
	var wait sync.WaitGroup
	for who := range n {
		wait.Go(func() { errs[who] = run(who) })
	}
	wait.Wait()
	return firstOf(errs)
}

// firstOf is the first error that is one: the others say the same.
func firstOf(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
