package outbound

import (
	"sync"
	"sync/atomic"
)

// status is what the desk must know from outside: whether the adapter is
// ready and whether an operator paused the platform.
type status struct {
	mutex  sync.Mutex
	ready  bool
	paused bool
	nudge  chan struct{}

	numbers atomic.Pointer[Numbers] // nil: not active
}

// Numbers say what an active consumer is busy with, at most a second ago.
type Numbers struct {
	Lanes    int // conversations with something unfinished
	Held     int // of them, waiting: for backoff, a gate, or another entry
	InFlight int // operations, RPCs among them
	Entries  int // unfinished ones that this node holds
}

func newStatus() *status { return &status{nudge: make(chan struct{}, 1)} }

// nudged receives when something changed.
func (s *status) nudged() <-chan struct{} { return s.nudge }

func (s *status) set(change func(*status)) {
	s.mutex.Lock()
	change(s)
	s.mutex.Unlock()
	select {
	case s.nudge <- struct{}{}:
	default:
	}
}

// mayDeliver reports whether something may be sent to the platform.
func (s *status) mayDeliver() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.ready && !s.paused
}

func (s *status) isPaused() bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.paused
}
