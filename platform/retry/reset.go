package retry

import (
	"net/http"
	"strings"
	"time"
)

// Reset reads when a quota is whole again from the headers of a refusal that
// came at now, the most exact first:
//
//	X-RateLimit-Reset-After  seconds left, with a fraction (Discord)
//	RateLimit                …;t=30, seconds left, the longest of several policies (IETF draft)
//	RateLimit-Reset          seconds left (IETF draft, to 07)
//	X-RateLimit-Reset        seconds left (Mattermost), or when it is: seconds
//	                         (Discord, Zulip) or milliseconds since the epoch
//
// What is said since the epoch is by the server's clock; see After.
func Reset(h http.Header, now time.Time) time.Duration {
	if wait := seconds(h.Get("X-RateLimit-Reset-After")); wait > 0 {
		return wait
	}
	if wait := policies(h.Values("RateLimit")); wait > 0 {
		return wait
	}
	for _, name := range []string{"RateLimit-Reset", "X-RateLimit-Reset"} {
		if wait := leftOrAt(h.Get(name), h, now); wait > 0 {
			return wait
		}
	}
	return 0
}

// A number of these sizes is no wait: the first is three years in seconds and
// 1973 since the epoch, the second 1973 in milliseconds.
const (
	sinceEpoch   = 1e8
	sinceEpochMS = 1e11
)

// leftOrAt reads seconds that are left, or the time that it is then.
func leftOrAt(s string, h http.Header, now time.Time) time.Duration {
	n, ok := number(s)
	switch {
	case !ok, n <= 0:
		return 0
	case n < sinceEpoch:
		return Seconds(n)
	case n < sinceEpochMS:
		return until(time.UnixMilli(int64(n*1000)), h, now)
	case n < sinceEpochMS*1000:
		return until(time.UnixMilli(int64(n)), h, now)
	default:
		return 0 // no clock shows that
	}
}

// policies reads the t of each policy: "burst";r=0;t=4, "daily";r=9;t=3600.
// What has calls left asks for nothing.
func policies(lines []string) (longest time.Duration) {
	for _, policy := range strings.Split(strings.Join(lines, ","), ",") {
		left, wait := "", time.Duration(0)
		for _, parameter := range strings.Split(policy, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
			switch name {
			case "r":
				left = value
			case "t":
				wait = seconds(value)
			}
		}
		if left == "" || seconds(left) == 0 {
			longest = max(longest, wait)
		}
	}
	return longest
}
