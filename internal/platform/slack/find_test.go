package slack

import (
	"fmt"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/slack/slacktest"
	"github.com/posternhq/postern/platform"
)

// TestFindsWhatWasLost: each form of message is found after its answer was lost,
// page by page, and by another node; what was not sent is not.
func TestFindsWhatWasLost(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]envelope.Outbound{
		"a message":            {Type: "message", ChannelID: crew, Text: "lost"},
		"in a thread":          {Type: "message", ChannelID: crew, ThreadID: threadTS, Text: "lost"},
		"a reply":              {Type: "message", ChannelID: crew, ReplyTo: threadTS, Text: "lost"},
		"files":                {Type: "message", ChannelID: crew, Text: "lost", Attachments: []envelope.Media{{Filename: "a.txt", Data: []byte("a")}}},
		"files without a text": {Type: "message", ChannelID: crew, Attachments: []envelope.Media{{Filename: "a.txt", Data: []byte("a")}}},
		"a stream's":           {Type: "stream", ChannelID: crew, StreamID: "s", Text: "lost"},
		"in a direct one":      {Type: "message", ChannelID: ann, Text: "lost"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, a := start(t, nil)
			s.Put(crew, "U0ANN", "a thread", threadTS)
			opened(t, a, nil)
			since := time.Now()
			part := partsOf(t, a, e)[0]
			twin := part
			twin.Key = "another"
			method := post
			if len(e.Attachments) > 0 {
				method = share
			}
			s.Fail(slacktest.Lost, method)
			_, err := a.Do(t.Context(), part)
			if f := platform.AsError(err); err == nil || f.Sent != platform.SentUnknown {
				t.Fatalf("a lost answer: %v", err)
			}
			for n := range 7 { // more than two pages of what others say
				s.Say(e.ChannelID, "U0ANN", fmt.Sprintf("more %d", n), map[string]any{"thread_ts": map[bool]string{true: threadTS}[e.ThreadID != "" || e.ReplyTo != ""]})
			}
			s.Page(3)
			other := newAdapter(t, s, map[string]any{"events": eventsHTTP})
			opened(t, other, nil)
			r, found, err := other.Find(t.Context(), part, since)
			if err != nil || !found {
				t.Fatalf("found %v, %v", found, err)
			}
			if m, ok := s.Message(e.ChannelID, r.MessageID); !ok || m.User != slacktest.BotUID {
				t.Errorf("found %q, which is %+v", r.MessageID, m)
			}
			if _, found, err := other.Find(t.Context(), twin, since.Add(-time.Hour)); found || err != nil {
				t.Errorf("what was never sent: found %v, %v", found, err)
			}
		})
	}
}

// TestFilesThatShowLate are shared once: Slack makes their message a while after
// it was asked to, and until then cannot be said not to have it.
func TestFilesThatShowLate(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	now := time.Now()
	host.SetNow(now)
	part := partsOf(t, a, envelope.Outbound{Type: "message", ChannelID: crew, Attachments: []envelope.Media{{Filename: "a.txt", Data: []byte("a")}}})[0]
	s.ShowLate(3)
	s.Fail(slacktest.Lost, share)
	if _, err := a.Do(t.Context(), part); platform.AsError(err).Sent != platform.SentUnknown {
		t.Fatalf("a lost answer: %v", err)
	}
	for at, looks := now.Add(readBackLag), 1; ; looks++ {
		host.SetNow(at)
		_, found, err := a.Find(t.Context(), part, now)
		if found {
			if looks != 4 {
				t.Errorf("found by look %d, want the fourth", looks)
			}
			break
		}
		failure := platform.AsError(err)
		if err == nil || failure.Code != envelope.CodeTransient || failure.RetryAfter <= 0 {
			t.Fatalf("look %d, %v after it was sent: found %v, %v; want to be told to look again", looks, at.Sub(now), found, err)
		}
		at = at.Add(failure.RetryAfter)
	}
	// What is never shown is not there, once Slack has had its time.
	never := part
	never.Key = "another"
	for at := now; ; {
		host.SetNow(at)
		_, found, err := a.Find(t.Context(), never, now)
		if err == nil {
			if took := at.Sub(now); found || took < shareLag {
				t.Errorf("found %v, after %v", found, took)
			}
			break
		}
		at = at.Add(platform.AsError(err).RetryAfter)
	}
}

// TestWhatCannotBeReadIsNotAbsent: a message of ours that cannot be read may be
// the one that is looked for; somebody else's is not.
func TestWhatCannotBeReadIsNotAbsent(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	opened(t, a, nil)
	since := time.Now()
	part := partsOf(t, a, envelope.Outbound{Type: "message", ChannelID: crew, Text: "x"})[0]
	strange := map[string]any{"blocks": []any{map[string]any{"type": "rich_text", "elements": "of a form to come"}}}
	s.Say(crew, "U0ANN", "of another's", strange)
	if _, found, err := a.Find(t.Context(), part, since); found || err != nil {
		t.Errorf("what another said: found %v, %v", found, err)
	}
	ours := s.Say(crew, slacktest.BotUID, "of ours", strange)
	if _, found, err := a.Find(t.Context(), part, since); found || platform.AsError(err).Code != envelope.CodeUnsupported {
		t.Errorf("what we may have said: found %v, %v", found, err)
	}
	if _, err := a.Message(t.Context(), crew, "", ours); platform.AsError(err).Code != envelope.CodeUnsupported {
		t.Errorf("one that is there, and cannot be read: %v", err)
	}
	if got, _, err := a.History(t.Context(), platform.HistoryPage{ChannelID: crew, Limit: 9}); err != nil || len(got) != 0 {
		t.Errorf("the history of what cannot be read: %+v, %v", got, err)
	}
	do(t, a, envelope.Outbound{Type: "message", ChannelID: crew, Text: "x"})
	if _, found, err := a.Find(t.Context(), part, since); !found || err != nil {
		t.Errorf("beside one that cannot be read: found %v, %v", found, err)
	}
}

// TestWhatNobodyCanFind is told as that.
func TestWhatNobodyCanFind(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	opened(t, a, nil)
	part := partsOf(t, a, envelope.Outbound{Type: "message", ChannelID: crew, Ephemeral: true, Native: map[string]any{"user": "U0ANN"}, Text: "x"})[0]
	if _, _, err := a.Find(t.Context(), part, time.Now()); platform.AsError(err).Code != envelope.CodeUnsupported {
		t.Errorf("an ephemeral message: %v", err)
	}
	files := envelope.Outbound{Type: "message", ChannelID: crew, Attachments: []envelope.Media{{Filename: "a.txt", Data: []byte("a")}}}
	s.Unmark()
	do(t, a, files)
	lost := files
	lost.Text = "lost"
	if _, _, err := a.Find(t.Context(), partsOf(t, a, lost)[0], time.Now().Add(-time.Hour)); platform.AsError(err).Code != envelope.CodeUnsupported {
		t.Errorf("where Slack does not keep the mark of files: %v", err)
	}
	s.Grant("chat:write")
	part = partsOf(t, a, envelope.Outbound{Type: "message", ChannelID: crew, Text: "x"})[0]
	if _, _, err := a.Find(t.Context(), part, time.Now()); platform.AsError(err).Code != envelope.CodeForbidden {
		t.Errorf("without the right to read: %v", err)
	}
}
