package slack

import (
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// TestEditsFollowTheText: an edit replaces what is there, deletes what is left
// over and sends what is more; one with buttons alone keeps the text.
func TestEditsFollowTheText(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	opened(t, a, nil)
	long := strings.Repeat("word ", 1500)
	first := do(t, a, envelope.Outbound{Type: "message", ChannelID: crew, Text: long})
	if len(first) != 2 {
		t.Fatalf("%d parts", len(first))
	}
	shorter := do(t, a, envelope.Outbound{Type: "edit", ChannelID: crew, Text: "short"}, first[0].MessageID, first[1].MessageID)
	if len(shorter) != 2 || shorter[0].MessageID != first[0].MessageID || shorter[1].MessageID != "" {
		t.Errorf("results %+v", shorter)
	}
	longer := do(t, a, envelope.Outbound{Type: "edit", ChannelID: crew, Text: long + "2"}, first[0].MessageID, "")
	if len(longer) != 2 || longer[1].MessageID == "" {
		t.Errorf("results %+v", longer)
	}
	do(t, a, envelope.Outbound{Type: "edit", ChannelID: crew, View: envelope.View{{{Label: "Yes", CustomID: "y"}}}}, longer[0].MessageID, longer[1].MessageID)
	m, _ := s.Message(crew, longer[1].MessageID)
	if !strings.HasSuffix(m.Shown(), "word 2") || len(m.Blocks.([]any)) != 2 {
		t.Errorf("the text under new buttons is %q", m.Shown())
	}
	do(t, a, envelope.Outbound{Type: "delete", ChannelID: crew}, longer[0].MessageID, longer[1].MessageID)
	if left := s.Messages(crew); len(left) != 0 {
		t.Errorf("%d messages are left", len(left))
	}
	// Again: what is gone is gone.
	do(t, a, envelope.Outbound{Type: "delete", ChannelID: crew}, longer[0].MessageID)
}

// TestAnEditKeepsTheFiles: they are in a message of their own, which a text that
// has no need of it any more leaves there.
func TestAnEditKeepsTheFiles(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	unlimited(a)
	opened(t, a, nil)
	made := do(t, a, envelope.Outbound{
		Type: "message", ChannelID: crew, Text: "look", View: envelope.View{{{Label: "Yes", CustomID: "y"}}},
		Attachments: []envelope.Media{{Filename: "a.txt", Data: []byte("a")}, {Filename: "b.txt", Data: []byte("b")}},
	})
	if len(made) != 2 {
		t.Fatalf("%d parts", len(made))
	}
	ids := []string{made[0].MessageID, made[1].MessageID}
	edit := func(text, shown string) {
		t.Helper()
		results := do(t, a, envelope.Outbound{Type: "edit", ChannelID: crew, Text: text}, ids...)
		if len(results) != 2 || results[1].MessageID != ids[1] || results[1].Gone {
			t.Errorf("results %+v", results)
		}
		if m, ok := s.Message(crew, ids[1]); !ok || len(m.Files) != 2 || m.Shown() != shown {
			t.Errorf("the files are there: %v, as %+v; want them under %q", ok, m, shown)
		}
	}
	edit("see", "a.txt\nb.txt")
	if m, _ := s.Message(crew, ids[1]); m.Edited != "" {
		t.Error("they were edited, although nothing was to be changed")
	}
	long := strings.Repeat("word ", 900)
	do(t, a, envelope.Outbound{Type: "edit", ChannelID: crew, Text: long}, ids...)
	if m, _ := s.Message(crew, ids[1]); len(m.Files) != 2 || !strings.HasPrefix(m.Shown(), "word") {
		t.Errorf("a text that goes on below the files: %+v", m)
	}
	edit("see", "a.txt\nb.txt")
	do(t, a, envelope.Outbound{Type: "edit", ChannelID: crew, Text: long}, ids...)
	s.Grant("chat:write") // and not to read what is there
	edit("see", "…")
	do(t, a, envelope.Outbound{Type: "delete", ChannelID: crew}, ids...)
	if left := s.Messages(crew); len(left) != 0 {
		t.Errorf("%d messages are left", len(left))
	}
}

// TestAScopeOfOneMessageIsNoScopeOfAll: a message in another name needs a scope
// beside chat:write; the token is as good as before.
func TestAScopeOfOneMessageIsNoScopeOfAll(t *testing.T) {
	t.Parallel()
	_, a := start(t, nil)
	opened(t, a, nil)
	part := partsOf(t, a, envelope.Outbound{Type: "message", ChannelID: crew, Text: "x", Native: map[string]any{"username": "somebody"}})[0]
	if _, err := a.Do(t.Context(), part); platform.AsError(err).Code != envelope.CodeForbidden || platform.AsError(err).Sent != platform.SentNo {
		t.Errorf("refused as %v", err)
	}
}

// TestThreads: a message in a thread, a reply outside of one, typing.
func TestThreads(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	root := s.Say(crew, "U0BEN", "a question", nil)
	e := host.WaitEvents(t, 1)[0]
	do(t, a, envelope.Outbound{Type: "typing", ChannelID: crew, ThreadID: e.MessageID, TTL: 30})
	in := do(t, a, envelope.Outbound{Type: "message", ChannelID: crew, ThreadID: e.MessageID, Text: "in it"})
	re := do(t, a, envelope.Outbound{Type: "message", ChannelID: crew, ReplyTo: root, Text: "to it"})
	if m, _ := s.Message(crew, in[0].MessageID); m.Thread != root || m.Broadcast {
		t.Errorf("in the thread: %+v", m)
	}
	if m, _ := s.Message(crew, re[0].MessageID); m.Thread != root || !m.Broadcast {
		t.Errorf("a reply: %+v", m)
	}
	if effects := s.Effects(); effects[0].Text != typingStatus || effects[0].Thread != root {
		t.Errorf("typing was shown as %+v", effects[0])
	}
	if r := do(t, a, envelope.Outbound{Type: "typing", ChannelID: crew}); len(r[0].Warnings) != 1 {
		t.Errorf("typing outside of a thread: %+v", r)
	}
	_, err := a.Do(t.Context(), partsOf(t, a, envelope.Outbound{Type: "message", ChannelID: crew, ThreadID: "1600000000.000001", Text: "x"})[0])
	if f := platform.AsError(err); err == nil || f.Code != envelope.CodeNotFound || f.Field != "thread_id" {
		t.Errorf("a thread that is not there: %v", err)
	}
}
