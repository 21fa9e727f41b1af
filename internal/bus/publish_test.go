package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// TestPublishManyAtOnce: calls that share a round trip, on a Redis that does
// not know the script yet, are each answered as if alone; one that is refused
// harms no other.
func TestPublishManyAtOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *Bus, in *Inbound) {
		const events, times = 100, 3
		later := arrival("later")
		later.Epoch = 2
		mustPublish(t, in, later, true)
		if err := b.Client().ScriptFlush(context.Background()).Err(); err != nil {
			t.Fatalf("forget the scripts: %v", err)
		}
		var published, stale atomic.Int64
		var wait sync.WaitGroup
		for n := range events * times {
			wait.Go(func() {
				a := arrival(fmt.Sprintf("e%d", n%events))
				if n%events == 0 {
					a.Epoch = 1 // over
				}
				ok, err := in.Publish(t.Context(), a)
				switch {
				case errors.Is(err, ErrStale):
					stale.Add(1)
				case err != nil:
					t.Errorf("publish %s: %v", a.EventID, err)
				case ok:
					published.Add(1)
				}
			})
		}
		wait.Wait()
		if published.Load() != events-1 || stale.Load() != times || len(entries(t, b)) != events {
			t.Errorf("%d published, %d stale, %d entries; expected %d, %d, %d",
				published.Load(), stale.Load(), len(entries(t, b)), events-1, times, events)
		}
	})
}
