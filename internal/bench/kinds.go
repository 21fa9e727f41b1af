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
	load.Messages = max(1, load.Messages/2)
	var ways []way
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
		ways = append(ways, way{kind.name, func(ctx context.Context) (drained, error) {
			return b.kind(ctx, load, kind.adapter, kind.change)
		}})
	}
	runs, err := b.compare(ctx, ways...)
	if err != nil {
		return err
	}
	for i, w := range ways {
		b.report.Add("Drain by kind", w.name, "a second", of(runs[i], drained.rate), ways[0].name, of(runs[0], drained.rate))
	}
	return nil
}

func (b *bench) kind(ctx context.Context, load Load, adapter Adapter, change func(int, *envelope.Outbound)) (d drained, err error) {
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
