package bus

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Survey is what stands in Redis of one platform.
type Survey struct {
	Backlog int64         // entries not finished
	Oldest  time.Duration // how long the first of them has stood, by Redis' clock; 0 = there is none
	Dead    int64         // records
	Parked  int64
}

// Surveys looks at some streams, in one round trip (in a Cluster one to each
// server). What holds something else counts as empty; an error is Redis'
// silence.
func (b *Bus) Surveys(ctx context.Context, streams []*Stream) ([]Survey, error) {
	pipe := b.client.Pipeline()
	type answers struct {
		backlog, dead, parked *redis.IntCmd
		first                 *redis.XMessageSliceCmd
	}
	asked := make([]answers, len(streams))
	for i, s := range streams {
		asked[i] = answers{
			backlog: pipe.XLen(ctx, s.Name), dead: pipe.XLen(ctx, s.keys.dead), parked: pipe.XLen(ctx, s.keys.parked),
			first: pipe.XRangeN(ctx, s.Name, "-", "+", 1),
		}
	}
	clock := pipe.Time(ctx)
	_, _ = pipe.Exec(ctx) // each answer bears its own error
	now, err := clock.Result()
	if err != nil {
		return nil, fmt.Errorf("look at %d streams: %w", len(streams), err)
	}
	out := make([]Survey, len(streams))
	for i, a := range asked {
		out[i] = Survey{Backlog: a.backlog.Val(), Dead: a.dead.Val(), Parked: a.parked.Val()}
		for _, m := range a.first.Val() {
			if id, err := ParseID(m.ID); err == nil {
				out[i].Oldest = max(0, now.Sub(id.Time()))
			}
		}
	}
	return out, nil
}
