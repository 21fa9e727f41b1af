package outbound

import (
	"testing"
	"testing/synctest"
	"time"
)

// The reader waits for room a moment where nothing leaves, a few where much
// does, and no longer than until there is some.
func TestRoom(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		full  bool
		leave int64         // each millisecond
		room  time.Duration // after it there is some; 0 = never
		want  time.Duration
	}{
		"there is room":             {false, 0, 0, 0},
		"nothing leaves":            {true, 0, 0, roomMoment},
		"little leaves":             {true, 9, 0, roomMoment},
		"much leaves":               {true, 20, 0, roomMoments * roomMoment},
		"room is made":              {true, 0, 4 * time.Millisecond, 4 * time.Millisecond},
		"room is made, much leaves": {true, 20, 34 * time.Millisecond, 34 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRoom()
				r.set(true)
				r.set(c.full) // leaves a poke behind, where there is room
				done := make(chan struct{})
				begin := time.Now()
				go func() {
					defer close(done)
					r.await(t.Context())
				}()
				for ms := time.Duration(0); ; ms += time.Millisecond {
					time.Sleep(time.Millisecond / 2) // between the reader's ticks
					synctest.Wait()
					select {
					case <-done:
						if took := time.Since(begin).Truncate(time.Millisecond); took != c.want {
							t.Errorf("waited %v; want %v", took, c.want)
						}
						return
					default:
					}
					r.left.Add(c.leave)
					time.Sleep(time.Millisecond / 2)
					if c.room > 0 && ms+time.Millisecond == c.room {
						r.set(false)
					}
				}
			})
		})
	}
}
