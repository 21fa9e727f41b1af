package slack

import (
	"fmt"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/slack/slacktest"
	"github.com/posternhq/postern/platform"
)

// TestRates: within any stretch of a rate's time no more than it allows, and not
// much less.
func TestRates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		method   string
		channels int
		many     int // in all
		most     int // within a minute
		took     time.Duration
	}{
		"one channel":  {post, 1, 61, 60, 62 * time.Second},
		"ten channels": {post, 10, 100, 100, 10 * time.Second},
		"edits":        {update, 10, 150, 50, 3*time.Minute + 20*time.Second},
		"files":        {share, 10, 300, 100, 4 * time.Minute},
		"no rate":      {setStatus, 1, 100, 100, 0},
	} {
		r := newRates(published())
		now := time.Unix(1_000_000, 0)
		begin := now
		var sent []time.Time
		for n := range c.many {
			for {
				wait, _ := r.take(c.method, fmt.Sprint("C", n%c.channels), now)
				if wait == 0 {
					break
				}
				now = now.Add(wait)
			}
			sent = append(sent, now)
			first := 0
			for !sent[first].After(now.Add(-time.Minute)) {
				first++
			}
			if within := len(sent) - first; within > c.most {
				t.Fatalf("%s: %d within a minute", name, within)
			}
		}
		if took := now.Sub(begin); took > c.took {
			t.Errorf("%s: %d took %v; want %v at most", name, c.many, took, c.took)
		}
	}
}

// TestARateIsNoRequest: what is beyond the rate is put off without asking, and
// what was sent says when the next may come.
func TestARateIsNoRequest(t *testing.T) {
	t.Parallel()
	s := slacktest.New(t)
	a := newAdapter(t, s, nil)
	opened(t, a, nil)
	first := do(t, a, envelope.Outbound{Type: "message", ChannelID: crew, Text: "x"})
	if p := first[0].Pauses; len(p) != 1 || p[0].Gate != platform.GateChannel || p[0].For < 500*time.Millisecond {
		t.Errorf("pauses %+v; want the channel's, for a second", p)
	}
	_, err := a.Do(t.Context(), partsOf(t, a, envelope.Outbound{Type: "message", ChannelID: crew, Text: "y"})[0])
	if e := platform.AsError(err); err == nil || e.Code != envelope.CodeRateLimited || e.Sent != platform.SentNo || e.RetryAfter <= 0 || !e.Unasked || s.Requests() != 1 {
		t.Errorf("beyond the rate: %v after %d requests", err, s.Requests())
	}
	var last platform.Result
	for range 5 { // at once; then evenly
		last = do(t, a, envelope.Outbound{Type: "edit", ChannelID: crew, Text: "z"}, first[0].MessageID)[0]
	}
	if p := last.Pauses; len(p) != 1 || p[0].Gate != platform.GateRoute || p[0].For < time.Second || p[0].For > 2*time.Second {
		t.Errorf("pauses %+v; want that of edits, for a second and a bit", p)
	}
}

func TestAFloodReachesAll(t *testing.T) {
	t.Parallel()
	f := &floods{}
	now := time.Unix(1000, 0)
	for i, c := range []struct {
		channel string
		at      time.Duration
		want    platform.Gate
	}{
		{"1", 0, platform.GateChannel},
		{"1", time.Second, platform.GateChannel},
		{"2", 2 * time.Second, platform.GateRoute},
		{"3", time.Minute, platform.GateChannel},
	} {
		if got := f.reach(c.channel, 5*time.Second, now.Add(c.at)); got != c.want {
			t.Errorf("%d: %v, want %v", i, got, c.want)
		}
	}
}

// TestTurns: what is of one channel keeps its order and waits, what is of others
// does not.
func TestTurns(t *testing.T) {
	t.Parallel()
	turns := newTurns()
	release := make(chan struct{})
	var order []int
	for n := range 5 {
		turns.run("a", func() {
			if n == 0 {
				<-release
			}
			order = append(order, n)
		})
	}
	other := make(chan struct{})
	turns.run("b", func() { close(other) })
	<-other
	close(release)
	turns.wait()
	if fmt.Sprint(order) != "[0 1 2 3 4]" {
		t.Errorf("done in the order %v", order)
	}
	block := make(chan struct{})
	taken := 0
	for turns.run("c", func() { <-block }) {
		taken++
	}
	close(block)
	turns.wait()
	if taken != mostTurns {
		t.Errorf("%d were taken; want %d", taken, mostTurns)
	}
}
