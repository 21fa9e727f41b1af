package api

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(time.Now).every(10)
		took := func(caller string, want int) {
			t.Helper()
			n := 0
			for l.take(caller, 0) == nil {
				n++
			}
			if n != want {
				t.Errorf("%s took %d, want %d", caller, n, want)
			}
		}
		took("a", 20)
		took("b", 20)
		if fault := l.take("a", 0); fault.RetryAfter != 0.1 {
			t.Errorf("when to come again: %v s", fault.RetryAfter)
		}
		time.Sleep(time.Second)
		took("a", 10)
		time.Sleep(time.Hour)
		took("a", 20)
		if newLimits(time.Now).take("a", 0) != nil {
			t.Error("no rate, and yet a limit")
		}
	})
}

// A flood of callers is bounded in memory; who was there before keeps their
// own limit.
func TestLimitsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(time.Now).every(1)
		l.take("known", 0)
		for i := range 2 * mostLimits {
			l.take(strconv.Itoa(i), 0)
		}
		if len(l.callers) > mostLimits {
			t.Errorf("%d callers are remembered", len(l.callers))
		}
		if l.take("new", 0) == nil {
			t.Error("the flood's next one is not limited")
		}
		if l.take("known", 0) != nil {
			t.Error("who was known pays for the flood")
		}
		time.Sleep(time.Minute)
		if l.take("new", 0) != nil || len(l.callers) > 1 {
			t.Errorf("after the flood %d callers are remembered", len(l.callers))
		}
	})
}
