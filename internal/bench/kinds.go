package bench

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// kinds is the throughput of what is not a message of one part: of several, each
// recorded before the next; with a receipt; and of RPCs, each with its reply.
func (b *bench) kinds(ctx context.Context) error {
	load := b.usual()
	load.Messages /= 2
	var plain []float64
	for _, kind := range []struct {
		name    string
		adapter Adapter
		change  func(n int, o *envelope.Outbound)
	}{
		{"message", Adapter{}, nil},
		{"message of 3 parts", Adapter{Parts: 3}, nil},
		{"message with a receipt", Adapter{}, func(n int, o *envelope.Outbound) {
			o.ReceiptTo = fmt.Sprintf("%s:reply:receipts-%d", b.Namespace, n%8)
		}},
		{"RPC", Adapter{}, func(n int, o *envelope.Outbound) {
			*o = envelope.Outbound{
				Type: envelope.TypeRPC, RequestID: o.MessageKey, Method: "capabilities",
				ReplyQueue: fmt.Sprintf("%s:reply:replies-%d", b.Namespace, n%8),
			}
		}},
	} {
		var runs []drained
		for range b.plan.Runs {
			d, err := b.kind(ctx, load, kind.adapter, kind.change)
			if err != nil {
				return fmt.Errorf("%s: %w", kind.name, err)
			}
			runs = append(runs, d)
		}
		if plain == nil {
			plain = of(runs, drained.rate)
		}
		b.report.Add("Drain by kind", kind.name, "a second", of(runs, drained.rate), "message", plain)
	}
	return nil
}

func (b *bench) kind(ctx context.Context, load Load, adapter Adapter, change func(int, *envelope.Outbound)) (d drained, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := b.Clear(ctx); err != nil {
		return d, err
	}
	pipe := b.Client.Pipeline()
	for n := range load.Messages {
		o := load.message(n, time.Now())
		o.Text += strings.Repeat("x", 100)
		if change != nil {
			change(n, &o)
		}
		data, err := envelope.Encode(o, load.Encoding)
		if err != nil {
			return d, err
		}
		pipe.XAdd(ctx, &redis.XAddArgs{Stream: b.Names().Outbound(noop), Values: []any{"data", data}})
		if pipe.Len() == 1000 || n+1 == load.Messages {
			if _, err := pipe.Exec(ctx); err != nil {
				return d, err
			}
		}
	}
	d.messages = load.Messages
	d.Cost, err = b.Measure(ctx, func() error {
		e, err := b.StartEngine(ctx, noop, "bench", adapter)
		if err != nil {
			return err
		}
		return errors.Join(e.Await(ctx, load.Messages), e.Stop())
	})
	return d, err
}
