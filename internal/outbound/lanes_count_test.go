package outbound

import (
	"fmt"
	"testing"
)

// A conversation counts whether what it waits with is in memory or queued, and
// once if it has both.
func TestNumbersCountLanesThatAreQueuedOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const lanes = awakeMost + 100
	b.publishMany(2*shareMost, "c0")
	b.publishMany(lanes, func() (names []string) {
		for i := range lanes {
			names = append(names, fmt.Sprint("c", i))
		}
		return names
	}()...)
	c := b.unready("n1")
	b.until("each conversation counts once", func() bool {
		n := c.Numbers()
		return n.Entries == lanes+2*shareMost && n.Lanes == lanes
	})
}
