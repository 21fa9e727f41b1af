package crowd

import (
	"fmt"
	"slices"
	"time"
)

// Latencies are times that something took; one goroutine adds.
type Latencies []time.Duration

func (l *Latencies) add(d time.Duration) { *l = append(*l, d) }

// At is the time within which a share of them lies.
func (l Latencies) At(share float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(l))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

func (l Latencies) String() string {
	round := func(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
	return fmt.Sprintf("p50 %v, p99 %v, max %v of %d", round(l.At(0.5)), round(l.At(0.99)), round(l.At(1)), len(l))
}
