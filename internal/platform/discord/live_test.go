package discord

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/discord/discordtest"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/platformtest"
)

// live is an adapter that is connected.
type live struct {
	*Adapter
	t    *testing.T
	s    *discordtest.Server
	host *platformtest.Host
	n    int
}

// connected opens an adapter with settings, until the test ends.
func connected(t *testing.T, values map[string]any) *live {
	t.Helper()
	s := discordtest.New(t)
	l := &live{Adapter: newAdapter(t, s, values), t: t, s: s, host: platformtest.NewHost()}
	l.open()
	return l
}

func (l *live) open() {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 10*time.Second)
	defer cancel()
	if err := l.Open(ctx, l.host); err != nil {
		l.t.Fatalf("Open: %v", err)
	}
	l.t.Cleanup(l.shut)
	l.host.WaitState(l.t, platform.StateReady)
}

func (l *live) shut() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := l.Close(ctx); err != nil {
		l.t.Errorf("Close: %v", err)
	}
}

// send plans and does an envelope, and returns what its parts came to.
func (l *live) send(e envelope.Outbound, targets ...string) ([]platform.Result, error) {
	l.t.Helper()
	if e.ChannelID == "" {
		e.ChannelID = discordtest.Channel
	}
	l.n++
	op := platform.Operation{Envelope: &e, Key: "key-" + strconv.Itoa(l.n), Targets: targets}
	parts, err := l.Plan(op)
	if err != nil {
		return nil, err
	}
	platform.Number("postern:outbound:discord", op.Key, parts)
	return l.do(parts)
}

func (l *live) do(parts []platform.Part) (results []platform.Result, err error) {
	for _, p := range parts {
		ctx, cancel := context.WithTimeout(l.t.Context(), 10*time.Second)
		r, err := l.Do(ctx, p)
		cancel()
		if err != nil {
			return results, err
		}
		results = append(results, r)
	}
	return results, nil
}

// must sends what has to get through, and returns its first message's id.
func (l *live) must(e envelope.Outbound, targets ...string) string {
	l.t.Helper()
	results, err := l.send(e, targets...)
	if err != nil {
		l.t.Fatalf("%s: %v", e.Type, err)
	}
	return results[0].MessageID
}

func (l *live) message(channel, id string) discordtest.Message {
	l.t.Helper()
	m, ok := l.s.Message(channel, id)
	if !ok {
		l.t.Fatalf("there is no message %s in %s", id, channel)
	}
	return m
}

// event waits for the nth event.
func (l *live) event(n int) envelope.Event {
	l.t.Helper()
	return l.host.WaitEvents(l.t, n)[n-1]
}

func TestSends(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	asked := l.s.Say(discordtest.Says{Channel: discordtest.Thread, Text: "?"})
	id := l.must(envelope.Outbound{
		Type: "message", ThreadID: discordtest.Thread, Text: "**yes** <@" + discordtest.Ann + "> @everyone", ReplyTo: asked, Silent: true,
		View:        envelope.View{{{Label: "Go", CustomID: "go", Style: "primary", Emoji: "🚀"}, {Label: "Docs", URL: "https://x.example"}}},
		Attachments: []envelope.Media{{Filename: "plan \"1\".txt", Mimetype: "text/plain", Data: []byte("a plan")}},
		Native:      map[string]any{"embeds": []any{map[string]any{"title": "An embed"}}},
	})
	m := l.message(discordtest.Thread, id)
	if m.Content != `**yes** \<@`+discordtest.Ann+`> @everyone` || m.ReplyTo != asked || m.Flags != flagSilent || len(m.Pinged) != 0 {
		t.Errorf("it is %+v", m)
	}
	if f := l.s.File(m.Files[0]); f.Name != "plan _1_.txt" || string(f.Data) != "a plan" || f.Kind != "text/plain" {
		t.Errorf("its file is %+v", f)
	}
	for _, part := range []string{`"custom_id":"go"`, `"style":1`, `"emoji":{"name":"🚀"}`, `"url":"https://x.example"`} {
		if !strings.Contains(string(m.Components), part) {
			t.Errorf("its components %s lack %s", m.Components, part)
		}
	}
	if !strings.Contains(string(m.Embeds), "An embed") {
		t.Errorf("its embeds are %s", m.Embeds)
	}

	pinged := l.must(envelope.Outbound{Type: "message", Text: "[Ann](mention:" + discordtest.Ann + ") @everyone", Mentions: "listed"})
	if m = l.message(discordtest.Channel, pinged); !slices.Equal(m.Pinged, []string{discordtest.Ann}) {
		t.Errorf("it pinged %v", m.Pinged)
	}
	results, err := l.send(envelope.Outbound{Type: "message", Text: "x", ReplyTo: "700000000000000001"})
	if err != nil || len(results[0].Warnings) != 1 || !strings.HasPrefix(results[0].Warnings[0], "reply_to") {
		t.Errorf("an answer to what is gone: %+v, %v", results, err)
	}

	long := strings.Repeat("word ", 900)
	results, err = l.send(envelope.Outbound{Type: "message", Text: long})
	if err != nil || len(results) != 3 {
		t.Fatalf("a long one: %d parts, %v", len(results), err)
	}
	ids := []string{results[0].MessageID, results[1].MessageID, results[2].MessageID}
	results, err = l.send(envelope.Outbound{Type: "edit", Text: "short"}, ids...)
	if err != nil || len(l.s.Messages(discordtest.Channel)) != 3 || results[0].MessageID != ids[0] || results[1].MessageID != "" || results[2].MessageID != "" {
		t.Errorf("it shrank to %+v, %v; %d are there", results, err, len(l.s.Messages(discordtest.Channel)))
	}
	l.must(envelope.Outbound{Type: "reaction", Emoji: "🎉"}, ids[0])
	l.must(envelope.Outbound{Type: "reaction", Emoji: "🎉"}, ids[0]) // is there already
	if m = l.message(discordtest.Channel, ids[0]); m.Content != "short" || !slices.Equal(m.Reactions, []string{"🎉"}) {
		t.Errorf("it is now %+v", m)
	}
	l.must(envelope.Outbound{Type: "delete"}, ids[0])
	l.must(envelope.Outbound{Type: "delete"}, ids[0]) // is gone already
	post := l.must(envelope.Outbound{Type: "message", ChannelID: discordtest.Forum, Text: "a post", Native: map[string]any{"thread": map[string]any{"name": "Help me"}}})
	if m = l.message(post, post); m.Content != "a post" {
		t.Errorf("the post is %+v", m)
	}
}

// TestRefusals is how what Discord says is classed, each with what to do.
func TestRefusals(t *testing.T) {
	t.Parallel()
	l := connected(t, map[string]any{"max_file": 1})
	l.s.AddPlace(discordtest.Place{ID: "310000000000000001", Guild: discordtest.GuildID, Hidden: true})
	l.s.AddPlace(discordtest.Place{ID: "310000000000000002", Guild: discordtest.GuildID, Parent: discordtest.Channel, Type: 11, Locked: true})
	theirs := l.s.Say(discordtest.Says{Channel: discordtest.Channel, Text: "mine"})
	for name, c := range map[string]struct {
		e     envelope.Outbound
		ids   []string
		fault discordtest.Fault
		want  platform.Error
		says  string
	}{
		"a channel that is none":  {e: envelope.Outbound{Type: "message", ChannelID: "1", Text: "x"}, want: platform.Error{Code: envelope.CodeNotFound, Field: "channel_id"}},
		"a hidden channel":        {e: envelope.Outbound{Type: "message", ChannelID: "310000000000000001", Text: "x"}, want: platform.Error{Code: envelope.CodeForbidden}, says: "View Channel"},
		"a locked thread":         {e: envelope.Outbound{Type: "message", ThreadID: "310000000000000002", Text: "x"}, want: platform.Error{Code: envelope.CodeForbidden, Field: "thread_id"}},
		"a forum":                 {e: envelope.Outbound{Type: "message", ChannelID: discordtest.Forum, Text: "x"}, want: platform.Error{Code: envelope.CodeInvalid, Field: "channel_id"}, says: "native thread"},
		"somebody else's message": {e: envelope.Outbound{Type: "edit", Text: "x"}, ids: []string{theirs}, want: platform.Error{Code: envelope.CodeForbidden, Field: "message_id"}},
		"a message that is gone":  {e: envelope.Outbound{Type: "edit", Text: "x"}, ids: []string{"1"}, want: platform.Error{Code: envelope.CodeNotFound, Field: "message_id"}},
		"no emoji":                {e: envelope.Outbound{Type: "reaction", Emoji: "smile"}, ids: []string{theirs}, want: platform.Error{Code: envelope.CodeInvalid, Field: "emoji"}},
		"a large file":            {e: envelope.Outbound{Type: "message", Attachments: []envelope.Media{{Filename: "f", Data: make([]byte, 1<<20+1)}}}, want: platform.Error{Code: envelope.CodeTooLarge, Field: "attachments"}, says: "max_file"},
		"a bad embed":             {e: envelope.Outbound{Type: "message", Text: "x", Native: map[string]any{"content": strings.Repeat("x", 2001)}}, want: platform.Error{Code: envelope.CodeInvalid}, says: "content: Must be 2000 or fewer"},
		"its bucket's limit":      {e: envelope.Outbound{Type: "message", Text: "x"}, fault: discordtest.Limited, want: platform.Error{Code: envelope.CodeRateLimited, Gate: platform.GateThread, RetryAfter: 7500 * time.Millisecond}},
		"the channel's limit":     {e: envelope.Outbound{Type: "message", Text: "x"}, fault: discordtest.Shared, want: platform.Error{Code: envelope.CodeRateLimited, Gate: platform.GateThread, RetryAfter: 3500 * time.Millisecond}},
		"the limit on all":        {e: envelope.Outbound{Type: "message", Text: "x"}, fault: discordtest.Global, want: platform.Error{Code: envelope.CodeRateLimited, Gate: platform.GateAccount, RetryAfter: 2500 * time.Millisecond}},
		"a ban":                   {e: envelope.Outbound{Type: "message", Text: "x"}, fault: discordtest.Banned, want: platform.Error{Code: envelope.CodeRateLimited, Gate: platform.GateAccount, RetryAfter: 21 * time.Second}, says: "banned"},
		"a failure":               {e: envelope.Outbound{Type: "message", Text: "x"}, fault: discordtest.Broken, want: platform.Error{Code: envelope.CodeTransient, Sent: platform.SentUnknown}},
		"the token":               {e: envelope.Outbound{Type: "message", Text: "x"}, fault: discordtest.Auth, want: platform.Error{Code: envelope.CodeAuth}},
	} {
		l.s.Fail(c.fault, "")
		if c.want.Sent == platform.SentUnknown && c.want.Code != envelope.CodeTransient {
			c.want.Sent = platform.SentNo
		}
		_, err := l.send(c.e, c.ids...)
		e := platform.AsError(err)
		if err == nil || e.Code != c.want.Code || e.Field != c.want.Field || e.Gate != c.want.Gate || e.RetryAfter != c.want.RetryAfter || e.Sent != c.want.Sent || !strings.Contains(e.Message, c.says) {
			t.Errorf("%s: %v, field %q, sent %v, gate %v, after %v; want %+v and %q", name, err, e.Field, e.Sent, e.Gate, e.RetryAfter, c.want, c.says)
		}
	}
}

// TestAHangFallsIntoTheKeyWindow: what hangs is given up while its key still
// holds, with room for another try and for what is not to be hurried.
func TestAHangFallsIntoTheKeyWindow(t *testing.T) {
	t.Parallel()
	files := []envelope.Media{{Filename: "a", Data: []byte("a")}}
	for name, c := range map[string]struct {
		request request
		set     time.Duration
		want    time.Duration
	}{
		"a message":                 {request{Method: "POST", Makes: true}, time.Minute, 20 * time.Second},
		"one, and less is set":      {request{Method: "POST", Makes: true}, 3 * time.Second, 3 * time.Second},
		"an answer":                 {request{Method: "POST", Makes: true, Answers: mayWrite + "1"}, time.Minute, 20 * time.Second},
		"an upload":                 {request{Method: "POST", Makes: true, Files: files}, time.Minute, time.Minute},
		"an answer without a key":   {request{Method: "POST", Makes: true, Answers: mayNotEver + "1"}, time.Minute, time.Minute},
		"a post of a forum":         {request{Method: "POST"}, time.Minute, time.Minute},
		"an edit, which is a state": {request{Method: "PATCH", Target: "1"}, time.Minute, time.Minute},
	} {
		if got := longest(c.request, c.set); got != c.want {
			t.Errorf("%s may take %v; want %v", name, got, c.want)
		}
	}
}

// TestLostAnswer: what was sent and not answered is there once, over the same
// key, and if somebody deleted it meanwhile, it is left so.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	op := platform.Operation{Key: "k", Envelope: &envelope.Outbound{Type: "message", ChannelID: discordtest.Channel, Text: "once"}}
	parts, err := l.Plan(op)
	if err != nil {
		t.Fatal(err)
	}
	platform.Number("s", "k", parts)
	l.s.Fail(discordtest.Lost, "")
	if _, err := l.do(parts); platform.AsError(err).Sent != platform.SentUnknown {
		t.Fatalf("the answer was lost, and Do says %v", err)
	}
	results, err := l.do(parts)
	all := l.s.Messages(discordtest.Channel)
	if err != nil || len(all) != 1 || results[0].MessageID != all[0].ID {
		t.Fatalf("sent again: %+v, %v; there are %d", results, err, len(all))
	}
	l.s.Erase(discordtest.Channel, all[0].ID)
	results, err = l.do(parts)
	if err != nil || results[0].MessageID != "" || len(results[0].Warnings) != 1 || len(l.s.Messages(discordtest.Channel)) != 0 {
		t.Errorf("after it was deleted: %+v, %v", results, err)
	}
}

func TestPresenceAndTyping(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	for n := range presenceMany {
		l.must(envelope.Outbound{Type: "presence", Status: "dnd", Activity: "n" + strconv.Itoa(n)})
	}
	_, err := l.send(envelope.Outbound{Type: "presence", Status: "offline"})
	if e := platform.AsError(err); err == nil || e.Code != envelope.CodeRateLimited || e.RetryAfter <= 0 || e.Gate != platform.GateRoute || !e.Unasked {
		t.Errorf("a sixth change of presence: %v", err)
	}
	l.must(envelope.Outbound{Type: "typing", ThreadID: discordtest.Thread})
	seen := func(what string) (out []discordtest.Effect) {
		for _, e := range l.s.Effects() {
			if e.What == what {
				out = append(out, e)
			}
		}
		return out
	}
	l.until("all presences are seen", func() bool { return len(seen("presence")) == presenceMany })
	if p, typing := seen("presence"), seen("typing"); p[0].Text != "dnd n0" || len(typing) != 1 || typing[0].Channel != discordtest.Thread {
		t.Errorf("%+v, typing %+v", p, typing)
	}
	// A session that begins anew begins with it.
	l.s.CloseLinks(4009, "Session timed out.")
	l.until("another session began", func() bool { return len(seen("presence")) > presenceMany })
	if e := seen("presence")[presenceMany]; e.Text != "dnd n4" {
		t.Errorf("the new session began as %q", e.Text)
	}
}
