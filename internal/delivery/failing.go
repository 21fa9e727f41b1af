package delivery

import "time"

// Failing is the breaker for a platform that answers nobody although it can be
// reached: with 502, or not in time. It stands when every lane tried has
// failed, several of them, over some time, and nothing got through in between.
// The zero value stands not.
//
// Whether a lane works is known only by trying it, so it holds up no lane that
// has not failed itself: that one starts as ever, and if it gets through, all
// is over at once. What it changes is for those that have failed: a few of them
// try at once instead of a quarter of all, and what fails meanwhile is no
// attempt, is tried again within 10 s, and dies of no retry_for.
type Failing struct {
	lanes    map[string]struct{} // that failed since something got through, as many as count
	since    time.Time           // the first of them
	standing bool
	ramp     ramp
}

const (
	failingLanes = 8               // as many at least: fewer may be broken each on its own
	failingFor   = 5 * time.Second // at least: less is a hiccup
	failingWidth = 8               // of the lanes that failed, try at once
	failingWait  = 10 * time.Second
)

// Failed notes that an operation of a lane failed without an answer, and
// reports whether that made it stand.
func (f *Failing) Failed(lane string, now time.Time) (began bool) {
	if f.lanes == nil {
		f.lanes, f.since = map[string]struct{}{}, now
	}
	if len(f.lanes) < failingLanes {
		f.lanes[lane] = struct{}{}
	}
	began = !f.standing && len(f.lanes) >= failingLanes && now.Sub(f.since) >= failingFor
	f.standing = f.standing || began
	return began
}

// Passed notes that the platform took something, or refused it for a reason of
// its own, and reports whether that ended it.
func (f *Failing) Passed(now time.Time) (ended bool) {
	ended = f.standing
	f.ramp.passed()
	if ended {
		f.ramp.begin(failingWidth+1, now)
	}
	f.lanes, f.standing = nil, false
	return ended
}

// Standing reports whether the platform fails in every lane.
func (f *Failing) Standing() bool { return f.standing }

// Width is how many operations may be under way at once in lanes that have
// failed; 0 = as many as ever.
func (f *Failing) Width(now time.Time) int {
	if f.standing {
		return failingWidth
	}
	return f.ramp.most(now)
}
