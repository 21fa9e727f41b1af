package outbound

import (
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// former is what a stand-by sees of the lease's owner.
type former struct {
	began time.Time // when it began to look
	lease bus.Lease // as last seen
	moved time.Time // when its renewals were first seen to be so many
	lost  bool      // Redis gave no answer since
	last  ahead
	base  ahead // at the look before they moved
}

// ahead is by how much Redis' clock is ahead of our monotonic one, between two
// bounds: an answer says it as of a moment between its question and its arrival.
type ahead struct{ least, most time.Duration }

func (f *former) aheadOf(redis, asked, heard time.Time) ahead {
	at := time.Duration(redis.UnixMilli()) * time.Millisecond
	return ahead{at - heard.Sub(f.began), at - asked.Sub(f.began)}
}

// saw notes a look at somebody else's lease.
func (f *former) saw(lease bus.Lease, asked, heard time.Time) {
	now := f.aheadOf(lease.Now, asked, heard)
	switch {
	case f.lease.Token == "":
		f.moved, f.base = heard, now
	case lease.Token != f.lease.Token, lease.Renewals != f.lease.Renewals:
		f.moved, f.base = heard, f.last
	}
	f.lease, f.last, f.lost = lease, now, false
}

// robbed reports whether the lease that came to us may have ended before its
// time: Redis' clock has gone on by more than ours since it was last renewed, or
// Redis gave no answer since, and may have failed over. Its owner trusts in it then until a renewal is refused.
func (f *former) robbed(lease bus.Lease, asked, heard time.Time, margin time.Duration) bool {
	if f.lease.Token == "" {
		return false
	}
	return f.lost || f.aheadOf(lease.Now, asked, heard).most-f.base.least > margin
}
