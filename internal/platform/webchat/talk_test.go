package webchat

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

// bot does an operation and returns the id of what it made.
func (n *chatNode) bot(e envelope.Outbound, targets ...string) string {
	n.t.Helper()
	id, err := n.tryBot(e, targets...)
	if err != nil {
		n.t.Fatalf("%s: %v", e.Type, err)
	}
	return id
}

func (n *chatNode) tryBot(e envelope.Outbound, targets ...string) (string, error) {
	op := platform.Operation{Envelope: &e, Key: e.MessageKey, Targets: targets}
	if op.Key == "" {
		op.Key = frameID()
	}
	parts, err := n.adapter.Plan(op)
	if err != nil {
		return "", err
	}
	platform.Number("postern:outbound:chat", op.Key, parts)
	ctx, cancel := context.WithTimeout(n.t.Context(), patience)
	defer cancel()
	r, err := n.adapter.Do(ctx, parts[0])
	return r.MessageID, err
}

func TestTalk(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), map[string]any{"greeting": "*Hello*"})
	ann := n.enter("lobby", "Ann")
	bob := n.enter("lobby", "Bob")
	n.host.WaitEvents(t, 2) // both have joined

	id := ann.say("hello *world*")
	got := bob.shows("hello *world*")
	if got.ID != id || got.From != (person{ID: ann.you.ID, Name: "Ann"}) || got.Place != 1 ||
		string(got.Body) != `[{"k":"p","c":[{"k":"text","s":"hello "},{"k":"em","c":[{"k":"text","s":"world"}]}]}]` {
		t.Errorf("Bob sees %+v, body %s", got, got.Body)
	}
	e := n.host.WaitEvents(t, 3)[2]
	if e.Event != envelope.EventMessage || e.EventID != id || e.MessageID != id || e.ChannelID != "lobby" || e.IsDM || e.IsAddressed ||
		e.UserID != ann.you.ID || e.DisplayName != "Ann" || e.Content != "hello *world*" || e.Timestamp == 0 {
		t.Errorf("published %+v", e)
	}

	answer := n.bot(envelope.Outbound{Type: envelope.TypeMessage, ChannelID: "lobby", Text: "hi", ReplyTo: id, View: envelope.View{{{Label: "Yes", CustomID: "yes"}}}})
	got = ann.shows("hi")
	if got.ID != answer || !got.From.Bot || got.ReplyTo == nil || *got.ReplyTo != (reply{ID: id, Name: "Ann", Excerpt: "hello world"}) {
		t.Errorf("Ann sees %+v, a reply to %+v", got, got.ReplyTo)
	}

	if f := bob.ask(map[string]any{"t": "press", "message": answer, "custom_id": "yes"}); f.Type != "ok" {
		t.Fatalf("press: %+v", f)
	}
	pressed := n.host.WaitEvents(t, 4)[3]
	if pressed.Event != envelope.EventButton || pressed.CustomID != "yes" || pressed.MessageID != answer || pressed.UserID != bob.you.ID {
		t.Errorf("published %+v", pressed)
	}
	n.bot(envelope.Outbound{Type: envelope.TypeMessage, ChannelID: "lobby", Text: "for Bob", Ephemeral: true, InteractionID: pressed.InteractionID})
	n.bot(envelope.Outbound{Type: envelope.TypeMessage, ChannelID: "lobby", Text: "for all", Silent: true})
	if got := bob.shows("for Bob"); !got.Ephemeral {
		t.Errorf("Bob's own answer is %+v", got)
	}
	ann.shows("for all")
	for _, r := range ann.seen {
		if r.Text == "for Bob" {
			t.Error("Ann sees what is for Bob alone")
		}
	}

	bob.ask(map[string]any{"t": "react", "message": id, "emoji": "👍"})
	n.bot(envelope.Outbound{Type: envelope.TypeReaction, ChannelID: "lobby", Emoji: "🎉"}, id)
	got = ann.untilRecord("two reactions", func(r record) bool { return len(r.Reactions) == 2 })
	if got.Reactions[0].Emoji != "👍" || got.Reactions[0].By[0].Name != "Bob" || !got.Reactions[1].By[0].Bot {
		t.Errorf("reactions %+v", got.Reactions)
	}
	bob.ask(map[string]any{"t": "react", "message": id, "emoji": "👍", "remove": true})
	ann.untilRecord("one reaction", func(r record) bool { return r.ID == id && len(r.Reactions) == 1 })

	ann.ask(map[string]any{"t": "edit", "message": id, "text": "hello all"})
	if got := bob.shows("hello all"); !got.Edited || got.ID != id || len(got.Reactions) != 1 {
		t.Errorf("edited: %+v", got)
	}
	ann.ask(map[string]any{"t": "delete", "message": id})
	got = bob.untilRecord("a deleted one", func(r record) bool { return r.Deleted })
	if got.ID != id || got.Text != "" || got.Body != nil || got.Reactions != nil || got.From.Name != "Ann" {
		t.Errorf("deleted: %+v", got)
	}
	var kinds []string
	for _, e := range n.host.WaitEvents(t, 8) {
		kinds = append(kinds, string(e.Event))
	}
	if got := strings.Join(kinds, " "); got != "member member message button reaction reaction edit delete" {
		t.Errorf("events %s", got)
	}

	n.bot(envelope.Outbound{Type: envelope.TypeTyping, ChannelID: "lobby", TTL: 7})
	if f := ann.until("typing", func(f outFrame) bool { return f.Type == "typing" }); !f.Who.Bot || f.For != 7 {
		t.Errorf("typing %+v", f)
	}
	ann.send(map[string]any{"t": "typing"})
	if f := bob.until("typing", func(f outFrame) bool { return f.Type == "typing" && !f.Who.Bot }); f.Who.ID != ann.you.ID || f.For != typedFor {
		t.Errorf("typing %+v", f)
	}
	n.bot(envelope.Outbound{Type: envelope.TypePresence, Status: "dnd", Activity: "chess"})
	if f := ann.until("presence", func(f outFrame) bool { return f.Type == "presence" }); f.Status != "dnd" {
		t.Errorf("presence %+v", f)
	}
	if late := n.enter("lobby", "Eve"); late.welcome.Presence != (presence{Status: "dnd", Activity: "chess"}) {
		t.Errorf("who comes later is told %+v", late.welcome.Presence)
	}
}

// TestStreamGrows: one record, whose text is always the newest snapshot, in
// whatever order they are done.
func TestStreamGrows(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), nil)
	ann := n.enter("dm", "Ann")
	room := ann.welcome.Channel.ID
	snapshot := func(seq int64, text string, final bool, targets ...string) string {
		return n.bot(envelope.Outbound{Type: envelope.TypeStream, ChannelID: room, StreamID: "s1", Seq: seq, Text: text, Final: final}, targets...)
	}
	id := snapshot(0, "a", false)
	if r := ann.shows("a"); !r.Live || r.ID != id {
		t.Errorf("the first snapshot is shown as %+v", r)
	}
	if again := snapshot(3, "a b c", false); again != id { // made by a node that had not heard of the first
		t.Errorf("the same stream has two records, %s and %s", id, again)
	}
	ann.shows("a b c")
	snapshot(2, "a b", false, id) // overtaken
	snapshot(4, "a b c d", true, id)
	if r := ann.shows("a b c d"); r.Live || r.ID != id {
		t.Errorf("the last snapshot is shown as %+v", r)
	}
	snapshot(5, "too late", false, id)
	n.bot(envelope.Outbound{Type: envelope.TypeMessage, ChannelID: room, Text: "end"})
	ann.shows("end")
	for _, r := range ann.seen {
		if r.Text == "a b" || r.Text == "too late" {
			t.Errorf("%q was shown", r.Text)
		}
	}
}

// TestLastSnapshotStands: the last snapshot is shown whatever its seq: the
// worker that ends a stream may have begun to count anew, or by a clock that
// is behind.
func TestLastSnapshotStands(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), nil)
	ann := n.enter("dm", "Ann")
	room := ann.welcome.Channel.ID
	id := n.bot(envelope.Outbound{Type: envelope.TypeStream, ChannelID: room, StreamID: "s1", Seq: 5, Text: "half"})
	ann.shows("half")
	n.bot(envelope.Outbound{Type: envelope.TypeStream, ChannelID: room, StreamID: "s1", Seq: 2, Text: "whole", Final: true}, id)
	n.bot(say(room, "end"))
	ann.shows("end")
	if r := ann.records[id]; r.Text != "whole" || r.Live {
		t.Errorf("the stream reads %q, live %v", r.Text, r.Live)
	}
}

// TestKeyIsOneMessage: a part that is done twice, on two nodes, is one record.
func TestKeyIsOneMessage(t *testing.T) {
	t.Parallel()
	host := platformtest.NewHost()
	a, b := startNode(t, host, nil), startNode(t, host, nil)
	ann := a.enter("lobby", "Ann")
	e := envelope.Outbound{Type: envelope.TypeMessage, ChannelID: "lobby", Text: "once", MessageKey: "k"}
	first, second := a.bot(e), b.bot(e)
	if first != second {
		t.Errorf("ids %s and %s", first, second)
	}
	a.bot(envelope.Outbound{Type: envelope.TypeMessage, ChannelID: "lobby", Text: "end"})
	ann.shows("end")
	if len(ann.seen) != 2 {
		t.Errorf("Ann saw %d records, expected 2", len(ann.seen))
	}
}

func TestAddressed(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), map[string]any{"people": false, "rate": 1000, "burst": 1000})
	ann := n.enter("lobby", "Ann")
	bobs := n.enter("dm", "Bob")
	said := n.bot(envelope.Outbound{Type: envelope.TypeMessage, ChannelID: "lobby", Text: "I am a bot"})
	for i, c := range []struct {
		text, replyTo string
		want          bool
	}{
		{"hello", "", false},
		{"hello @Bot, you", "", true},
		{"@bot", "", true},
		{"mail me@bot.example", "", false},
		{"@botany", "", false},
		{"`@bot`", "", false},
		{"[whoever](mention:bot)", "", true},
		{"/help", "", true},
		{"yes", said, true},
	} {
		f := ann.ask(map[string]any{"t": "send", "text": c.text, "reply_to": c.replyTo})
		if f.Type != "ok" {
			t.Fatalf("%q: %+v", c.text, f)
		}
		if e := n.host.WaitEvents(t, i+1)[i]; e.IsAddressed != c.want || e.Content != c.text {
			t.Errorf("%q addressed: %v", c.text, e.IsAddressed)
		}
	}
	bobs.say("hello")
	events := n.host.WaitEvents(t, 10)
	if e := events[9]; !e.IsAddressed || !e.IsDM || e.ChannelID != "dm-"+bobs.you.ID || e.RoomName != "" {
		t.Errorf("a direct message is %+v", e)
	}
	ann.say("[Robert](mention:" + bobs.you.ID + ") and [Ann](mention:" + ann.you.ID + ")")
	if m := n.host.WaitEvents(t, 11)[10].Mentions; fmt.Sprint(m) != fmt.Sprintf("[{%s Robert} {%s Ann}]", bobs.you.ID, ann.you.ID) {
		t.Errorf("mentions %v", m)
	}
}

func TestFilesBothWays(t *testing.T) {
	t.Parallel()
	n := startNode(t, platformtest.NewHost(), map[string]any{"people": false})
	ann := n.enter("dm", "Ann")
	png := []byte("\x89PNG\r\n\x1a\n and so on")

	status, up := ann.upload(n, "%2e%2e%2fcat.png", "image/png", png)
	if status != 200 || up["image"] != true || up["filename"] != "cat.png" {
		t.Fatalf("upload: %d %v", status, up)
	}
	f := ann.ask(map[string]any{"t": "send", "text": "", "files": []any{up["blob"]}})
	if f.Type != "ok" {
		t.Fatalf("send: %+v", f)
	}
	got := ann.untilRecord("the file", func(r record) bool { return len(r.Files) == 1 })
	status, header, body := n.request("GET", "/"+got.Files[0].URL, "")
	if status != 200 || body != string(png) || header.Get("Content-Type") != "image/png" || !strings.HasPrefix(header.Get("Content-Disposition"), "inline") {
		t.Errorf("the file is served as %d %v %q", status, header, body)
	}
	if at := n.host.WaitEvents(t, 1)[0].Attachments; len(at) != 1 || at[0].Blob == "" || at[0].URL == "" || at[0].Size != int64(len(png)) {
		t.Errorf("attachments %+v", at)
	}

	n.bot(envelope.Outbound{
		Type: envelope.TypeMessage, ChannelID: ann.welcome.Channel.ID, Text: "yours",
		Attachments: []envelope.Media{{Filename: "x.png", Mimetype: "image/png", Data: []byte("<script>")}, {Blob: "blob1", Filename: "again.png"}},
	})
	files := ann.shows("yours").Files
	if len(files) != 2 || files[0].Image || !files[1].Image || files[1].Filename != "again.png" {
		t.Fatalf("files %+v", files)
	}
	status, header, body = n.request("GET", "/"+files[0].URL, "")
	if status != 200 || body != "<script>" || header.Get("Content-Type") != "application/octet-stream" ||
		!strings.HasPrefix(header.Get("Content-Disposition"), "attachment") || !strings.Contains(header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("what is no picture is served as %d %v", status, header)
	}
}

// TestPeople: who is in a room is told to the pages on every node; workers
// hear of each visitor's coming and going once.
func TestPeople(t *testing.T) {
	t.Parallel()
	host := platformtest.NewHost()
	quick := func(t *timing) { t.linger = 20 * time.Millisecond }
	a, b := startNode(t, host, nil, quick), startNode(t, host, nil, quick)
	ann := a.enter("lobby", "Ann")
	second := &visitorPage{t: t, session: ann.session, records: map[string]record{}}
	second.open(a, map[string]any{"t": "hello", "channel": "lobby", "name": "Ann"})
	bob := b.enter("lobby", "Bob")
	for _, p := range []*visitorPage{ann, bob} {
		f := p.until("two people", func(f outFrame) bool { return f.Type == "people" && f.Count == 2 })
		if names := string(f.People); !strings.Contains(names, `"Ann"`) || !strings.Contains(names, `"Bob"`) {
			t.Errorf("people %s", names)
		}
	}
	if f := bob.ask(map[string]any{"t": "name", "name": "Robert"}); f.Name != "Robert" {
		t.Errorf("renamed: %+v", f)
	}
	ann.until("Robert", func(f outFrame) bool { return f.Type == "people" && strings.Contains(string(f.People), "Robert") })
	_ = second.conn.CloseNow() // one of two pages
	_ = bob.conn.CloseNow()
	ann.until("one person", func(f outFrame) bool { return f.Type == "people" && f.Count == 1 })
	var got []string
	for _, e := range host.WaitEvents(t, 3) {
		got = append(got, e.DisplayName+" "+e.Member)
	}
	if s := strings.Join(got, ", "); s != "Ann joined, Bob joined, Robert left" {
		t.Errorf("member events: %s", s)
	}
}
