package world

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/fault/history"
)

// look is how often the epoch is looked at.
const look = 25 * time.Millisecond

// tenures notes when the epoch beside the stream changed: then a node became
// active, and the lease says which. It is outside evidence of what no plan has: on
// a machine that has too much to do, an owner may be too late to keep its lease.
type tenures struct {
	mu    sync.Mutex
	begun []history.Tenure
}

// watch looks until ctx ends.
func (t *tenures) watch(ctx context.Context, rdb redis.UniversalClient, stream string) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	last := int64(0)
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		epoch, err := rdb.Get(ctx, envelope.Beside(stream, "epoch")).Int64()
		if err != nil || epoch == last {
			continue
		}
		node := ""
		if held, err := rdb.HMGet(ctx, envelope.Beside(stream, "lease"), "epoch", "node").Result(); err == nil && held[0] == strconv.FormatInt(epoch, 10) {
			node, _ = held[1].(string)
		}
		now := time.Now()
		t.mu.Lock()
		if epoch > last+1 { // there were others in between
			t.begun = append(t.begun, history.Tenure{From: now})
		}
		t.begun = append(t.begun, history.Tenure{Node: node, From: now})
		t.mu.Unlock()
		last = epoch
	}
}

// seen is what was noted so far.
func (t *tenures) seen() []history.Tenure {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.begun)
}

// moves reports whether a fault may make another node active, or the same one
// anew. Those of the platform do not.
func moves(kind history.FaultKind) bool {
	return slices.Contains([]history.FaultKind{
		history.Killed, history.Stopped, history.Frozen, history.RedisAway, history.CutOff,
	}, kind)
}

// lapses are the tenures that began though nothing was done that would end the
// one before. What was done to other nodes would not.
func (t *tenures) lapses(faults []history.Fault, lease time.Duration) (out []history.Fault) {
	begun := t.seen()
	for i := 1; i < len(begun); i++ {
		owner, at := begun[i-1].Node, begun[i].From
		planned := slices.ContainsFunc(faults, func(f history.Fault) bool {
			end := f.To
			if end.IsZero() {
				end = f.From
			}
			its := f.Node == "" || owner == "" || f.Node == owner
			return moves(f.Kind) && its && !f.From.After(at) && !at.After(end.Add(3*lease))
		})
		if !planned {
			out = append(out, history.Fault{Kind: history.Lapsed, Node: owner, From: at.Add(-2 * lease), To: at, Note: "a lease was not kept"})
		}
	}
	return out
}
