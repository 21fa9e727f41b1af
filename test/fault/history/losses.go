package history

import (
	"slices"
	"time"
)

// aftermath is how many leases after its end a fault may still cost an owner its
// own: a reply was on its way, and a lease has to run out first.
const aftermath = 3

// until is when a fault was over.
func (f Fault) until() time.Time {
	if f.To.IsZero() {
		return f.From
	}
	return f.To
}

// ends reports whether a fault may end an owner in the middle of something. A
// planned stop does not: what is in flight is finished. One that is not, in time,
// is told again, which is a kill.
func (f Fault) ends() bool {
	switch f.Kind {
	case Killed, Frozen, RedisAway, CutOff, Lapsed:
		return true
	}
	return false
}

// disturbed reports whether an owner may have come or gone, or Redis have been
// away, in a time.
func (j *judge) disturbed(from, to time.Time) bool {
	return slices.ContainsFunc(j.faults, func(f Fault) bool {
		return (f.ends() || f.Kind == Stopped) && j.during(f, from, to.Add(j.promise.Skew))
	})
}

// lost reports whether an owner may have ended, unplanned, in the middle of
// something.
func (j *judge) lost(from, to time.Time) bool { return j.losses(from, to) > 0 }

// losses counts these.
func (j *judge) losses(from, to time.Time) (times int) {
	for _, f := range j.faults {
		if f.ends() && j.during(f, from, to) && j.owned(f) {
			times++
		}
	}
	return times
}

// lostIts reports whether one node may have ended, unplanned, in a time. What
// happens to the others is nothing to it.
func (j *judge) lostIts(node string, from, to time.Time) bool {
	return slices.ContainsFunc(j.faults, func(f Fault) bool {
		return f.ends() && (f.Node == "" || f.Node == node) && j.during(f, from, to)
	})
}

// during reports whether a fault may have shown in a time: one of a moment shows
// later.
func (j *judge) during(f Fault, from, to time.Time) bool {
	return !f.until().Add(aftermath*j.promise.Lease).Before(from) && !f.From.After(to)
}

// owned reports whether a fault may have been an owner's: what is done to a node
// that stands by ends nobody's tenure.
func (j *judge) owned(f Fault) bool {
	if f.Node == "" || len(j.Tenures) == 0 {
		return true
	}
	begun := f.until().Add(aftermath * j.promise.Lease)
	for i, t := range j.Tenures {
		over := i+1 < len(j.Tenures) && j.Tenures[i+1].From.Add(closing).Before(f.From)
		if (t.Node == f.Node || t.Node == "") && !over && !t.From.After(begun) {
			return true
		}
	}
	return j.Tenures[0].From.After(f.From) // before anybody looked
}

// away reports whether the platform was gone in a time. A request that was cut
// off on its way there was never seen.
func (j *judge) away(from, to time.Time) bool {
	return slices.ContainsFunc(j.faults, func(f Fault) bool {
		return f.Kind == PlatformGone && !f.until().Before(from) && !f.From.After(to)
	})
}
