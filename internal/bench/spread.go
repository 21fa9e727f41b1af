package bench

import (
	"slices"
	"time"
)

// Spread is what several runs of one figure came to.
type Spread struct {
	Min    float64 `json:"min"`
	Median float64 `json:"median"`
	Max    float64 `json:"max"`
	Runs   int     `json:"runs"`
}

// SpreadOf sums values up; of an even number the median is the mean of the two
// in the middle. Of none it is zero.
func SpreadOf(values []float64) Spread {
	n := len(values)
	if n == 0 {
		return Spread{}
	}
	v := slices.Sorted(slices.Values(values))
	return Spread{Min: v[0], Median: (v[(n-1)/2] + v[n/2]) / 2, Max: v[n-1], Runs: n}
}

// Percentile is the least of some durations that a share of all stay within;
// share is in (0, 1]. They are sorted in place.
func Percentile(all []time.Duration, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	at := int(share*float64(len(all))+0.999999) - 1
	return all[min(max(at, 0), len(all)-1)]
}
