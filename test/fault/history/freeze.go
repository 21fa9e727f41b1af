package history

import "time"

// wakes is how long after it was thawed a process may still be at the write
// that it was frozen in: no longer than a loaded machine takes to schedule it.
const wakes = 5 * time.Second

// fromTheFrozen reports whether a request is the one residue that
// docs/delivery.md names: its node was frozen for longer than its lease, another
// one went on meanwhile (by is what that one did), and the write came when the
// process woke. A platform that has a key sees nothing of it.
func (j *judge) fromTheFrozen(by, s Seen) bool {
	if j.promise.NativeKey || by.Node == s.Node {
		return false
	}
	for _, f := range j.faults {
		if f.Kind != Frozen || f.Node != s.Node || f.To.IsZero() || f.To.Sub(f.From) <= j.promise.Lease {
			continue
		}
		woke := !s.At.Before(f.From) && !s.At.After(f.To.Add(wakes))
		if woke && !by.At.Before(f.From) && !by.At.After(s.At) {
			return true
		}
	}
	return false
}
