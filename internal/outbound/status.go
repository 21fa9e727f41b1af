package outbound

import "sync"

// status is what the desk must know from outside: whether the adapter is
// ready and whether an operator paused the platform.
type status struct {
	mutex  sync.Mutex
	ready  bool
	paused bool
	nudge  chan struct{}
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
