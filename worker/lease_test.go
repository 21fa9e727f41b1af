package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/internal/redistest"
)

// A handler may take many leases.
func TestReceiveKeepsALongHandlersEvent(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c, other := open(t, s.URL()), open(t, s.URL())
	say(t, c, "a", "long")
	var begun atomic.Int32
	ended := make(chan error, 9)
	h := func(ctx context.Context, _ *Message) error {
		begun.Add(1)
		timer := time.NewTimer(3 * time.Second) // three leases
		defer timer.Stop()
		select {
		case <-timer.C:
			ended <- nil
		case <-ctx.Done():
			ended <- context.Cause(ctx)
		}
		return nil
	}
	stopA, stopB := receiving(t, c, quick(), h), receiving(t, other, quick(), h)
	if err := await(t, ended, "the handler"); err != nil {
		t.Errorf("its context ended: %v", err)
	}
	stopA()
	stopB()
	if n := begun.Load(); n != 1 {
		t.Errorf("it was begun %d times", n)
	}
}

func TestReceiveDrains(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).URL())
	say(t, c, "a", "1")
	say(t, c, "a", "2")
	begun, goOn := make(chan struct{}, 9), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- c.Receive(ctx, func(ctx context.Context, _ *Message) error {
			begun <- struct{}{}
			<-goOn
			return context.Cause(ctx)
		}, quick())
	}()
	await(t, begun, "the handler begins")
	cancel()
	close(goOn)
	if err := await(t, ended, "Receive ends"); err != nil {
		t.Error(err)
	}
	if n, err := c.redis.ZCard(t.Context(), newTurns(c, lease, 0, 0).line).Result(); n != 1 || err != nil {
		t.Errorf("%d events are unfinished, %v; expected the second one only", n, err)
	}
}

// A handler that takes longer than Drain is told, and its event goes to another
// worker at once, the attempt not counted.
func TestReceiveGivesBackWhatItCannotDrain(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c, other := open(t, s.URL()), open(t, s.URL())
	say(t, c, "a", "1")
	begun, cause := make(chan struct{}, 1), make(chan error, 1)
	o := quick()
	o.Lease, o.Drain = time.Hour, time.Millisecond
	o.MinIdle = -1
	stop := receiving(t, c, o, func(ctx context.Context, _ *Message) error {
		begun <- struct{}{}
		<-ctx.Done()
		cause <- context.Cause(ctx)
		return ctx.Err()
	})
	await(t, begun, "the handler begins")
	stop()
	if err := await(t, cause, "the cause"); !errors.Is(err, ErrStopping) {
		t.Errorf("cause %v", err)
	}
	attempts := make(chan int, 9)
	receiving(t, other, quick(), func(_ context.Context, m *Message) error { attempts <- m.Attempt; return nil })
	if n := await(t, attempts, "the other worker"); n != 1 {
		t.Errorf("attempt %d, expected 1: stopping does not count", n)
	}
}

// A worker that is cut off ends its handler before another begins, and cannot
// speak in the conversation any more.
func TestReceiveEndsAHandlerThatHasLostItsLease(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	p := redistest.NewProxy(t, s)
	cut, other := open(t, p.URL()), open(t, s.URL())
	say(t, cut, "a", "1")
	begun, order := make(chan struct{}, 1), make(chan string, 9)
	receiving(t, cut, quick(), func(ctx context.Context, m *Message) error {
		begun <- struct{}{}
		<-ctx.Done()
		order <- fmt.Sprint("ended: ", context.Cause(ctx))
		if err := m.Reply(ctx, "too late"); !errors.Is(err, ErrLost) {
			t.Errorf("Reply: %v, expected %v", err, ErrLost)
		}
		return nil
	})
	await(t, begun, "the handler begins")
	p.Blackhole()
	receiving(t, other, quick(), func(_ context.Context, m *Message) error { order <- fmt.Sprint("attempt ", m.Attempt); return nil })
	got := []string{await(t, order, "the first"), await(t, order, "the second")}
	if want := []string{"ended: " + ErrLost.Error(), "attempt 2"}; !slices.Equal(got, want) {
		t.Errorf("%q; expected %q", got, want)
	}
	p.Heal()
}

// An event says when it comes: nothing waits for the next poll, and a Redis that
// goes away is outlasted.
func TestReceiveOutlastsRedis(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	p := redistest.NewProxy(t, s)
	c, producer := open(t, p.URL()), open(t, s.URL())
	handled := make(chan string, 9)
	receiving(t, c, quick(), func(_ context.Context, m *Message) error { handled <- m.Content; return nil })
	say(t, producer, "a", "1")
	await(t, handled, "before")
	p.Cut()
	say(t, producer, "a", "2")
	if got := await(t, handled, "after the cut"); got != "2" {
		t.Errorf("handled %q", got)
	}
	s.Restart()
	say(t, producer, "a", "3")
	if got := await(t, handled, "after the restart"); got != "3" {
		t.Errorf("handled %q", got)
	}
}
