package outbound

import (
	"sync"
	"time"

	"github.com/posternhq/postern/internal/bus"
)

// agenda is when the reader is to ask Redis what is due, and which entries are
// put aside until then: pending, not held, and no business of a sweep's. What
// is due when is in Redis alone.
type agenda struct {
	mutex  sync.Mutex
	next   time.Time // zero = nothing is waited for
	aside  map[bus.ID]struct{}
	change chan struct{}
}

// newAgenda makes one that asks at once: what an earlier owner put aside is
// not known.
func newAgenda() *agenda {
	return &agenda{next: time.Now(), aside: map[bus.ID]struct{}{}, change: make(chan struct{}, 1)}
}

// in says that something will be due in d.
func (a *agenda) in(d time.Duration) {
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
func (a *agenda) take() bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.next.IsZero() || time.Now().Before(a.next) {
		return false
	}
	a.next = time.Time{}
	return true
}

// wait is how long until it is time to ask.
func (a *agenda) wait() time.Duration {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.next.IsZero() {
		return time.Hour
	}
	return max(0, time.Until(a.next))
}

// put notes that an entry is put aside.
func (a *agenda) put(id bus.ID) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.aside[id] = struct{}{}
}

// has reports whether an entry is put aside.
func (a *agenda) has(id bus.ID) bool {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	_, aside := a.aside[id]
	return aside
}

// remove notes that entries are put aside no more.
func (a *agenda) remove(ids []bus.ID) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for _, id := range ids {
		delete(a.aside, id)
	}
}
