package typist

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// It is shown again while it lasts, and no longer once it ended.
func TestShowsItAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shown := map[Place]int{}
		typist := New(5*time.Second, 4*time.Second, func(_ context.Context, p Place) { shown[p]++ })
		here, there, short := Place{"c", "t"}, Place{"c", ""}, Place{"d", ""}
		typist.Begin(here, 30*time.Second)
		typist.Begin(there, 30*time.Second)
		typist.Begin(short, 5*time.Second)
		time.Sleep(10 * time.Second) // the bubble's clock
		synctest.Wait()
		typist.End(here)
		time.Sleep(50 * time.Second)
		synctest.Wait()
		if shown[here] != 2 || shown[there] != 7 || shown[short] != 0 {
			t.Errorf("shown again %v; want 2 until it ended, 7 in 30 s, and none where it was short", shown)
		}
		typist.Begin(here, time.Hour)
		typist.StopAll()
		typist.Wait()
		time.Sleep(time.Minute)
		if shown[here] != 2 {
			t.Errorf("it was shown after StopAll: %v", shown)
		}
		typist.Begin(here, 30*time.Second) // a request that was answered after the connection was closed
		time.Sleep(time.Minute)
		if shown[here] != 2 {
			t.Errorf("it began after StopAll: %v", shown)
		}
		typist.Start()
		typist.Begin(here, 10*time.Second)
		time.Sleep(time.Minute)
		if synctest.Wait(); shown[here] != 4 {
			t.Errorf("opened again: shown again %d times; want 2", shown[here]-2)
		}
	})
}
