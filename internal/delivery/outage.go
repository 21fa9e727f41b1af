package delivery

import "time"

// Outage is the breaker of a platform that takes nothing from anybody: it is
// not connected, refuses connections, or our credentials. While it stands,
// nothing is sent but one probe at a time; the first success ends it, and the
// others follow it gradually. The zero value is none.
type Outage struct {
	failures int
	until    time.Time
	auth     bool
	ramp     ramp // after it
}

// The waits of an outage: 0.25 s doubling to 10 s, so that a platform that is
// back is found within 10 s and is not stormed before. Refused credentials
// are tried again each minute: a person must act, and too many refusals get a
// bot banned.
const (
	outageFirst = 250 * time.Millisecond
	outageMost  = 10 * time.Second
	authWait    = time.Minute
)

// Failed says that the platform failed for everybody, and until when to wait.
// What was in flight when the outage began fails with it: only a probe makes
// the wait longer.
func (o *Outage) Failed(now time.Time, auth bool) time.Time {
	if now.Before(o.until) && (o.auth || !auth) {
		return o.until
	}
	wait := outageMost
	if o.failures < 6 {
		wait = min(outageMost, outageFirst<<o.failures)
	}
	o.failures++
	o.auth = auth
	if auth {
		wait = authWait
	}
	if until := now.Add(wait); until.After(o.until) {
		o.until = until
	}
	return o.until
}

// Passed says that the platform took something, or refused it for a reason of
// its own: it is there. It reports whether that ended an outage.
func (o *Outage) Passed(now time.Time) (ended bool) {
	ended = o.failures > 0
	*o = Outage{ramp: o.ramp}
	if ended {
		o.ramp.begin(1, now)
	}
	o.ramp.passed()
	return ended
}

// Standing reports whether there is an outage, and whether it is about
// credentials.
func (o *Outage) Standing() (standing, auth bool) { return o.failures > 0, o.auth }

// Allows reports whether one more operation may start, a probe being out or
// not, and so many operations under way; if not, until says when to ask again,
// zero when one is back, or a second has passed.
func (o *Outage) Allows(now time.Time, probing bool, inFlight int) (ok bool, until time.Time) {
	switch {
	case o.failures == 0:
		most := o.ramp.most(now)
		return most == 0 || inFlight < most, time.Time{}
	case now.Before(o.until):
		return false, o.until
	default:
		return !probing, time.Time{}
	}
}
