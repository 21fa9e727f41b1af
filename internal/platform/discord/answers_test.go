package discord

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestAWorkerIsFasterThanUs: an answer that comes before whoever recorded the
// interaction has gone on is its first one; and Discord is told once, in time, of
// one that nobody answers.
func TestAWorkerIsFasterThanUs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		told := 0
		a := newAnswers(2*time.Second, func(context.Context, token) { told++ })
		here, elsewhere := token{ID: "1"}, token{ID: "2"}
		a.expect(here, time.Now())
		if w := a.of(here, time.Now()); w.stage != fresh {
			t.Error("one that has just been recorded counts as acknowledged")
		}
		if w := a.of(elsewhere, time.Now()); w.stage != taken {
			t.Error("one that this node has not seen come counts as new")
		}
		for range 2 { // it may come again
			a.await(here, time.Now())
			a.await(elsewhere, time.Now())
		}
		a.wait()
		if told != 1 {
			t.Errorf("Discord was told %d times; want once", told)
		}
	})
}
