package bus

// A call takes at most so many entries and, by what the last ones weighed,
// bytes.
const (
	rationFirst   = 16
	rationEntries = 512
	rationBytes   = 1 << 20
)

// Ration is how many entries to ask for at once. It starts small, grows as
// calls succeed, and is halved when one fails: what does not come over a slow
// line in time at once comes in pieces. Its owner is one goroutine.
type Ration struct{ n int }

// Count is how many to ask for now.
func (r *Ration) Count() int {
	if r.n == 0 {
		r.n = rationFirst
	}
	return r.n
}

// More notes what a call brought.
func (r *Ration) More(got []Message) {
	size := 1
	for _, m := range got {
		size += m.Size()
	}
	fits := rationBytes * len(got) / size
	r.n = max(1, min(2*r.Count(), fits, rationEntries))
}

// Less notes that a call failed.
func (r *Ration) Less() { r.n = max(1, r.Count()/2) }
