package console

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

func opened(t *testing.T, a *Adapter) *platformtest.Host {
	t.Helper()
	host := platformtest.NewHost()
	if err := a.Open(t.Context(), host); err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = a.Close(context.Background()) })
	return host
}

func typeIn(t *testing.T, keyboard io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(keyboard, text); err != nil {
		t.Fatalf("type: %v", err)
	}
}

// waitShown returns once the screen shows text.
func waitShown(t *testing.T, s *screen, text string) {
	t.Helper()
	for !strings.Contains(s.shown(), text) {
		select {
		case <-s.changed:
		case <-t.Context().Done():
			t.Fatalf("the screen never showed %q but %q", text, s.shown())
		}
	}
}

func TestShows(t *testing.T) {
	t.Parallel()
	off := false
	for _, c := range []struct {
		name    string
		e       envelope.Outbound
		targets []string
		want    string
	}{
		{name: "a message", e: envelope.Outbound{Type: "message", ChannelID: "lobby", Text: "hi"}, want: "[lobby] hi"},
		{
			name: "in a thread, as a reply",
			e:    envelope.Outbound{Type: "message", ChannelID: "lobby", ThreadID: "t", ReplyTo: "0123456789", Text: "hi"},
			want: "[lobby/t] (to #456789) hi",
		},
		{name: "several lines", e: envelope.Outbound{Type: "message", ChannelID: "c", Text: "a\r\nb\n[c] fake"}, want: "[c] a\n    b\n    [c] fake"},
		{
			name: "files", e: envelope.Outbound{Type: "message", ChannelID: "c", Text: "see", Attachments: []envelope.Media{
				{Filename: "a.txt", Mimetype: "text/plain", Data: []byte("abc")}, {URL: "https://example.com/x"},
			}},
			want: "[c] see\n    file: a.txt (text/plain, 3 bytes)\n    file: unnamed (unknown type) at https://example.com/x",
		},
		{
			name: "buttons", e: envelope.Outbound{Type: "message", ChannelID: "c", Text: "well?", View: envelope.View{
				{{Label: "Yes", CustomID: "y", Emoji: "👍"}, {Label: "No", CustomID: "n"}}, {{Label: "Docs", URL: "https://example.com"}},
			}},
			want: "[c] well?\n    [👍 Yes: /press y] [No: /press n]\n    [Docs: https://example.com]",
		},
		{name: "an edit", e: envelope.Outbound{Type: "edit", ChannelID: "c", Text: "new"}, targets: []string{"message-1"}, want: "[c] #sage-1 is now: new"},
		{name: "a delete", e: envelope.Outbound{Type: "delete", ChannelID: "c"}, targets: []string{"m1"}, want: "[c] #m1 deleted"},
		{name: "a reaction", e: envelope.Outbound{Type: "reaction", ChannelID: "c", Emoji: "👍"}, targets: []string{"m1"}, want: "[c] #m1 reaction: 👍"},
		{
			name: "a reaction removed", e: envelope.Outbound{Type: "reaction", ChannelID: "c", Emoji: "👍", Remove: true}, targets: []string{"m1"},
			want: "[c] #m1 reaction removed: 👍",
		},
		{name: "typing", e: envelope.Outbound{Type: "typing", ChannelID: "c"}, want: "[c] typing …"},
		{name: "no more typing", e: envelope.Outbound{Type: "typing", ChannelID: "c", Active: &off}, want: "[c] typing ended"},
		{name: "presence", e: envelope.Outbound{Type: "presence", Status: "dnd", Activity: "chess"}, want: "[*] now dnd: chess"},
		{name: "presence alone", e: envelope.Outbound{Type: "presence", Status: "idle"}, want: "[*] now idle"},
		{
			name: "an attack on the terminal",
			e:    envelope.Outbound{Type: "message", ChannelID: "c\x1b[2J\n[x]", Text: "\x1b]0;title\x07\u202egnp\u009b1m\x7f"},
			want: `[c\x1b[2J [x]] \x1b]0;title\a\u202egnp\u009b1m\x7f`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, _ := newAdapter(t, newScreen())
			parts, err := a.Plan(platform.Operation{Envelope: &c.e, Targets: c.targets})
			if err != nil || len(parts) != 1 {
				t.Fatalf("Plan: %d parts, %v", len(parts), err)
			}
			if got := string(parts[0].Body); got != c.want {
				t.Errorf("shown\n got %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestPlainLetsNoControlThrough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shown := plain(rapid.String().Draw(t, "text"))
		for _, r := range strings.ReplaceAll(shown, "\n    ", "") {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Fatalf("%q lets %U through", shown, r)
			}
		}
	})
}

func TestTyped(t *testing.T) {
	t.Parallel()
	s := newScreen()
	a, keyboard := newAdapter(t, s)
	host := opened(t, a)
	typeIn(t, keyboard, "hello\r\n\n//shrug\n/channel den\n/press yes\nlast, without an end")
	if err := keyboard.Close(); err != nil {
		t.Fatalf("close the keyboard: %v", err)
	}
	<-s.ended

	got := host.Events()
	want := []envelope.Event{
		{Event: envelope.EventMessage, ChannelID: "lobby", Content: "hello"},
		{Event: envelope.EventMessage, ChannelID: "lobby", Content: "/shrug"},
		{Event: envelope.EventButton, ChannelID: "den", CustomID: "yes"},
		{Event: envelope.EventMessage, ChannelID: "den", Content: "last, without an end"},
	}
	if len(got) != len(want) {
		t.Fatalf("published %+v; want %d events", got, len(want))
	}
	ids := map[string]bool{}
	for i, e := range got {
		w := want[i]
		if e.Event != w.Event || e.ChannelID != w.ChannelID || e.Content != w.Content || e.CustomID != w.CustomID ||
			e.UserID != "ann" || e.Timestamp == 0 || !e.IsAddressed {
			t.Errorf("event %d is %+v; want %+v by ann, addressed", i, e, w)
		}
		ids[e.EventID] = true
	}
	if len(ids) != len(want) {
		t.Errorf("%d event ids for %d events", len(ids), len(want))
	}
}

func TestTypedWrong(t *testing.T) {
	t.Parallel()
	s := newScreen()
	a, keyboard := newAdapter(t, s)
	host := opened(t, a)
	host.FailPublish(errors.New("redis is gone"))
	for text, want := range map[string]string{
		"/help\n":    "/press ID",
		"/dance\n":   "/dance is not known",
		"/channel\n": "/channel needs a name",
		"hello\n":    "type it again",
	} {
		typeIn(t, keyboard, text)
		waitShown(t, s, want)
	}
	typeIn(t, keyboard, strings.Repeat("x", maxLine+1)+"\n")
	waitShown(t, s, "over 65536 bytes")
	host.FailPublish(nil)
	typeIn(t, keyboard, "after all that\n")
	if got := host.WaitEvents(t, 1); got[0].Content != "after all that" {
		t.Errorf("published %+v; want the one line that could be", got)
	}
}

// TestCloseWhileReading: a read that cannot be cut off does not hold Close,
// and what it then reads is nobody's.
func TestCloseWhileReading(t *testing.T) {
	t.Parallel()
	in, keyboard := io.Pipe() // has no deadlines
	s := newScreen()
	a := New(platform.Settings{Name: "term"}, Terminal{In: in, Out: s, AtEOF: func() { close(s.ended) }})
	host := opened(t, a)
	typeIn(t, keyboard, "before\n")
	host.WaitEvents(t, 1)
	if err := a.Close(t.Context()); err != nil {
		t.Fatalf("Close: %v", err)
	}
	typeIn(t, keyboard, "after\n")
	_ = keyboard.Close()
	<-s.ended
	if got := host.Events(); len(got) != 1 {
		t.Errorf("published %+v; want what was typed before Close", got)
	}
}

// TestOpenAgain: the keyboard is read on where it was left.
func TestOpenAgain(t *testing.T) {
	t.Parallel()
	a, keyboard := newAdapter(t, newScreen())
	first := opened(t, a)
	typeIn(t, keyboard, "one\n")
	first.WaitEvents(t, 1)
	if err := a.Close(t.Context()); err != nil {
		t.Fatalf("Close: %v", err)
	}
	typeIn(t, keyboard, "two\n")
	if got := opened(t, a).WaitEvents(t, 1); got[0].Content != "two" {
		t.Errorf("published %+v; want two", got)
	}
	if n := len(first.Events()); n != 1 {
		t.Errorf("the first host has %d events; want one", n)
	}
}

func TestKindFillsIn(t *testing.T) {
	t.Parallel()
	made, err := Kind(Terminal{In: strings.NewReader(""), Out: io.Discard}).New(platform.Settings{Name: "term"})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	a := made.(*Adapter)
	if a.channel != "lobby" || a.user == "" || a.Identity().Platform != "term" {
		t.Errorf("channel %q, user %q, identity %+v", a.channel, a.user, a.Identity())
	}
	if io := Stdio(); io.In != os.Stdin || io.Out != os.Stdout {
		t.Error("Stdio is not the process's own terminal")
	}
}

func FuzzDecode(f *testing.F) {
	for _, line := range []string{"hello\n", "/press yes\n", "//x", "/channel a b", "\xff\x1b[2J", "/"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got := decode(line)
		if got.event.Event == envelope.EventMessage && (got.event.Content == "" || strings.HasSuffix(got.event.Content, "\n")) {
			t.Errorf("%q became the message %q", line, got.event.Content)
		}
		for _, r := range strings.ReplaceAll(got.say, "\n", "") {
			if unicode.IsControl(r) {
				t.Errorf("%q is answered with a control character: %q", line, got.say)
			}
		}
	})
}
