package typist

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What the platform goes on showing is taken away when its time is over, unless a
// message came.
func TestTakesItAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var cleared atomic.Int32
		typist := NewCleared(2*time.Minute, func(context.Context, Place) { cleared.Add(1) })
		typist.Begin(Place{"C1", "1"}, 30*time.Second)
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if cleared.Load() != 0 {
			t.Error("it was taken away before its time")
		}
		typist.Begin(Place{"C1", "1"}, 30*time.Second) // longer
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if cleared.Load() != 0 {
			t.Error("it was taken away although it was asked for again")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if cleared.Load() != 1 || len(typist.open) != 0 {
			t.Errorf("taken away %d times, %d left; want once, none", cleared.Load(), len(typist.open))
		}
		typist.Begin(Place{"C1", "1"}, 30*time.Second)
		typist.End(Place{"C1", "1"})
		typist.Begin(Place{"C1", "2"}, 5*time.Minute) // the platform ends it before
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if cleared.Load() != 1 {
			t.Errorf("taken away %d times more", cleared.Load()-1)
		}
		typist.StopAll()
		typist.Begin(Place{"C1", "1"}, 30*time.Second) // a request that was answered after the connection was closed
		typist.Wait()
		time.Sleep(time.Minute)
		if cleared.Load() != 1 {
			t.Error("it began after StopAll")
		}
	})
}

// It is shown again while it lasts, and no longer once it ended.
func TestShowsItAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mutex sync.Mutex
		counted := map[Place]int{}
		typist := New(5*time.Second, 4*time.Second, func(_ context.Context, p Place) {
			mutex.Lock()
			defer mutex.Unlock()
			counted[p]++
		})
		shown := func(p Place) int {
			mutex.Lock()
			defer mutex.Unlock()
			return counted[p]
		}
		here, there, short := Place{"c", "t"}, Place{"c", ""}, Place{"d", ""}
		typist.Begin(here, 30*time.Second)
		typist.Begin(there, 30*time.Second)
		typist.Begin(short, 5*time.Second)
		time.Sleep(10 * time.Second) // the bubble's clock
		synctest.Wait()
		typist.End(here)
		time.Sleep(50 * time.Second)
		synctest.Wait()
		if shown(here) != 2 || shown(there) != 7 || shown(short) != 0 {
			t.Errorf("shown again %d, %d and %d times; want 2 until it ended, 7 in 30 s, and none where it was short", shown(here), shown(there), shown(short))
		}
		typist.Begin(here, time.Hour)
		typist.StopAll()
		typist.Wait()
		time.Sleep(time.Minute)
		if shown(here) != 2 {
			t.Errorf("it was shown after StopAll: %d", shown(here))
		}
		typist.Begin(here, 30*time.Second) // a request that was answered after the connection was closed
		time.Sleep(time.Minute)
		if shown(here) != 2 {
			t.Errorf("it began after StopAll: %d", shown(here))
		}
		typist.Start()
		typist.Begin(here, 10*time.Second)
		time.Sleep(time.Minute)
		if synctest.Wait(); shown(here) != 4 {
			t.Errorf("opened again: shown again %d times; want 2", shown(here)-2)
		}
	})
}
