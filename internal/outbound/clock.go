package outbound

import (
	"sync"
	"time"
)

// clock is Redis' clock as this process knows it: every answer that bears a
// time sets it. Envelopes' times are by Redis' clock, which all workers and
// nodes share. Between answers it goes on by our monotonic clock, so that a
// step of our wall clock moves nothing.
type clock struct {
	mutex sync.Mutex
	last  reading
}

// reading is what Redis' clock said, and between which two times, by ours.
type reading struct{ redis, asked, heard time.Time }

// set notes what Redis' clock said in an answer to a question that was asked
// then.
func (c *clock) set(redis, asked time.Time) {
	now := reading{redis, asked, time.Now()}
	c.mutex.Lock()
	c.last = now
	c.mutex.Unlock()
}

// read is the last answer; false: there was none.
func (c *clock) read() (last reading, ok bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.last, !c.last.heard.IsZero()
}

// now is Redis' clock now, or a moment ago: an answer may have been long on its
// way. Before any answer it is ours.
func (c *clock) now() time.Time {
	last, ok := c.read()
	if !ok {
		return time.Now()
	}
	return last.redis.Add(time.Since(last.heard))
}

// latest is what Redis' clock may be by now at most, however long the last
// answer was on its way.
func (c *clock) latest() time.Time {
	last, ok := c.read()
	if !ok {
		return time.Now()
	}
	return last.redis.Add(time.Since(last.asked))
}
