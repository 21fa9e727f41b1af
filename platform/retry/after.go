package retry

import (
	"net/http"
	"time"
)

// After reads the Retry-After header of an answer that came at now: seconds,
// with a fraction or without, or an HTTP date in any of its three formats
// (RFC 9110, sections 5.6.7 and 10.2.3).
//
// A date is by the server's clock, which the answer's Date header tells, so
// that a clock that is wrong, theirs or ours, shortens and stretches nothing.
// Without that header it is held against now.
func After(h http.Header, now time.Time) time.Duration {
	said := h.Get("Retry-After")
	if wait := seconds(said); wait > 0 {
		return wait
	}
	at, err := http.ParseTime(said)
	if err != nil {
		return 0
	}
	return until(at, h, now)
}

// until is how long it is from an answer to a time that it names.
func until(at time.Time, h http.Header, now time.Time) time.Duration {
	if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
		if wait := at.Sub(theirs); wait <= Most {
			return within(wait)
		}
		// A Date that is off by more than a day is no clock.
	}
	return within(at.Sub(now))
}
