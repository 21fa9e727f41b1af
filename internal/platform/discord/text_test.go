package discord

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/render"
	"github.com/posternhq/postern/platform"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"*a* **b** ~~c~~ `d`":                    "*a* **b** ~~c~~ `d`",
		"***both***":                             "***both***",
		"# One\n\n#### Four\n\ntext":             "# One\n\n### Four\n\ntext",
		"```go\nx := 1\n```":                     "```go\nx := 1\n```",
		"````\n```\n````":                        "```\n``\u200b`\u200b\n```",
		"`` a`b ``":                              "``a`b``",
		"[a](https://x.example)":                 "[a](https://x.example)",
		"<https://x.example/a_b_c>":              "https://x.example/a_b_c",
		"see https://x.example/a_b_c.":           "see https://x.example/a_b_c.",
		"[https://y.example](https://x.example)": "https://y.example (https://x.example)",
		"[mail](mailto:a@x.example)":             "mail (mailto:a@x.example)",
		"> a\n> > b":                             "> a\n> \n> b",
		"- a\n- b\n  1. c":                       "- a\n- b\n  1. c",
		"- [x] done":                             "- ☑ done",
		"[Ann](mention:42)":                      "<@42>",
		"[devs](mention:&7) [here](mention:#8)":  "<@&7> <#8>",
		"[Ann](mention:not-an-id)":               "Ann",
		`\# no \- list \> \*so\*`:                `\# no - list > \*so\*`,
		"1\\. no list":                           `1\. no list`,
		"<@42> ||x|| a_b":                        `\<@42> \|\|x\|\| a\_b`,
		"![pic](https://x.example/a.png)":        "[pic](https://x.example/a.png)",
		"> ```\n> a\n> b\n> ```":                 "> ```\n> a\n> b\n> ```",
	} {
		if got := write(parse(source, "")); got != want {
			t.Errorf("%q became %q; want %q", source, got, want)
		}
	}
}

// TestPlainStaysPlain: nothing in a plain text is mark-up.
func TestPlainStaysPlain(t *testing.T) {
	t.Parallel()
	got := write(parse("**a** `b`\n# c\n- d\n12. e\n-# f https://x.example/_g_ <#9>", "plain"))
	want := "\\*\\*a\\*\\* \\`b\\`\n\\# c\n\\- d\n12\\. e\n\\-# f https://x.example/_g_ \\<#9>"
	if got != want {
		t.Errorf("it became\n%s\nwant\n%s", got, want)
	}
}

// TestMarkdownIn is what people write as events have it.
func TestMarkdownIn(t *testing.T) {
	t.Parallel()
	names := map[string]string{"42": "Ann_Lee"}
	for said, want := range map[string]string{
		"hi <@42> and <@!43>":            "hi [@Ann\\_Lee](mention:42) and [@somebody](mention:43)",
		"<@&7> in <#8>":                  "[@role](mention:&7) in [#channel](mention:#8)",
		"<:wave:123456789012345678> hey": ":wave: hey",
		"at <t:1700000000:R>":            "at 2023-11-14 22:13 UTC",
		"**b** __u__ ||s|| ~~x~~":        "**b** u s ~~x~~",
		"one\ntwo":                       "one  \ntwo",
		"a < b && c":                     `a \< b \&\& c`,
		"<https://x.example>":            "<https://x.example>",
		"`a_b <@42>`":                    "`a_b <@42>`",
		"x ```go\na := 1\n``` y":         "x \n```go\na := 1\n```\n y",
		"> q\nrest":                      "> q  \n\nrest",
		">>> a\nb":                       "> a  \n> b",
		"text\n---":                      "text  \n\\---",
		"-# small":                       "small",
	} {
		if got := markdown(said, names); got != want {
			t.Errorf("%q became %q; want %q", said, got, want)
		}
	}
}

// FuzzMarkdownIn: whatever somebody writes is read, and a mention of nobody is
// made of nothing.
func FuzzMarkdownIn(f *testing.F) {
	for _, s := range []string{"", "<@1> `x` ```\n```", "``` ``` `", ">>> a\n```b", "<t:99999999999999>", "__a__|| <", "\x00\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, said string) {
		got := markdown(said, nil)
		if strings.Count(got, "](mention:") > strings.Count(said, "<@")+strings.Count(said, "<#")+strings.Count(said, "](mention:") {
			t.Errorf("%q became %q", said, got)
		}
	})
}

func TestAllowedMentions(t *testing.T) {
	t.Parallel()
	text := "[Ann](mention:42) [devs](mention:&7) @everyone"
	for mentions, want := range map[string]fields{
		"":       {"parse": []string{}, "replied_user": false},
		"none":   {"parse": []string{}, "replied_user": false},
		"listed": {"parse": []string{}, "users": []string{"42"}, "roles": []string{"7"}, "replied_user": false},
		"all":    {"parse": []string{"users", "roles", "everyone"}, "replied_user": true},
	} {
		if diff := cmp.Diff(want, allowed(&envelope.Outbound{Text: text, Mentions: mentions})); diff != "" {
			t.Errorf("mentions %q (-want +got):\n%s", mentions, diff)
		}
	}
}

// TestSplitFits: whatever the text, each part fits and none is empty.
func TestSplitFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(rapid.SampledFrom([]string{
			"word ", "**bold** ", "*a_b* ", "`code` ", "\n\n", "- item\n", "> quote\n", "# head\n\n", "```go\nx := `1`\n```\n\n", "😀👩‍👩‍👧‍👦 ", "مرحبا ",
			"[link](https://x.example/a_b) ", "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n", "\\*<@1>|", strings.Repeat("x", 700),
		}), 0, 60).Draw(t, "pieces")
		e := envelope.Outbound{Text: strings.Join(pieces, "")}
		parts, err := split(&e)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parts {
			if n := render.CodePoints(p); n > maxText || strings.TrimSpace(p) == "" {
				t.Errorf("a part has %d characters: %.80q", n, p)
			}
		}
	})
}

func TestPlan(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 500) // two messages
	native := map[string]any{"flags": int64(4), "embeds": []any{map[string]any{"title": "x"}}, "components": []any{map[string]any{"type": int64(1)}}, "nonce": "mine"}
	for name, c := range map[string]struct {
		e    envelope.Outbound
		ids  []string
		want string
	}{
		"a message":            {envelope.Outbound{Type: "message", Text: "hi", Silent: true}, nil, "POST /channels/1/messages content=hi flags=4096"},
		"in a thread":          {envelope.Outbound{Type: "message", ThreadID: "2", Text: "hi"}, nil, "POST /channels/2/messages content=hi"},
		"a view and native":    {envelope.Outbound{Type: "message", Text: "hi", View: envelope.View{{{Label: "a", CustomID: "a"}}}, Native: native}, nil, "POST /channels/1/messages components=2 content=hi embeds flags=4"},
		"two parts":            {envelope.Outbound{Type: "message", Text: long, ReplyTo: "5"}, nil, "POST /channels/1/messages content=word… reply; POST /channels/1/messages content=word…"},
		"an edit":              {envelope.Outbound{Type: "edit", Text: "x"}, []string{"5"}, "PATCH /channels/1/messages/5 components=0 content=x"},
		"an edit that grows":   {envelope.Outbound{Type: "edit", Text: long}, []string{"5"}, "PATCH /channels/1/messages/5 components=0 content=word…; POST /channels/1/messages content=word…"},
		"an edit that shrinks": {envelope.Outbound{Type: "edit", Text: "x"}, []string{"5", "6"}, "PATCH /channels/1/messages/5 components=0 content=x; DELETE /channels/1/messages/6"},
		"a growing one shrinks": {
			envelope.Outbound{Type: "stream", Text: "x"},
			[]string{"5", "6"},
			"PATCH /channels/1/messages/5 components=0 content=x; PATCH /channels/1/messages/6 content=…",
		},
		"a view alone": {envelope.Outbound{Type: "edit", View: envelope.View{{{Label: "a", URL: "https://x.example"}}}}, []string{"5", "6"}, "PATCH /channels/1/messages/6 components=1"},
		"a delete":     {envelope.Outbound{Type: "delete"}, []string{"5", "", "6"}, "DELETE /channels/1/messages/5; DELETE /channels/1/messages/6"},
		"a reaction":   {envelope.Outbound{Type: "reaction", Emoji: "👍"}, []string{"5"}, "PUT /channels/1/messages/5/reactions/%F0%9F%91%8D/@me"},
		"one taken":    {envelope.Outbound{Type: "reaction", Emoji: "<a:wave:123456789012345678>", Remove: true}, []string{"5"}, "DELETE /channels/1/messages/5/reactions/wave:123456789012345678/@me"},
		"typing":       {envelope.Outbound{Type: "typing", TTL: 30}, nil, "POST /channels/1/typing"},
		"a post":       {envelope.Outbound{Type: "message", Text: "hi", Native: map[string]any{"thread": map[string]any{"name": "Help"}}}, nil, "POST /channels/1/threads message name=Help"},
		"files": {
			envelope.Outbound{Type: "message", Text: "see", Attachments: slices.Repeat([]envelope.Media{{Filename: "a", Blob: "b"}}, 12)},
			nil, "POST /channels/1/messages content=see files=10; POST /channels/1/messages files=2",
		},
	} {
		c.e.ChannelID = "1"
		requests, err := plan(platform.Operation{Envelope: &c.e, Targets: c.ids})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, r := range requests {
			got = append(got, inLine(r))
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, s, c.want)
		}
	}
}

// inLine is a request in a line.
func inLine(r request) string {
	s := r.Method + " " + r.Path
	for _, name := range sortedKeys(r.Body) {
		switch v := r.Body[name].(type) {
		case string:
			if len(v) > 20 {
				v = v[:4] + "…"
			}
			s += " " + name + "=" + v
		case int:
			s += fmt.Sprintf(" %s=%d", name, v)
		case []any:
			if name == "embeds" {
				s += " embeds"
			} else {
				s += fmt.Sprintf(" %s=%d", name, len(v))
			}
		default:
			switch name {
			case "allowed_mentions":
			case "message_reference":
				s += " reply"
			default:
				s += " " + name
			}
		}
	}
	if len(r.Files) > 0 {
		s += fmt.Sprintf(" files=%d", len(r.Files))
	}
	return s
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		e     envelope.Outbound
		field string
		code  envelope.Code
	}{
		"a channel's name":      {envelope.Outbound{Type: "message", ChannelID: "general", Text: "x"}, "channel_id", envelope.CodeInvalid},
		"a thread's name":       {envelope.Outbound{Type: "message", ChannelID: "1", ThreadID: "news", Text: "x"}, "thread_id", envelope.CodeInvalid},
		"a reply to a word":     {envelope.Outbound{Type: "message", ChannelID: "1", ReplyTo: "that", Text: "x"}, "reply_to", envelope.CodeInvalid},
		"a long custom_id":      {envelope.Outbound{Type: "message", ChannelID: "1", Text: "x", View: envelope.View{{{Label: "a", CustomID: strings.Repeat("x", 101)}}}}, "view", envelope.CodeTooLarge},
		"six rows":              {envelope.Outbound{Type: "message", ChannelID: "1", Text: "x", View: slices.Repeat(envelope.View{{{Label: "a", CustomID: "x"}}}, 6)}, "view", envelope.CodeTooLarge},
		"ephemeral for nothing": {envelope.Outbound{Type: "message", ChannelID: "1", Text: "x", Ephemeral: true}, "ephemeral", envelope.CodeUnsupported},
		"a modal for nothing":   {envelope.Outbound{Type: "message", ChannelID: "1", Native: map[string]any{"modal": map[string]any{}}}, "interaction_id", envelope.CodeInvalid},
		"a post without a name": {envelope.Outbound{Type: "message", ChannelID: "1", Text: "x", Native: map[string]any{"thread": map[string]any{}}}, "native", envelope.CodeInvalid},
		"a book":                {envelope.Outbound{Type: "message", ChannelID: "1", Text: strings.Repeat("word ", 50_000)}, "text", envelope.CodeTooLarge},
		"nothing but spaces":    {envelope.Outbound{Type: "message", ChannelID: "1", Text: " \n "}, "text", envelope.CodeInvalid},
	} {
		_, err := plan(platform.Operation{Envelope: &c.e})
		if e := platform.AsError(err); err == nil || e.Field != c.field || e.Code != c.code || e.Sent != platform.SentNo {
			t.Errorf("%s: %v, field %q; want %s about %s", name, err, e.Field, c.code, c.field)
		}
	}
}

var golden = flag.Bool("update", false, "write the golden texts")

// TestGolden shows what becomes of a long answer: testdata/answer.txt is to be
// read by a person.
func TestGolden(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../render/testdata/answer.md")
	if err != nil {
		t.Fatal(err)
	}
	parts, err := split(&envelope.Outbound{Text: string(source)})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, p := range parts {
		if n := render.CodePoints(p); n > maxText {
			t.Errorf("part %d has %d characters", i+1, n)
		}
		if strings.Count(p, "```")%2 != 0 {
			t.Errorf("part %d has a fence that is open", i+1)
		}
		fmt.Fprintf(&b, "════ part %d of %d: %d characters\n%s\n", i+1, len(parts), render.CodePoints(p), p)
	}
	const page = "testdata/answer.txt"
	if *golden {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s has changed; look at it and run go test ./internal/platform/discord -update (-want +got):\n%s", page, diff)
	}
}
