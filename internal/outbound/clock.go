package outbound

import (
	"sync/atomic"
	"time"
)

// clock is Redis' clock as this process knows it: every answer that bears a
// time sets it. Envelopes' times are by Redis' clock, which all workers and
// nodes share. Between answers it goes on by our monotonic clock, so that a
// step of our wall clock moves nothing.
type clock struct{ last atomic.Pointer[reading] }

// reading is what Redis' clock said, and when, by ours, we heard it.
type reading struct{ redis, heard time.Time }

// set notes what Redis' clock said just now. The answer's way makes it late
// by at most a round trip.
func (c *clock) set(redis time.Time) { c.last.Store(&reading{redis, time.Now()}) }

// now is Redis' clock now; before any answer, ours.
func (c *clock) now() time.Time {
	last := c.last.Load()
	if last == nil {
		return time.Now()
	}
	return last.redis.Add(time.Since(last.heard))
}
