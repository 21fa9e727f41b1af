package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// rpc is how long a caller waits, from its XADD until its BLPOP has the answer,
// one call after the other. The yardstick is a bare loop that pushes an answer
// for whatever it reads. How many a second, the group kinds tells.
func (b *bench) rpc(ctx context.Context) error {
	queue := b.Namespace + ":reply:caller"
	answer := func([]byte) { b.Client.RPush(ctx, queue, "{}") } // a push that fails is a call that gets no answer
	bare := func(ctx context.Context, n int) (consuming, error) { return b.startBare(ctx, n, answer) }
	ours := func(ctx context.Context, n int) (consuming, error) { return b.startOurs(ctx, n, nil) }
	var took, yard [2][]float64
	for range b.plan.Runs {
		y, err := b.calls(ctx, queue, bare, func([]byte) error { return nil })
		if err != nil {
			return fmt.Errorf("the bare loop: %w", err)
		}
		d, err := b.calls(ctx, queue, ours, answered)
		if err != nil {
			return err
		}
		took, yard = percentiles(took, d), percentiles(yard, y)
	}
	b.addPercentiles("RPC", "from the caller's XADD to its answer, one at a time", "", took, bareLoop, yard)
	return nil
}

// calls makes some calls, each once the one before is answered.
func (b *bench) calls(ctx context.Context, queue string, start func(context.Context, int) (consuming, error), check func([]byte) error) (took []time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := b.Clear(ctx); err != nil {
		return nil, err
	}
	n := warm + b.many(1000)
	c, err := start(ctx, n)
	if err != nil {
		return nil, err
	}
	for i := range n {
		d, err := b.call(ctx, i, queue, check)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("call %d: %w", i, err), c.stop())
		}
		took = append(took, d)
	}
	return took[warm:], errors.Join(c.await(ctx, n), c.stop())
}

func (b *bench) call(ctx context.Context, n int, queue string, check func([]byte) error) (time.Duration, error) {
	data, err := envelope.Encode(envelope.Outbound{
		Type: envelope.TypeRPC, RequestID: fmt.Sprintf("call-%d", n), Method: "identity", ReplyQueue: queue,
	}, envelope.MessagePack)
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	if err := b.Client.XAdd(ctx, &redis.XAddArgs{Stream: b.Names().Outbound(noop), Values: []any{"data", data}}).Err(); err != nil {
		return 0, err
	}
	got, err := b.Client.BLPop(ctx, time.Minute, queue).Result()
	if err != nil {
		return 0, fmt.Errorf("wait for the answer: %w", err)
	}
	return time.Since(begin), check([]byte(got[1]))
}

// answered is an error unless an answer has a result.
func answered(data []byte) error {
	reply, err := envelope.DecodeReply(data)
	if err == nil && !reply.OK {
		err = fmt.Errorf("refused: %+v", reply.Error)
	}
	return err
}
