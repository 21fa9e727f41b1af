package outbound

import (
	"errors"
	"sync"
	"time"
)

// errLapsed says that the lease may have run out by now: nothing more may be
// sent, and nothing more would be recorded.
var errLapsed = errors.New("the lease may have run out")

// trust is how long we may act as the lease's owner without asking. Its end
// is counted from the start of the request that Redis granted, so that a slow
// answer cannot stretch it, by the wall clock and by the monotonic one,
// whichever ends first: the monotonic one stands still while the machine is
// suspended, the wall one may be set.
type trust struct {
	now    func() time.Time
	window time.Duration
	mutex  sync.Mutex
	start  time.Time
	over   bool
}

// margin is what the window is shorter than the lease: room for the clocks'
// rates to differ, and for the last byte to leave.
func margin(lease time.Duration) time.Duration { return max(lease/10, 50*time.Millisecond) }

func newTrust(now func() time.Time, lease time.Duration, start time.Time) *trust {
	return &trust{now: now, window: lease - margin(lease), start: start}
}

// extend counts the window anew from the start of a request that was granted.
func (t *trust) extend(start time.Time) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.start = start
}

// left is how long the trust lasts from now; not positive when it is over.
func (t *trust) left() time.Duration {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	now := t.now()
	spent := max(now.Sub(t.start), now.Round(0).Sub(t.start.Round(0)))
	return t.window - spent
}

// revoke ends the permit for good: no byte leaves any more. The lease is still
// ours, to record what became of what had left.
func (t *trust) revoke() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.over = true
}

// permit is the check that every write to the platform asks.
func (t *trust) permit() error {
	t.mutex.Lock()
	over := t.over
	t.mutex.Unlock()
	if over || t.left() <= 0 {
		return errLapsed
	}
	return nil
}
