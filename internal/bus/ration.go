package bus

import "sync/atomic"

// A call takes at most so many entries and, by what the last ones weighed,
// bytes.
const (
	rationFirst   = 16
	rationEntries = 512
	rationBytes   = 1 << 20
)

// Ration is how many entries to ask for at once. It starts small, grows as
// calls succeed, and is halved when one fails: what does not come over a slow
// line in time at once comes in pieces. One goroutine makes the calls; whoever
// wants to know may ask for the count.
type Ration struct{ n atomic.Int32 }

// Count is how many to ask for now.
func (r *Ration) Count() int {
	if n := r.n.Load(); n > 0 {
		return int(n)
	}
	return rationFirst
}

// More notes what a call brought.
func (r *Ration) More(got []Message) {
	size := 1
	for _, m := range got {
		size += m.Size()
	}
	fits := rationBytes * len(got) / size
	r.n.Store(int32(max(1, min(2*r.Count(), fits, rationEntries))))
}

// Less notes that a call failed.
func (r *Ration) Less() { r.n.Store(int32(max(1, r.Count()/2))) }
