package delivery

import "time"

// ramp lets operations start again after an outage: a few at once, one more
// with each that passes, which doubles them from one round to the next, and
// twice as many each second, so that what hangs holds up the others for some
// seconds at most. The zero value bounds nothing.
//
//	of 256:  passing within 50 ms   all after 8 rounds, 0.4 s
//	         hanging                all after 8 s
type ramp struct {
	width int // 0 = no bound
	since time.Time
}

// rampOpen is the width that bounds nothing any more.
const rampOpen = 256

func (r *ramp) begin(width int, now time.Time) { *r = ramp{width, now} }

// rest has it go on from then as wide as it is by now.
func (r *ramp) rest(until time.Time) {
	if r.width == 0 {
		r.begin(1, until)
	}
	r.since = until
}

// tooMany notes that there was one too many.
func (r *ramp) tooMany() {
	if r.width > 1 {
		r.width--
	}
}

// passed notes that an operation got through.
func (r *ramp) passed() {
	if r.width > 0 {
		r.width++
	}
}

// most is how many may be under way at once; 0 = no bound.
func (r *ramp) most(now time.Time) int {
	if r.width == 0 {
		return 0
	}
	doubled := min(20, max(0, int(now.Sub(r.since)/time.Second)))
	width := max(r.width, 1<<doubled)
	if width >= rampOpen {
		*r = ramp{}
		return 0
	}
	return width
}
