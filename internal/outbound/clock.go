package outbound

import (
	"sync/atomic"
	"time"
)

// clock is Redis' clock as this process knows it: every answer that bears a
// time sets it. Envelopes' times are by Redis' clock, which all workers and
// nodes share; ours may differ.
type clock struct{ ahead atomic.Int64 } // nanoseconds that Redis is ahead of us

// set notes what Redis' clock said just now. The answer's way makes it late
// by at most a round trip.
func (c *clock) set(redis time.Time) { c.ahead.Store(int64(time.Until(redis))) }

// now is Redis' clock now.
func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }
