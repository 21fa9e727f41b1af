package history

import (
	"fmt"
	"slices"
	"time"
)

const (
	// clocks are read to the millisecond, and not at once.
	slack = 20 * time.Millisecond

	// late is how long after its claim was found in time a first part may leave,
	// beside the permit, on a loaded machine.
	late = 2 * time.Second

	// ahead is how long before its due an entry must have been published to have
	// been read before it for certain.
	ahead = time.Second
)

// timing: nothing is sent before it is due, or begun when it has expired.
func (j *judge) timing(a *act) {
	if len(a.seen) == 0 {
		return
	}
	if early := a.NotBefore.Sub(a.seen[0].At); !a.NotBefore.IsZero() && early > j.promise.Skew+slack {
		j.broken(Timing, j.tell(a), fmt.Sprintf("%s was sent %v before its not_before", name(a), early.Round(time.Millisecond)))
	}
	if a.ExpiresAt.IsZero() {
		return
	}
	grace := j.promise.Skew + j.promise.Lease + late
	for _, s := range a.seen {
		over := s.At.Sub(a.ExpiresAt)
		if over > grace && !j.begun(a, a.ExpiresAt.Add(grace)) {
			j.broken(Timing, j.tell(a), fmt.Sprintf("%s was sent %v after its expires_at", name(a), over.Round(time.Millisecond)))
			return
		}
		if s.Taken || s.inDoubt() { // from here on it may be there, and is to be whole
			return
		}
	}
}

// begun reports whether an owner that was lost may have begun an operation in
// time, unseen: whoever finds it so carries it on. What had expired when it was
// published, nobody began.
func (j *judge) begun(a *act, by time.Time) bool {
	begin := a.said[0].At
	return begin.Before(a.ExpiresAt.Add(j.promise.Skew)) && j.lost(begin, by)
}

// delay gives an operation that is not to be shown at once its place, by Redis'
// clock: read before its due, it stands at its due; read after it, by who took
// over, where it was published. Where the clock was stepped, the due may be
// anywhere behind that.
func (j *judge) delay(a *act) {
	if a.NotBefore.IsZero() || !a.hi.before(at(a.NotBefore.Add(j.promise.Skew))) {
		return
	}
	if j.promise.Skew > 0 {
		a.hi = last
		return
	}
	begun := a.said[0].At
	if len(a.seen) > 0 && a.NotBefore.Sub(begun) >= ahead && !j.disturbed(begun, a.seen[0].At) && j.steady(begun, a.seen[0].At) {
		a.lo = at(a.NotBefore.Add(-slack))
	}
	a.hi = at(a.NotBefore.Add(slack))
}

// steady reports whether one node kept sending all the time: a loaded machine
// may cost a node its lease without a fault, but then nobody sends for a while.
func (j *judge) steady(from, to time.Time) bool {
	at, _ := slices.BinarySearchFunc(j.Seen, from, func(s Seen, t time.Time) int { return s.At.Compare(t) })
	for last := from; ; at++ {
		if at == len(j.Seen) || j.Seen[at].At.Sub(last) > j.promise.Lease/2 {
			return false
		}
		if s := j.Seen[at]; !s.At.Before(to) {
			return true
		} else if last = s.At; j.Seen[max(0, at-1)].Node != s.Node {
			return false
		}
	}
}
