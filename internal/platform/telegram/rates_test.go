package telegram

import (
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/telegram/telegramtest"
	"github.com/posternhq/postern/platform"
)

// TestRates: within any second no more than 30, of them one to a chat, and
// within any minute 20 to a group; and no slower than that.
func TestRates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		chats []string
		many  int
		least time.Duration
		most  time.Duration
	}{
		"one person":   {[]string{"1"}, 10, 9 * time.Second, 9500 * time.Millisecond},
		"one group":    {[]string{"-1"}, 41, 120 * time.Second, 126 * time.Second},
		"many people":  {strings.Split("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40", " "), 120, 3 * time.Second, 3200 * time.Millisecond},
		"a second one": {[]string{"1", "2"}, 20, 9 * time.Second, 9500 * time.Millisecond},
	} {
		r := newRates(published())
		begin := time.Unix(1_000_000, 0)
		now := begin
		for n := range c.many {
			for {
				wait, _ := r.take(c.chats[n%len(c.chats)], now)
				if wait == 0 {
					break
				}
				now = now.Add(wait)
			}
		}
		if took := now.Sub(begin); took < c.least || took > c.most {
			t.Errorf("%s: %d took %v; want %v to %v", name, c.many, took, c.least, c.most)
		}
	}
}

// TestALateRequestPutsOffTheNext: Telegram counts from when a request arrived,
// which may have been as late as its answer.
func TestALateRequestPutsOffTheNext(t *testing.T) {
	t.Parallel()
	r := newRates(published())
	noted := time.Unix(1_000_000, 0)
	r.take("1", noted)
	r.late("1", noted, 200*time.Millisecond, 150*time.Millisecond)
	answered := noted.Add(200 * time.Millisecond)
	wait, gate := r.take("1", answered)
	if wait < time.Second || wait > 1100*time.Millisecond || gate != platform.GateChannel {
		t.Errorf("the next one waits %v by gate %v; want a second from the answer", wait, gate)
	}
}

// TestARateIsNoRequest: what is beyond the rate is put off without asking, and
// what was sent says when the next may come.
func TestARateIsNoRequest(t *testing.T) {
	t.Parallel()
	s := telegramtest.New(t)
	a := newAdapter(t, s, nil)
	opened(t, a, nil)
	first := do(t, a, envelope.Outbound{Type: "message", ChannelID: "1000", Text: "x"})
	if p := first[0].Pauses; len(p) != 1 || p[0].Gate != platform.GateChannel || p[0].For < 500*time.Millisecond {
		t.Errorf("pauses %+v; want the chat's, for a second", p)
	}
	parts, err := a.Plan(platform.Operation{Envelope: &envelope.Outbound{Type: "message", ChannelID: "1000", Text: "y"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Do(t.Context(), parts[0])
	if e := platform.AsError(err); err == nil || e.Code != envelope.CodeRateLimited || e.Sent != platform.SentNo || e.RetryAfter <= 0 || !e.Unasked || s.Requests() != 1 {
		t.Errorf("beyond the rate: %v after %d requests", err, s.Requests())
	}
}

func TestAFloodReachesAll(t *testing.T) {
	t.Parallel()
	f := &floods{}
	now := time.Unix(1000, 0)
	for i, c := range []struct {
		chat string
		at   time.Duration
		want platform.Gate
	}{
		{"1", 0, platform.GateChannel},
		{"1", time.Second, platform.GateChannel},
		{"2", 2 * time.Second, platform.GateAccount},
		{"3", time.Minute, platform.GateChannel},
	} {
		if got := f.reach(c.chat, 5*time.Second, now.Add(c.at)); got != c.want {
			t.Errorf("%d: %v, want %v", i, got, c.want)
		}
	}
}
