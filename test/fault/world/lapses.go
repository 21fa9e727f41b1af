package world

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/fault/history"
)

// look is how often the epoch is looked at.
const look = 25 * time.Millisecond

// tenures notes when the epoch beside the stream changed: then a node became
// active. It is outside evidence of what no plan has: on a machine that has too
// much to do, an owner may be too late to keep its lease.
type tenures struct {
	mu    sync.Mutex
	begun []time.Time
}

// watch looks until ctx ends.
func (t *tenures) watch(ctx context.Context, rdb redis.UniversalClient, stream string) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	last := ""
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		epoch, err := rdb.Get(ctx, envelope.Beside(stream, "epoch")).Result()
		if err != nil || epoch == last {
			continue
		}
		t.mu.Lock()
		if last != "" {
			t.begun = append(t.begun, time.Now())
		}
		t.mu.Unlock()
		last = epoch
	}
}

// moves reports whether a fault may make another node active, or the same one
// anew. Those of the platform do not.
func moves(kind history.FaultKind) bool {
	return slices.Contains([]history.FaultKind{
		history.Killed, history.Stopped, history.Frozen, history.RedisAway, history.CutOff,
	}, kind)
}

// lapses are the tenures that began though nothing was done that would end the
// one before.
func (t *tenures) lapses(faults []history.Fault, lease time.Duration) (out []history.Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, at := range t.begun {
		planned := slices.ContainsFunc(faults, func(f history.Fault) bool {
			end := f.To
			if end.IsZero() {
				end = f.From
			}
			return moves(f.Kind) && !f.From.After(at) && !at.After(end.Add(3*lease))
		})
		if !planned {
			out = append(out, history.Fault{Kind: history.Lapsed, From: at.Add(-2 * lease), To: at, Note: "a lease was not kept"})
		}
	}
	return out
}
