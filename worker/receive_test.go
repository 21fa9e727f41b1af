package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
