package discord

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/discord/discordtest"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

// contents are the contents of the messages that came, in order.
func contents(host *platformtest.Host) []string {
	var out []string
	for _, e := range host.Events() {
		out = append(out, e.Content)
	}
	return out
}

func (l *live) expectNumbers(n int) {
	l.t.Helper()
	l.host.WaitEvents(l.t, n)
	for i, content := range contents(l.host) {
		if content != "m"+strconv.Itoa(i) {
			l.t.Errorf("event %d is %q", i, content)
		}
	}
}

// until waits for what must come.
func (l *live) until(what string, holds func() bool) {
	l.t.Helper()
	platformtest.Until(l.t, what, holds, l.host, l.s)
}

func (l *live) say(n int) {
	l.s.Say(discordtest.Says{Channel: discordtest.AnnDM, Text: "m" + strconv.Itoa(n)})
}

// TestResumes: whatever ends a connection, what was said meanwhile comes once
// and in order, over a session that is resumed.
func TestResumes(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*discordtest.Server){
		"a new connection is asked for": (*discordtest.Server).AskReconnect,
		"it breaks off":                 (*discordtest.Server).Cut,
		"an unknown error":              func(s *discordtest.Server) { s.CloseLinks(4000, "Unknown error.") },
		"too many frames":               func(s *discordtest.Server) { s.CloseLinks(4008, "Rate limited.") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := connected(t, nil)
			l.say(0)
			l.expectNumbers(1)
			end(l.s)
			l.until("the connection ends", func() bool { return !l.s.Linked() })
			l.say(1)
			l.say(2)
			l.expectNumbers(3)
			if open, resumed := l.s.Sessions(); open != 1 || resumed != 1 {
				t.Errorf("%d sessions, resumed %d times; want one, once", open, resumed)
			}
		})
	}
}

// TestBeginsAnew: a session that is over is followed by a new one.
func TestBeginsAnew(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*discordtest.Server){
		"it timed out":     func(s *discordtest.Server) { s.CloseLinks(4009, "Session timed out.") },
		"it is not known":  func(s *discordtest.Server) { s.Cut(); s.Forget() },
		"its seq is wrong": func(s *discordtest.Server) { s.CloseLinks(4007, "Invalid seq.") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := connected(t, nil)
			l.say(0)
			l.expectNumbers(1)
			first, _ := l.host.Cursor(t.Context())
			end(l.s)
			l.until("another session began", func() bool {
				now, _ := l.host.Cursor(t.Context())
				var a, b cursor
				if json.Unmarshal([]byte(first), &a) != nil || json.Unmarshal([]byte(now), &b) != nil {
					t.Fatalf("cursors %q, %q", first, now)
				}
				return a.Session != b.Session
			})
			l.say(1)
			l.expectNumbers(2)
		})
	}
}

// TestHandOver: one node closes and another one opens, while people write: the
// session goes on, and each message comes once.
func TestHandOver(t *testing.T) {
	t.Parallel()
	l := connected(t, nil) // its cursor lies with the session, although nothing was said
	n := 0
	for range 3 {
		l.shut()
		l.say(n)
		next := &live{Adapter: newAdapter(t, l.s, nil), t: t, s: l.s, host: l.host}
		next.open()
		l = next
		l.say(n + 1)
		n += 2
		l.expectNumbers(n)
	}
	if open, resumed := l.s.Sessions(); open != 1 || resumed != 3 {
		t.Errorf("%d sessions, resumed %d times; want one, three times", open, resumed)
	}
	// In a thread that this node has not been told of.
	l.s.Say(discordtest.Says{Channel: discordtest.Thread, Text: "<@" + discordtest.BotID + "> hi"})
	if e := l.event(n + 1); e.ChannelID != discordtest.Channel || e.ThreadID != discordtest.Thread {
		t.Errorf("a thread's came as %+v", e)
	}
}

// TestRecordsBeforeItGoesOn: what Redis does not take is tried until it does,
// in order, and the cursor stays behind it.
func TestRecordsBeforeItGoesOn(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	l.say(0)
	l.expectNumbers(1)
	before, _ := l.host.Cursor(t.Context())
	l.host.FailPublish(errors.New("redis is gone"))
	l.say(1)
	l.say(2)
	l.until("it is told", func() bool { return strings.Contains(l.host.Logged(), "could not be recorded") })
	if now, _ := l.host.Cursor(t.Context()); now != before {
		t.Errorf("the cursor moved to %s", now)
	}
	l.host.FailPublish(nil)
	l.expectNumbers(3)
}

// TestAnotherBotsCursor is none of ours.
func TestAnotherBotsCursor(t *testing.T) {
	t.Parallel()
	s := discordtest.New(t)
	host := platformtest.NewHost()
	if err := host.Publish(t.Context(), envelope.Event{}, cursor{Bot: "1", Session: "s", Seq: 5, URL: "ws://127.0.0.1:1/"}.String()); err != nil {
		t.Fatal(err)
	}
	l := &live{Adapter: newAdapter(t, s, nil), t: t, s: s, host: host}
	l.open()
	if _, resumed := s.Sessions(); resumed != 0 {
		t.Error("another bot's session was resumed")
	}
}

// TestAddressIsGone: where a session was to be resumed nobody listens any more.
// It is looked for elsewhere, and begun anew where it is not known.
func TestAddressIsGone(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]bool{"the session is known": true, "the session is not known": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := connected(t, nil)
			l.say(0)
			l.expectNumbers(1)
			l.shut()
			text, _ := l.host.Cursor(t.Context())
			var c cursor
			if err := json.Unmarshal([]byte(text), &c); err != nil {
				t.Fatal(err)
			}
			c.URL = "ws://127.0.0.1:1/"
			if err := l.host.Publish(t.Context(), envelope.Event{}, c.String()); err != nil {
				t.Fatal(err)
			}
			if !known {
				l.s.Forget()
			} else {
				l.s.Starts(0) // none need be begun
				l.say(1)
			}
			next := &live{Adapter: newAdapter(t, l.s, nil), t: t, s: l.s, host: l.host}
			if err := next.Open(t.Context(), next.host); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(next.shut)
			next.until("it is ready", func() bool { // it waits between its tries
				states := next.host.States()
				return states[len(states)-1] == platform.StateReady
			})
			if !known {
				next.say(1)
			}
			next.expectNumbers(2)
			if open, resumed := l.s.Sessions(); open != 1 || resumed != map[bool]int{true: 1}[known] {
				t.Errorf("%d sessions, resumed %d times", open, resumed)
			}
		})
	}
}

// TestRefusedByTheGateway: what only a person can change is said to one, and
// asked for again, but not at once.
func TestRefusedByTheGateway(t *testing.T) {
	t.Parallel()
	s := discordtest.New(t)
	s.Enable(0)
	a := newAdapter(t, s, map[string]any{"intents": []string{"message_content", "guild_members"}})
	host := platformtest.NewHost()
	if err := a.Open(t.Context(), host); err != nil {
		t.Fatal(err)
	}
	host.WaitState(t, platform.StateAuthFailed)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := a.Close(ctx); err != nil {
		t.Error(err)
	}
	for err, want := range map[int]string{4004: "token", 4011: "shard", 4012: "newer Postern", 4014: "Server Members Intent and Message Content Intent"} {
		how := closedBy(websocket.CloseError{Code: websocket.StatusCode(err)}, a.config.intents)
		if !strings.Contains(how.person, want) || how.wait(1) < askAgain || !how.anew {
			t.Errorf("%d: %+v; want %q said to a person", err, how, want)
		}
	}
}

// TestSessionsAreSpent: none is begun that Discord would take the token for.
func TestSessionsAreSpent(t *testing.T) {
	t.Parallel()
	s := discordtest.New(t)
	s.Starts(0)
	a := newAdapter(t, s, nil)
	host := platformtest.NewHost()
	if err := a.Open(t.Context(), host); err != nil {
		t.Fatal(err)
	}
	platformtest.Until(t, "it is told", func() bool { return strings.Contains(host.Logged(), "as many sessions as Discord allows") }, host)
	if open, _ := s.Sessions(); open != 0 {
		t.Error("a session was begun")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := a.Close(ctx); err != nil {
		t.Error(err)
	}
}

// TestHeartbeats keep a connection; one that is not answered ends it.
func TestHeartbeats(t *testing.T) {
	t.Parallel()
	s := discordtest.New(t)
	s.Heartbeat(20 * time.Millisecond)
	l := &live{Adapter: newAdapter(t, s, nil), t: t, s: s, host: platformtest.NewHost()}
	l.open()
	l.until("five heartbeats came", func() bool { return s.Heartbeats() >= 5 })
	s.Deafen(true) // nothing is answered, and nothing said
	l.until("the connection is given up", func() bool { return strings.Contains(l.host.Logged(), errZombie.Error()) })
	s.Deafen(false)
	l.say(0)
	l.expectNumbers(1)
}

// TestHeartbeatsBearWhatIsRecorded, and not what was received: whatever Discord
// makes of the number, what is behind it may have to be told again.
func TestHeartbeatsBearWhatIsRecorded(t *testing.T) {
	t.Parallel()
	s := discordtest.New(t)
	s.Heartbeat(100 * time.Millisecond) // so long that none counts as unanswered on a busy machine
	l := &live{Adapter: newAdapter(t, s, nil), t: t, s: s, host: platformtest.NewHost()}
	l.open()
	at := func() int64 {
		text, _ := l.host.Cursor(t.Context())
		var c cursor
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			t.Fatal(err)
		}
		return c.Seq
	}
	l.say(0)
	l.expectNumbers(1)
	recorded := at()
	for n := range 2 { // what tells that it is resumed, moves no cursor
		s.Cut()
		l.until("it was resumed", func() bool { _, resumed := s.Sessions(); return resumed > n })
	}
	last := s.Heartbeats()
	l.until("two heartbeats came", func() bool { return s.Heartbeats() >= last+2 })
	if heard := s.Heard(); heard != recorded {
		t.Errorf("a heartbeat bore %d, and %d is recorded", heard, recorded)
	}
	l.host.FailPublish(errors.New("redis is gone"))
	l.say(1)
	l.until("it is told", func() bool { return strings.Contains(l.host.Logged(), "could not be recorded") })
	last = s.Heartbeats()
	l.until("five more heartbeats came", func() bool {
		if heard := s.Heard(); heard != recorded {
			t.Fatalf("a heartbeat bore %d, and %d is recorded", heard, recorded)
		}
		return s.Heartbeats() >= last+5
	})
	l.host.FailPublish(nil)
	l.expectNumbers(2)
	l.until("a heartbeat bears more", func() bool { return s.Heard() == at() && at() > recorded })
}

// TestQueueIsBounded: what cannot be taken in is left to come again.
func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	q := newQueue(cursor{Session: "s", Seq: 1}, 1)
	for n := range queueMost {
		if !q.put(frame{Seq: int64(n + 2)}) {
			t.Fatalf("frame %d was not taken", n)
		}
	}
	if q.put(frame{Seq: queueMost + 2}) {
		t.Error("one more was taken")
	}
	f, ok := q.next(t.Context())
	if !ok || f.Seq != 2 {
		t.Errorf("the first is %+v", f)
	}
	q.done(cursor{Session: "s", Seq: 2}, false)
	if !q.put(frame{Seq: queueMost + 2}) || q.position().Seq != 2 || q.recorded() != 1 {
		t.Error("there is room, and it was not taken")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok := q.next(ctx); ok {
		t.Error("a frame was handed out after the end")
	}
}
