package platformtest

import (
	"reflect"
	"sync"
	"testing"
	"time"
)

// Changes are what tests wait on to ask a fake again. Its zero value is ready, and
// its methods may be called concurrently.
type Changes struct {
	mu   sync.Mutex
	next chan struct{}
}

// Tell says that what a test may ask for is another than before.
func (c *Changes) Tell() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next != nil {
		close(c.next)
		c.next = nil
	}
}

// Changed is closed at the next change.
func (c *Changes) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == nil {
		c.next = make(chan struct{})
	}
	return c.next
}

// Changing is what can be waited on: a Host, or a fake that has Changes.
type Changing interface{ Changed() <-chan struct{} }

// Until returns once holds is true, which may change when one of those does; it
// fails the test if that takes over 20 seconds.
func Until(t testing.TB, what string, holds func() bool, of ...Changing) {
	t.Helper()
	late := time.NewTimer(2 * patience)
	defer late.Stop()
	for {
		wake := []reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(late.C)}}
		for _, c := range of { // before holds is asked: a change while it is must not be missed
			wake = append(wake, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c.Changed())})
		}
		if holds() {
			return
		}
		if which, _, _ := reflect.Select(wake); which == 0 {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
