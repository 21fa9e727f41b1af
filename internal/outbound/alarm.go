package outbound

import (
	"sync"
	"time"
)

// alarm is when the reader is to ask Redis what is due: streams that have had no
// snapshot for long, and entries that were put aside. It is safe for concurrent
// use.
type alarm struct {
	mutex  sync.Mutex
	next   time.Time // zero = nothing is waited for
	change chan struct{}
}

// newAlarm makes one that rings at once: what an earlier owner left is not
// known.
func newAlarm() *alarm { return &alarm{next: time.Now(), change: make(chan struct{}, 1)} }

// in says that something will be due in d.
func (a *alarm) in(d time.Duration) {
	at := time.Now().Add(d)
	a.mutex.Lock()
	sooner := a.next.IsZero() || at.Before(a.next)
	if sooner {
		a.next = at
	}
	a.mutex.Unlock()
	if sooner {
		select {
		case a.change <- struct{}{}:
		default:
		}
	}
}

// take reports whether it is time to ask, and forgets that it was.
func (a *alarm) take() bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.next.IsZero() || time.Now().Before(a.next) {
		return false
	}
	a.next = time.Time{}
	return true
}

// wait is how long until it is time to ask.
func (a *alarm) wait() time.Duration {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.next.IsZero() {
		return time.Hour
	}
	return max(0, time.Until(a.next))
}
