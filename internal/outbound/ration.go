package outbound

import "github.com/posternhq/postern/internal/bus"

// A call takes at most so many entries and, by what the last ones weighed,
// bytes.
const (
	rationFirst   = 16
	rationEntries = 512
	rationBytes   = 1 << 20
)

// ration is how many entries to ask for at once. It starts small, grows as
// calls succeed, and is halved when one fails: what does not come over a slow
// line in time at once comes in pieces.
type ration struct{ n int }

// count is how many to ask for now.
func (r *ration) count() int {
	if r.n == 0 {
		r.n = rationFirst
	}
	return r.n
}

// more notes what a call brought.
func (r *ration) more(got []bus.Message) {
	size := 1
	for _, m := range got {
		size += m.Size()
	}
	fits := rationBytes * len(got) / size
	r.n = max(1, min(2*r.count(), fits, rationEntries))
}

// less notes that a call failed.
func (r *ration) less() { r.n = max(1, r.count()/2) }
