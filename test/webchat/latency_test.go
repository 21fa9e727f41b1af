package webchat

import (
	"fmt"
	"slices"
	"time"
)

// latencies are times that something took; one goroutine adds.
type latencies []time.Duration

func (l *latencies) add(d time.Duration) { *l = append(*l, d) }

// at is the time within which a share of them lies.
func (l latencies) at(share float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(l))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

func (l latencies) String() string {
	round := func(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
	return fmt.Sprintf("p50 %v, p99 %v, max %v of %d", round(l.at(0.5)), round(l.at(0.99)), round(l.at(1)), len(l))
}
