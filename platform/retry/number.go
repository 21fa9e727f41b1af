package retry

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Most is the longest that is waited, whatever is said: what is asked beyond
// it is asked again then.
const Most = 24 * time.Hour

// Seconds is a number of seconds as a wait: 0 for what is none.
func Seconds(n float64) time.Duration { return wait(n, time.Second) }

// Millis is a number of milliseconds as a wait: 0 for what is none.
func Millis(n float64) time.Duration { return wait(n, time.Millisecond) }

func wait(n float64, unit time.Duration) time.Duration {
	switch {
	case math.IsNaN(n), n <= 0:
		return 0
	case n >= float64(Most/unit):
		return Most
	default:
		return time.Duration(n * float64(unit))
	}
}

// within bounds a wait.
func within(d time.Duration) time.Duration { return max(0, min(d, Most)) }

// seconds reads a decimal number of seconds.
func seconds(s string) time.Duration {
	n, ok := number(s)
	if !ok {
		return 0
	}
	return Seconds(n)
}

// number reads a decimal number. One that is too large for a float64 is
// infinite, and that is a number.
func number(s string) (n float64, ok bool) {
	s = strings.TrimSpace(s)
	if s == "" || strings.Trim(s, "0123456789.eE+-") != "" { // no "NaN", "Inf", "0x…"
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil || math.IsInf(n, 0)
}
