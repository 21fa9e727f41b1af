package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

// quick is for tests: failing events come again at once.
func quick() ReceiveOptions {
	return ReceiveOptions{Lease: time.Second, Backoff: time.Millisecond, MaxBackoff: time.Millisecond, Drain: time.Minute}
}

// letters reads the group's dead letters.
func letters(t *testing.T, c *Client) (out []map[string]any) {
	t.Helper()
	entries, err := c.redis.XRange(t.Context(), c.Dead(), "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Values)
	}
	return out
}

func TestReceiveTriesAgainThenBuries(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).URL())
	id := say(t, c, "a", "bad")
	say(t, c, "a", "panics")
	say(t, c, "a", "permanent")
	say(t, c, "a", "good")
	handled := make(chan string, 99)
	stop := receiving(t, c, quick(), func(_ context.Context, m *Message) error {
		handled <- fmt.Sprint(m.Content, m.Attempt)
		switch m.Content {
		case "bad":
			return errors.New("no luck")
		case "panics":
			panic("at the disco")
		case "permanent":
			return fmt.Errorf("wrapped: %w", Permanent(errors.New("not for me")))
		}
		return nil
	})
	want := []string{"bad1", "bad2", "bad3", "bad4", "bad5", "panics1", "panics2", "panics3", "panics4", "panics5", "permanent1", "good1"}
	for i, w := range want {
		if got := await(t, handled, w); got != w {
			t.Fatalf("run %d was %s, expected %s", i, got, w)
		}
	}
	stop()
	dead := letters(t, c)
	if len(dead) != 3 {
		t.Fatalf("%d dead letters, expected 3: %v", len(dead), dead)
	}
	if d := dead[0]; d["original_msg_id"] != id || d["original_stream"] != "postern:inbound" || d["code"] != "internal" ||
		d["error"] != "no luck" || d["attempt"] != "5" || d["trace_id"] != "t" || d["ts"] == "" {
		t.Errorf("the first dead letter: %v", d)
	}
	if e, err := envelope.DecodeEvent([]byte(dead[0]["data"].(string))); err != nil || e.Content != "bad" {
		t.Errorf("its data: %+v, %v", e, err)
	}
	if why := dead[1]["error"].(string); !strings.Contains(why, "panicked: at the disco") {
		t.Errorf("the second dead letter: %s", why)
	}
	if d := dead[2]; d["attempt"] != "1" || d["error"] != "wrapped: not for me" {
		t.Errorf("the third dead letter: %v", d)
	}
	if l := left(t, c); l != "" {
		t.Error(l)
	}
}

func TestReceiveBuriesWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).URL())
	sayData(t, c, "{broken")
	say(t, c, "a", "good")
	handled := make(chan string, 9)
	stop := receiving(t, c, quick(), func(_ context.Context, m *Message) error { handled <- m.Content; return nil })
	if got := await(t, handled, "the good one"); got != "good" {
		t.Errorf("handled %q", got)
	}
	stop()
	if dead := letters(t, c); len(dead) != 1 || dead[0]["code"] != "undecodable" || dead[0]["data"] != "{broken" {
		t.Errorf("dead letters: %v", dead)
	}
	if l := left(t, c); l != "" {
		t.Error(l)
	}
}

// An event that kills every worker that touches it is a dead letter in the end.
func TestReceiveBuriesWhatKillsWorkers(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).URL())
	say(t, c, "a", "deadly")
	say(t, c, "a", "good")
	turns := newTurns(c, lease, time.Hour, time.Minute)
	for i := range 3 {
		got := turns.mustTake(t, t, request{token: fmt.Sprint("victim", i), want: 1})
		turns.expire(t, t, got.tickets[0].conversation)
	}
	handled := make(chan string, 9)
	o := quick()
	o.MaxAttempts = 3
	stop := receiving(t, c, o, func(_ context.Context, m *Message) error { handled <- m.Content; return nil })
	if got := await(t, handled, "the good one"); got != "good" {
		t.Errorf("handled %q", got)
	}
	stop()
	if dead := letters(t, c); len(dead) != 1 || dead[0]["code"] != "poison" {
		t.Errorf("dead letters: %v", dead)
	}
}

func TestReceiveGivesTheHandlerOnlyWhatItIsFor(t *testing.T) {
	t.Parallel()
	url := redistest.Start(t).URL()
	for name, want := range map[string]struct{ events, handled []envelope.EventType }{
		"default":  {nil, []envelope.EventType{envelope.EventMessage, envelope.EventEdit}},
		"messages": {[]envelope.EventType{envelope.EventMessage}, []envelope.EventType{envelope.EventMessage}},
		"status":   {[]envelope.EventType{envelope.EventStatus}, []envelope.EventType{envelope.EventStatus}},
	} {
		c := open(t, url, func(o *Options) { o.Names = envelope.NewNames(name) })
		for _, e := range []envelope.EventType{envelope.EventStatus, envelope.EventMessage, envelope.EventEdit} {
			event := message("a", "hello")
			event.Event = e
			sayEvent(t, c, envelope.JSON, event)
		}
		handled := make(chan envelope.EventType, 9)
		o := quick()
		o.Events = want.events
		stop := receiving(t, c, o, func(_ context.Context, m *Message) error { handled <- m.Event.Event; return nil })
		for _, e := range want.handled {
			if got := await(t, handled, "the event"); got != e {
				t.Errorf("%s: handled %q, expected %q", name, got, e)
			}
		}
		stop()
		if len(handled) > 0 {
			t.Errorf("%s: handled %q, too", name, <-handled)
		}
	}
}

// While one conversation is stuck, others go on, in the same worker and with
// one slot to spare.
func TestReceiveHoldsNobodyElseUp(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).URL())
	for i := range 40 {
		say(t, c, "stuck", fmt.Sprint(i))
	}
	say(t, c, "other", "hello")
	release := make(chan struct{})
	handled := make(chan string, 99)
	o := quick()
	o.Concurrency = 2
	receiving(t, c, o, func(_ context.Context, m *Message) error {
		if m.ChannelID == "stuck" {
			<-release
		}
		handled <- m.ChannelID + m.Content
		return nil
	})
	if got := await(t, handled, "the other conversation"); got != "otherhello" {
		t.Errorf("handled %q", got)
	}
	close(release)
	for i := range 40 {
		if got := await(t, handled, "the rest"); got != fmt.Sprint("stuck", i) {
			t.Fatalf("handled %q, expected stuck%d", got, i)
		}
	}
}

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

func TestReceiveRefusesOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).URL())
	for field, o := range map[string]ReceiveOptions{
		"Concurrency": {Concurrency: -1}, "MaxAttempts": {MaxAttempts: -1}, "Lease": {Lease: time.Millisecond},
		"MinIdle": {MinIdle: time.Second}, "Backoff": {Backoff: -1}, "Drain": {Drain: -1},
	} {
		err := c.Receive(t.Context(), func(context.Context, *Message) error { return nil }, o)
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
}
