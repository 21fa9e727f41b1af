package history

import (
	"slices"
	"time"
)

const (
	// wakes is how long after it was thawed a process may still be at the write
	// that it was frozen in: no longer than a loaded machine takes to schedule it.
	wakes = 5 * time.Second

	// about is how much later than the thaw another one's request may be, and have
	// been on its way when the process woke.
	about = 200 * time.Millisecond
)

// waking is one conversation at the end of one freeze: a process has one
// operation in flight in it, and so one write to come out with.
type waking struct {
	freeze          int // its place among the faults
	channel, thread string
}

// fromTheFrozen reports whether a request is the one residue that
// docs/delivery.md names: its node was frozen for longer than its lease, another
// one went on meanwhile (by is what others did before), and the write came when
// the process woke, once, and before it had taken the lease anew. A platform that
// has a key sees nothing of it.
func (j *judge) fromTheFrozen(s Seen, by ...Seen) bool {
	if j.promise.NativeKey {
		return false
	}
	for i, f := range j.faults {
		if f.Kind != Frozen || f.Node != s.Node || f.To.IsZero() || f.To.Sub(f.From) <= j.promise.Lease {
			continue
		}
		woke := !s.At.Before(f.From) && !s.At.After(f.To.Add(wakes))
		meanwhile := slices.ContainsFunc(by, func(by Seen) bool {
			return by.Node != s.Node && !by.At.Before(f.From) && !by.At.After(s.At) && !by.At.After(f.To.Add(about))
		})
		anew := slices.ContainsFunc(j.Tenures, func(t Tenure) bool {
			return t.Node == s.Node && t.From.After(f.To) && t.From.Before(s.At)
		})
		if woke && meanwhile && !anew && j.forgive(waking{i, s.Channel, s.Thread}, s) {
			return true
		}
	}
	return false
}

// forgive reports whether a request is the first that is forgiven there, or the
// same once more.
func (j *judge) forgive(at waking, s Seen) bool {
	if before, taken := j.forgiven[at]; taken {
		return before == s
	}
	j.forgiven[at] = s
	return true
}
