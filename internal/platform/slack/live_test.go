package slack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/slack/slacktest"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

// opened opens an adapter with a host, until the test ends.
func opened(t *testing.T, a *Adapter, host *platformtest.Host) *platformtest.Host {
	t.Helper()
	if host == nil {
		host = platformtest.NewHost()
	}
	if err := a.Open(t.Context(), host); err != nil {
		t.Fatalf("Open: %v", err)
	}
	host.WaitState(t, platform.StateReady)
	t.Cleanup(func() { closed(t, a) })
	return host
}

func closed(t *testing.T, a *Adapter) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := a.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// do plans and does an envelope, and returns the results of its parts.
func do(t *testing.T, a *Adapter, e envelope.Outbound, targets ...string) []platform.Result {
	t.Helper()
	parts := partsOf(t, a, e, targets...)
	var results []platform.Result
	for _, p := range parts {
		r, err := a.Do(t.Context(), p)
		if err != nil {
			t.Fatalf("%s: %v", p.Body, err)
		}
		results = append(results, r)
	}
	return results
}

func partsOf(t *testing.T, a *Adapter, e envelope.Outbound, targets ...string) []platform.Part {
	t.Helper()
	key := fmt.Sprintf("k-%s-%s", t.Name(), e.Text)
	parts, err := a.Plan(platform.Operation{Key: key, Envelope: &e, Targets: targets})
	if err != nil {
		t.Fatal(err)
	}
	platform.Number("postern:outbound:slack", key, parts)
	return parts
}

func start(t *testing.T, values map[string]any) (*slacktest.Server, *Adapter) {
	s := slacktest.New(t)
	a := newAdapter(t, s, values)
	unlimited(a)
	return s, a
}

// summary is an event in a line.
func summary(e envelope.Event) string {
	addressed := ""
	if e.IsAddressed {
		addressed = "to us"
	}
	thread := ""
	if e.ThreadID != "" {
		thread = "in a thread"
	}
	return strings.Join(strings.Fields(strings.Join([]string{
		string(e.Event), e.ChannelID, thread, e.UserID, e.Username, e.Content, e.Command, e.CustomID, e.Emoji, e.Member, addressed,
	}, " ")), " ")
}

func summaries(events []envelope.Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, summary(e))
	}
	return out
}

// TestEvents: what people do comes in as events, each kind of it and each once;
// what we did ourselves does not.
func TestEvents(t *testing.T) {
	t.Parallel()
	for _, events := range []string{eventsSocket, eventsHTTP} {
		t.Run(events, func(t *testing.T) {
			t.Parallel()
			s, a := start(t, map[string]any{"events": events})
			if events == eventsHTTP {
				s.Hook(hooked(t, a))
			}
			host := opened(t, a, nil)
			ours := do(t, a, envelope.Outbound{Type: "message", ChannelID: crew, Text: "ours"})[0].MessageID
			next := func(n int) envelope.Event { return host.WaitEvents(t, n)[n-1] }

			said := s.Say(ann, "U0ANN", "hello *you*", nil)
			if e := next(1); e.MessageID != said || !e.IsDM || e.DisplayName != "Ann Lee" || e.GuildID != slacktest.TeamID || e.Timestamp == 0 {
				t.Errorf("a direct message: %+v", e)
			}
			s.Say(crew, "U0BEN", "hi <@"+slacktest.BotUID+">", nil)
			if e := next(2); len(e.Mentions) != 1 || e.Mentions[0] != (envelope.Mention{ID: slacktest.BotUID, Name: "Postern"}) || e.RoomName != "crew" {
				t.Errorf("a mention: %+v", e)
			}
			s.Say(crew, "U0BEN", "so?", map[string]any{"thread_ts": ours})
			if e := next(3); e.ThreadID != ours {
				t.Errorf("in a thread: %+v", e)
			}
			later := s.Say(crew, "U0BEN", "nothing", nil)
			next(4)
			s.Change(crew, later, "something")
			if e := next(5); e.MessageID != later {
				t.Errorf("an edit: %+v", e)
			}
			s.React(crew, "U0BEN", ours, "+1::skin-tone-3", false)
			next(6)
			s.React(crew, "U0BEN", ours, "partyparrot", true)
			if e := next(7); !e.Removed {
				t.Errorf("a reaction taken away: %+v", e)
			}
			s.React(crew, "U0BEN", later, "+1", false)
			next(8)
			s.Event(map[string]any{"type": "member_joined_channel", "user": "U0ANN", "channel": crew, "inviter": "U0BEN", "event_ts": "1760000000.000001"})
			if e := next(9); e.TargetUser != "U0ANN" {
				t.Errorf("somebody came: %+v", e)
			}
			s.Withdraw(crew, later)
			next(10)
			s.Event(map[string]any{"type": "message", "subtype": "channel_topic", "channel": crew, "user": "U0BEN", "text": "x", "ts": "1760000000.000002"})
			s.Event(map[string]any{"type": "something_new", "channel": map[string]any{"id": "C1"}})
			s.Say(crew, "U0BEN", "the end", nil)
			want := []string{
				`message D0ANN U0ANN ann.lee hello \*you\* to us`,
				`message C0CREW U0BEN ben hi [Postern](mention:U0BOT) to us`,
				`message C0CREW in a thread U0BEN ben so? to us`,
				`message C0CREW U0BEN ben nothing`,
				`edit C0CREW U0BEN ben something`,
				`reaction C0CREW U0BEN ben 👍🏼 to us`,
				`reaction C0CREW U0BEN ben :partyparrot: to us`,
				`reaction C0CREW U0BEN ben 👍`,
				`member C0CREW U0BEN ben joined`,
				`delete C0CREW U0BEN ben`,
				`message C0CREW U0BEN ben the end`,
			}
			if diff := cmp.Diff(want, summaries(host.WaitEvents(t, len(want)))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			platformtest.Until(t, "all is acknowledged", func() bool { return s.Pending() == 0 }, s)
		})
	}
}

// TestEditsInOneSecond: Slack tells to the second when a message was edited; each
// edit comes through all the same, and what changes no text does not.
func TestEditsInOneSecond(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	said := s.Say(crew, "U0BEN", "none", nil)
	for n, text := range []string{"one", "two", "one"} {
		host.WaitEvents(t, n+1)
		s.Change(crew, said, text)
	}
	host.WaitEvents(t, 4)
	s.Unfurl(crew, said)
	s.Say(crew, "U0BEN", "the end", nil)
	want := []string{
		`message C0CREW U0BEN ben none`, `edit C0CREW U0BEN ben one`, `edit C0CREW U0BEN ben two`, `edit C0CREW U0BEN ben one`, `message C0CREW U0BEN ben the end`,
	}
	if diff := cmp.Diff(want, summaries(host.WaitEvents(t, len(want)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNothingIsAcknowledgedUnrecorded: what cannot be recorded is not
// acknowledged, and comes once it can be.
func TestNothingIsAcknowledgedUnrecorded(t *testing.T) {
	t.Parallel()
	for _, events := range []string{eventsSocket, eventsHTTP} {
		t.Run(events, func(t *testing.T) {
			t.Parallel()
			s, a := start(t, map[string]any{"events": events})
			if events == eventsHTTP {
				s.Hook(hooked(t, a))
			}
			host := opened(t, a, nil)
			host.FailPublish(errors.New("no Redis"))
			s.Say(ann, "U0ANN", "one", nil)
			platformtest.Until(t, "a failed record", func() bool { return strings.Contains(host.Logged(), "could not be recorded") }, host)
			if s.Pending() != 1 {
				t.Error("what was not recorded was acknowledged")
			}
			host.FailPublish(nil)
			if e := host.WaitEvents(t, 1)[0]; e.Content != "one" {
				t.Errorf("got %+v", e)
			}
			platformtest.Until(t, "it is acknowledged", func() bool { return s.Pending() == 0 }, s)
		})
	}
}

// TestRefresh: before Slack ends a connection the next one is opened, and
// nothing that is said meanwhile waits for Slack to bring it again.
func TestRefresh(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	for n := range 30 {
		s.Say(crew, "U0BEN", fmt.Sprintf("m%d", n), nil)
		if n%10 == 5 {
			_, before := s.Connections()
			s.Refresh()
			platformtest.Until(t, "the next connection", func() bool { open, ever := s.Connections(); return open == 1 && ever == before+1 }, s)
		}
	}
	events := host.WaitEvents(t, 30)
	seen := map[string]bool{}
	for _, e := range events {
		seen[e.Content] = true
	}
	if len(seen) != 30 || len(events) != 30 {
		t.Errorf("%d of 30 came, %d events", len(seen), len(events))
	}
	for _, state := range host.States() {
		if state == platform.StateLost {
			t.Error("it was told as an outage")
		}
	}
}

// TestHandOver: two nodes, of which one goes and comes back while people write:
// each message comes once, whoever was to take it.
func TestHandOver(t *testing.T) {
	t.Parallel()
	s, one := start(t, nil)
	two := newAdapter(t, s, nil)
	host := platformtest.NewHost() // of both: what one has recorded is recorded
	opened(t, one, host)
	opened(t, two, host)
	for n := range 60 {
		s.Say(crew, "U0BEN", fmt.Sprintf("m%d", n), nil)
		switch n {
		case 20:
			closed(t, one)
		case 30:
			s.Cut() // and the other one's is cut
		case 40:
			opened(t, one, host)
			closed(t, two)
		}
	}
	times := map[string]int{}
	for _, e := range host.WaitEvents(t, 60) {
		times[e.Content]++
	}
	platformtest.Until(t, "all is acknowledged", func() bool { return s.Pending() == 0 }, s)
	if len(times) != 60 || len(host.Events()) != 60 {
		t.Errorf("%d messages of 60 came, %d events", len(times), len(host.Events()))
	}
}

// TestSwitchedOff: that Socket Mode is off in the app's settings is for a person.
func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	s.SwitchOff(true)
	host.WaitState(t, platform.StateAuthFailed)
}

// TestBackSoon: after the connection was cut, the next one is there within
// seconds, and sending goes on.
func TestBackSoon(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	s.Cut()
	platformtest.Until(t, "a second connection", func() bool { _, ever := s.Connections(); return ever == 2 }, s)
	s.Say(ann, "U0ANN", "there?", nil)
	host.WaitEvents(t, 1)
}

func TestFilesBothWays(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	file := s.Upload("plan.pdf", "application/pdf", []byte("a plan"))
	s.Say(ann, "U0ANN", "look", map[string]any{"files": []string{file}})
	kept := host.WaitEvents(t, 1)[0].Attachments[0]
	if kept.Blob == "" || kept.Filename != "plan.pdf" || kept.Size != 6 {
		t.Errorf("the file came as %+v", kept)
	}
	s.ShareLate(2) // Slack tells the message's id a moment later
	r := do(t, a, envelope.Outbound{Type: "message", ChannelID: crew, Text: "*back*", Attachments: []envelope.Media{
		{Blob: kept.Blob, Filename: "plan.pdf", Mimetype: "application/pdf"}, {Filename: "b.txt", Mimetype: "text/plain", Data: []byte("bee")},
	}})
	m, ok := s.Message(crew, r[0].MessageID)
	if !ok || len(r) != 1 || len(m.Files) != 2 || m.Shown() != "back" {
		t.Fatalf("it arrived as %+v", m)
	}
	if name, data := s.File(m.Files[0]); name != "plan.pdf" || string(data) != "a plan" {
		t.Errorf("the file arrived as %s: %q", name, data)
	}
	if name, data := s.File(m.Files[1]); name != "b.txt" || string(data) != "bee" {
		t.Errorf("the second file arrived as %s: %q", name, data)
	}

	s.Grant("chat:write")
	s.Say(ann, "U0ANN", "again", map[string]any{"files": []string{file}})
	if e := host.WaitEvents(t, 2)[1]; e.Content != "again" || e.Attachments[0].Blob != "" || e.Attachments[0].Filename != "plan.pdf" {
		t.Errorf("a file that the bot may not read came as %+v", e)
	}
	if !strings.Contains(host.Logged(), "files:read") {
		t.Errorf("the log does not say why: %s", host.Logged())
	}
}

// TestTheTokenGoesToSlackAlone: an address elsewhere, in whatever an event says,
// is not asked.
func TestTheTokenGoesToSlackAlone(t *testing.T) {
	t.Parallel()
	_, a := start(t, nil)
	for _, address := range []string{"https://files.slack.com.evil.example/x", "http://files.slack.com/x", "https://evil.example/", "ftp://slack.com", "::"} {
		if _, err := a.client.download(t.Context(), address); err == nil || !strings.Contains(err.Error(), "none of Slack's") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
