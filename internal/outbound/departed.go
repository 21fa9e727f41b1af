package outbound

import "sync/atomic"

// departed are the lanes of keys whose entries left while the reader asks for
// the claims of targets: what it reads of them may be older than their end, and
// nothing else tells where they stood. What left before it asked is in the
// claims, since an entry leaves when its settlement is acknowledged.
type departed struct {
	asking atomic.Bool       // the reader's: until the desk has what it asked for
	lanes  map[string]string // the desk's: since the arrival before
}

func newDeparted() *departed { return &departed{lanes: map[string]string{}} }

// note remembers where an entry stood that leaves.
func (d *departed) note(e *entry) {
	if e.key != "" && d.asking.Load() {
		d.lanes[e.key] = e.lane
	}
}
