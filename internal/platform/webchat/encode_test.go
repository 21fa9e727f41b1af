package webchat

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/render"
	"github.com/posternhq/postern/platform"
)

// planned is the action that an envelope becomes.
func planned(t *testing.T, e envelope.Outbound, targets ...string) (action, error) {
	t.Helper()
	parts, err := newAdapter(t, nil).Plan(platform.Operation{Envelope: &e, Key: "k", Targets: targets})
	if err != nil {
		return action{}, err
	}
	var act action
	if len(parts) != 1 || json.Unmarshal(parts[0].Body, &act) != nil {
		t.Fatalf("%s became %d parts: %s", e.Type, len(parts), parts[0].Body)
	}
	return act, nil
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		e     envelope.Outbound
		code  envelope.Code
		field string
	}{
		"no such room":         {envelope.Outbound{Type: "message", ChannelID: "a/b", Text: "x"}, envelope.CodeInvalid, "channel_id"},
		"the page's own names": {envelope.Outbound{Type: "message", ChannelID: "-presence", Text: "x"}, envelope.CodeInvalid, "channel_id"},
		"dm without a visitor": {envelope.Outbound{Type: "message", ChannelID: "dm", Text: "x"}, envelope.CodeInvalid, "channel_id"},
		"no such thread":       {envelope.Outbound{Type: "typing", ChannelID: "c", ThreadID: "a b"}, envelope.CodeInvalid, "thread_id"},
		"long text":            {envelope.Outbound{Type: "message", ChannelID: "c", Text: strings.Repeat("x", maxBotText+1)}, envelope.CodeTooLarge, "text"},
		"many files":           {envelope.Outbound{Type: "message", ChannelID: "c", Attachments: make([]envelope.Media, maxFiles+1)}, envelope.CodeTooLarge, "attachments"},
		"many rows":            {envelope.Outbound{Type: "message", ChannelID: "c", View: rows(maxRows + 1)}, envelope.CodeTooLarge, "view"},
		"a button that runs":   {envelope.Outbound{Type: "message", ChannelID: "c", View: envelope.View{{{URL: "javascript:x"}}}}, envelope.CodeInvalid, "view[0][0].url"},
		"a long custom_id":     {envelope.Outbound{Type: "message", ChannelID: "c", View: envelope.View{{{CustomID: strings.Repeat("x", 257)}}}}, envelope.CodeTooLarge, "view[0][0].custom_id"},
		"ephemeral to nobody":  {envelope.Outbound{Type: "message", ChannelID: "c", Text: "x", Ephemeral: true}, envelope.CodeInvalid, "interaction_id"},
		"a foreign press":      {envelope.Outbound{Type: "message", ChannelID: "c", Text: "x", Ephemeral: true, InteractionID: "discord.1"}, envelope.CodeInvalid, "interaction_id"},
		"no emoji":             {envelope.Outbound{Type: "reaction", ChannelID: "c", Emoji: "like"}, envelope.CodeInvalid, "emoji"},
	} {
		_, err := planned(t, c.e, "target")
		e := platform.AsError(err)
		if err == nil || e.Code != c.code || e.Field != c.field || e.Sent != platform.SentNo || e.Message == "" {
			t.Errorf("%s: %v on field %q, expected %s on %q", name, err, e.Field, c.code, c.field)
		}
	}
}

func rows(n int) envelope.View {
	v := make(envelope.View, n)
	for i := range v {
		v[i] = []envelope.Button{{Label: "x", CustomID: "x"}}
	}
	return v
}

func TestPlanEncodes(t *testing.T) {
	t.Parallel()
	off := false
	ann := newVisitor()
	for name, c := range map[string]struct {
		e    envelope.Outbound
		want func(action) any
		is   any
	}{
		"plain text": {
			envelope.Outbound{Type: "message", ChannelID: "c", Text: "*a*\nb", Format: "plain"},
			func(a action) any { return string(a.Message.Body) },
			`[{"k":"p","c":[{"k":"text","s":"*a*"},{"k":"br"},{"k":"text","s":"b"}]}]`,
		},
		"every kind of node": {
			envelope.Outbound{Type: "message", ChannelID: "c", Text: "# a\n2. - [x] `b`\n\n|c|\n|-:|\n\n```go\nd\n```\n[e](mention:f) ![g](https://h.example)"},
			func(a action) any { return string(a.Message.Body) },
			`[{"k":"h","c":[{"k":"text","s":"a"}],"level":1},` +
				`{"k":"list","c":[{"k":"item","c":[{"k":"list","c":[{"k":"item","c":[{"k":"code","s":"b"}],"checked":true}]}]}],"ordered":true,"start":2},` +
				`{"k":"table","c":[{"k":"row","c":[{"k":"cell","c":[{"k":"text","s":"c"}],"head":true}],"head":true}],"align":["right"]},` +
				`{"k":"codeblock","s":"d","lang":"go"},` +
				`{"k":"p","c":[{"k":"mention","c":[{"k":"text","s":"e"}],"id":"f"},{"k":"text","s":" "},{"k":"image","c":[{"k":"text","s":"g"}],"href":"https://h.example"}]}]`,
		},
		"nobody is pinged": {
			envelope.Outbound{Type: "message", ChannelID: "c", Text: "[a](mention:b)"},
			func(a action) any { return len(a.Message.Pings) }, 0,
		},
		"who is listed is": {
			envelope.Outbound{Type: "message", ChannelID: "c", Text: "[a](mention:b) [a](mention:b) [c](mention:d)", Mentions: "listed"},
			func(a action) any { return strings.Join(a.Message.Pings, " ") }, "b d",
		},
		"or all": {
			envelope.Outbound{Type: "message", ChannelID: "c", Text: "x", Mentions: "all"},
			func(a action) any { return strings.Join(a.Message.Pings, " ") }, "*",
		},
		"an answer to a press": {
			envelope.Outbound{Type: "message", ChannelID: "c", Text: "x", Ephemeral: true, InteractionID: interaction(ann, "e")},
			func(a action) any { return a.To }, ann,
		},
		"ephemeral in direct messages": {
			envelope.Outbound{Type: "message", ChannelID: "dm-" + ann, Text: "x", Ephemeral: true},
			func(a action) any { return a.To }, ann,
		},
		"a style that is not known": {
			envelope.Outbound{Type: "message", ChannelID: "c", View: envelope.View{{{Label: strings.Repeat("x", 90), CustomID: "x", Style: "huge"}}}},
			func(a action) any {
				return strings.Join(a.Warnings, "; ") + a.Message.View[0][0].Style
			}, `view[0][0].label: cut to 80 characters; view[0][0].style: "huge" is not known; it was left out`,
		},
		"typing":          {envelope.Outbound{Type: "typing", ChannelID: "c"}, func(a action) any { return a.For }, defaultTyping},
		"typing shortly":  {envelope.Outbound{Type: "typing", ChannelID: "c", TTL: 0.2}, func(a action) any { return a.For }, 1},
		"typing no more":  {envelope.Outbound{Type: "typing", ChannelID: "c", Active: &off}, func(a action) any { return a.For }, 0},
		"buttons changed": {envelope.Outbound{Type: "edit", ChannelID: "c", View: rows(1)}, func(a action) any { return a.View && !a.Text }, true},
	} {
		act, err := planned(t, c.e, "target")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.is, c.want(act)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestKindSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for field, bad := range map[string]any{
		"bot_name": " \u200b", "channel": "a/b", "companion": "https://x.example/a.js", "rate": 0, "burst": -1, "max_text": 1 << 30,
		"max_file": 0, "history": 1000, "sockets": 0, "sockets_per_visitor": 0, "sockets_per_address": 0,
		"origins": []string{"https://ok.example", "https://x.example/path"},
	} {
		values := map[string]any{}
		for _, f := range Kind().Fields {
			values[f.Name] = f.Default
		}
		values[field] = bad
		_, err := Kind().New(platform.Settings{Name: "chat", Values: values})
		if err == nil || !strings.HasPrefix(err.Error(), field+" ") || !strings.Contains(err.Error(), "expected") {
			t.Errorf("%s %v: %v", field, bad, err)
		}
	}
}

// TestBodyIsBounded: a text whose tree is far larger than itself is shown as it
// was written, and every letter of it.
func TestBodyIsBounded(t *testing.T) {
	t.Parallel()
	const most = 16 << 10
	p := render.NewParser()
	for unit, kind := range map[string]string{
		"words and *some* more of them, ": `[{"k":"p","c":[{"k":"text","s":"words and "},{"k":"em"`,
		"*a* ":                            `[{"k":"p","c":[{"k":"text","s":"*a* *a*`,
		"**a":                             `[{"k":"p","c":[{"k":"text","s":"**a**a`,
		"*a*\n\n":                         `[{"k":"codeblock"`,
		"a\n":                             `[{"k":"codeblock"`,
	} {
		text := strings.Repeat(unit, most/len(unit))
		body := bodyOf(text, p.Markdown(text), most)
		if len(body) > 4*most+4<<10 || !strings.HasPrefix(string(body), kind) {
			t.Errorf("%q over and over has a body of %d bytes, %.80s", unit, len(body), body)
		}
		if !json.Valid(body) || strings.Count(string(body), "a") < strings.Count(text, "a") {
			t.Errorf("%q over and over loses letters", unit)
		}
	}
	if body := bodyOf("**a**", p.Markdown("**a**"), 5); !strings.Contains(string(body), "strong") {
		t.Errorf("a short text is shown as %s", body)
	}
}
