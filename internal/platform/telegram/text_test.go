package telegram

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
	"github.com/posternhq/postern/internal/render"
	"github.com/posternhq/postern/platform"
)

// shown writes a text with its entities as tags, to be read.
func shown(s styled) string {
	units := utf16.Encode([]rune(s.text))
	opens, closes := map[int][]string{}, map[int][]string{}
	for _, e := range s.entities {
		about := e.URL + e.Language
		if e.User != nil {
			about += number(e.User.ID)
		}
		opens[e.Offset] = append(opens[e.Offset], strings.TrimRight("<"+e.Type+" "+about, " ")+">")
		closes[e.Offset+e.Length] = append([]string{"</" + e.Type + ">"}, closes[e.Offset+e.Length]...)
	}
	var b strings.Builder
	for i := 0; i <= len(units); i++ {
		b.WriteString(strings.Join(closes[i], "") + strings.Join(opens[i], ""))
		if i < len(units) {
			n := 1
			if utf16.IsSurrogate(rune(units[i])) {
				n = 2
			}
			b.WriteString(string(utf16.Decode(units[i : i+n])))
			i += n - 1
		}
	}
	return b.String()
}

func TestStyle(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"*a* **b** ~~c~~ `d`":          "<italic>a</italic> <bold>b</bold> <strikethrough>c</strikethrough> <code>d</code>",
		"😀 **b**":                      "😀 <bold>b</bold>",
		"# Head\n\ntext":               "<bold>Head</bold>\n\ntext",
		"**a *b***":                    "<bold>a <italic>b</italic></bold>",
		"**`a`**":                      "<code>a</code>",
		"```go\nx := 1\n```":           "<pre go>x := 1</pre>",
		"[a](https://x.example)":       "<text_link https://x.example>a</text_link>",
		"> a\n> > b":                   "<blockquote>a\n\nb</blockquote>",
		"- a\n- b\n  1. c":             "• a\n• b\n  1. c",
		"[Ann](mention:42) and @petra": "Ann and @\u2060petra",
		"<b>not</b> & _so_":            "<b>not</b> & <italic>so</italic>",
		"a@example.com":                "<text_link mailto:a@example.com>a@example.com</text_link>",
	} {
		if got := shown(style(planning.Parse(source, ""), "none")); got != want {
			t.Errorf("%q\n got %q\nwant %q", source, got, want)
		}
	}
	for mentions, want := range map[string]string{
		"listed": "<text_mention 42>Ann</text_mention> and @\u2060petra",
		"all":    "<text_mention 42>Ann</text_mention> and @petra",
	} {
		if got := shown(style(planning.Parse("[Ann](mention:42) and @petra", ""), mentions)); got != want {
			t.Errorf("mentions %s: got %q, want %q", mentions, got, want)
		}
	}
}

// TestEntitiesFit: whatever is written, each entity lies in the text, starts and
// ends between letters, and crosses no other one.
func TestEntitiesFit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		source := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
			"a", "😀", "**", "*", "~~", "`", "[l](http://x.y)", "[A](mention:4)", "> ", "- ", "\n", "\n\n", "```\nx\n```\n", "@names ", "# ", "|a|b|\n|-|-|\n|c|d|\n",
		}), 0, 30).Draw(t, "pieces"), "")
		s := style(planning.Parse(source, ""), "all")
		units := utf16.Encode([]rune(s.text))
		for i, e := range s.entities {
			end := e.Offset + e.Length
			if e.Offset < 0 || e.Length <= 0 || end > len(units) {
				t.Fatalf("%q: %+v lies outside of %d units", source, e, len(units))
			}
			if e.Offset > 0 && units[e.Offset] >= 0xDC00 && units[e.Offset] < 0xE000 {
				t.Fatalf("%q: %+v begins within a letter", source, e)
			}
			for _, other := range s.entities[i+1:] {
				if other.Offset < end && other.Offset+other.Length > end {
					t.Fatalf("%q: %+v and %+v cross", source, e, other)
				}
			}
		}
	})
}

// TestMarkdownAndBack: what a person sends comes in as Markdown that goes out as
// it was sent.
func TestMarkdownAndBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		marks []mark
		want  string
	}{
		{"plain *text* with_marks", nil, `plain \*text\* with\_marks`},
		{"bold and code", []mark{{Type: "bold", Length: 4}, {Type: "code", Offset: 9, Length: 4}}, "**bold** and `code`"},
		{"😀 bold ", []mark{{Type: "bold", Offset: 3, Length: 5}}, "😀 **bold**"},
		{"link", []mark{{Type: "text_link", Length: 4, URL: "https://x.example/a(b)"}}, "[link](https://x.example/a%28b%29)"},
		{"hi Ann", []mark{{Type: "text_mention", Offset: 3, Length: 3, User: &user{ID: 42}}}, "hi [Ann](mention:42)"},
		{"all bold it", []mark{{Type: "bold", Length: 11}, {Type: "italic", Offset: 9, Length: 2}}, "**all bold *it***"},
		{"x := 1\ny", []mark{{Type: "pre", Length: 8, Language: "go"}}, "```go\nx := 1\ny\n```"},
		{"said\nso", []mark{{Type: "blockquote", Length: 7}}, "> said  \n> so"},
		{"a\nb", nil, "a  \nb"},
		{"cross", []mark{{Type: "bold", Length: 3}, {Type: "italic", Offset: 2, Length: 3}}, "**cro**ss"},
		{"out", []mark{{Type: "bold", Offset: 2, Length: 9}}, "out"},
		{"#tag", nil, `\#tag`},
	} {
		got := markdown(c.text, c.marks)
		if got != c.want {
			t.Errorf("%q %+v\n got %q\nwant %q", c.text, c.marks, got, c.want)
		}
		if again := style(planning.Parse(got, ""), "all").text; strings.TrimSpace(again) != strings.TrimSpace(c.text) {
			t.Errorf("%q went out as %q", c.text, again)
		}
	}
}

func planned(t *testing.T, op platform.Operation) []string {
	t.Helper()
	requests, err := plan(op)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range requests {
		p, err := json.Marshal(r.Params)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r.Method+" "+string(p))
	}
	return out
}

func TestPlan(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 1000)
	for name, c := range map[string]struct {
		op   platform.Operation
		want []string
	}{
		"a reply in a topic, silent": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "message", ChannelID: "-1001", ThreadID: "7", ReplyTo: "5", Silent: true, Text: "hi"}},
			[]string{`sendMessage {"chat_id":-1001,"disable_notification":true,"message_thread_id":7,"reply_parameters":{"allow_sending_without_reply":true,"message_id":5},"text":"hi"}`},
		},
		"buttons": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "message", ChannelID: "@crew", Text: "hi", View: envelope.View{{{Label: "Yes", CustomID: "y"}, {Label: "Docs", URL: "https://x.y", Emoji: "📄"}}}}},
			[]string{`sendMessage {"chat_id":"@crew","reply_markup":{"inline_keyboard":[[{"text":"Yes","callback_data":"y"},{"text":"📄 Docs","url":"https://x.y"}]]},"text":"hi"}`},
		},
		"a file with a caption": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "message", ChannelID: "1", Text: "*x*", Attachments: []envelope.Media{{Mimetype: "image/png", Data: []byte("x")}}}},
			[]string{`sendPhoto {"caption":"x","caption_entities":[{"type":"italic","offset":0,"length":1}],"chat_id":1}`},
		},
		"a poll of its own": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "message", ChannelID: "1", Native: map[string]any{"method": "sendPoll", "question": "?", "chat_id": 666}}},
			[]string{`sendPoll {"chat_id":1,"question":"?"}`},
		},
		"an edit that shrinks": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "edit", ChannelID: "1", Text: "a"}, Targets: []string{"5", "6"}},
			[]string{`editMessageText {"chat_id":1,"message_id":5,"text":"a"}`, `deleteMessage {"chat_id":1,"message_id":6}`},
		},
		"a delete of both parts": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "delete", ChannelID: "1"}, Targets: []string{"5", "6"}},
			[]string{`deleteMessage {"chat_id":1,"message_id":5}`, `deleteMessage {"chat_id":1,"message_id":6}`},
		},
		"a snapshot that is not the last": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "stream", ChannelID: "1", Text: "so **bold"}},
			[]string{`sendMessage {"chat_id":1,"entities":[{"type":"bold","offset":3,"length":4}],"text":"so bold"}`},
		},
		"the last snapshot": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "stream", ChannelID: "1", Text: "so **bold", Final: true}, Targets: []string{"5"}},
			[]string{`editMessageText {"chat_id":1,"message_id":5,"text":"so **bold"}`},
		},
		"a reaction taken away": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "reaction", ChannelID: "1", Remove: true, Emoji: "👍"}, Targets: []string{"5"}},
			[]string{`setMessageReaction {"chat_id":1,"message_id":5,"reaction":[]}`},
		},
	} {
		if diff := cmp.Diff(c.want, planned(t, c.op)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}

	a := &Adapter{}
	parts, err := a.Plan(platform.Operation{Envelope: &envelope.Outbound{Type: "edit", ChannelID: "1", Text: long}, Targets: []string{"5"}})
	if err != nil || len(parts) != 2 || parts[0].Makes || !parts[1].Makes {
		t.Errorf("an edit that outgrows its message: %d parts, %v; want two, of which the second makes a message", len(parts), err)
	}
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		e     envelope.Outbound
		field string
		code  envelope.Code
	}{
		"a name without @":        {envelope.Outbound{Type: "message", ChannelID: "general", Text: "x"}, "channel_id", envelope.CodeInvalid},
		"a topic that is none":    {envelope.Outbound{Type: "message", ChannelID: "1", ThreadID: "news", Text: "x"}, "thread_id", envelope.CodeInvalid},
		"a reply to a word":       {envelope.Outbound{Type: "message", ChannelID: "1", ReplyTo: "that", Text: "x"}, "reply_to", envelope.CodeInvalid},
		"a long custom_id":        {envelope.Outbound{Type: "message", ChannelID: "1", Text: "x", View: envelope.View{{{Label: "a", CustomID: strings.Repeat("x", 65)}}}}, "view", envelope.CodeTooLarge},
		"a native call elsewhere": {envelope.Outbound{Type: "message", ChannelID: "1", Native: map[string]any{"method": "banChatMember"}}, "native", envelope.CodeInvalid},
		"a book":                  {envelope.Outbound{Type: "message", ChannelID: "1", Text: strings.Repeat("word ", 50_000)}, "text", envelope.CodeTooLarge},
		"nothing but spaces":      {envelope.Outbound{Type: "message", ChannelID: "1", Text: " \n "}, "text", envelope.CodeInvalid},
	} {
		_, err := plan(platform.Operation{Envelope: &c.e})
		if e := platform.AsError(err); err == nil || e.Field != c.field || e.Code != c.code || e.Sent != platform.SentNo {
			t.Errorf("%s: %v, field %q; want %s about %s", name, err, e.Field, c.code, c.field)
		}
	}
}

// TestLongAnswer: every part of a long answer fits, with all that it says.
func TestLongAnswer(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("# Head\n\nSome **bold** text, [a link](https://x.example) and `code`.\n\n```go\nfmt.Println(1)\n```\n\n- one\n- two\n\n", 250)
	parts, err := split(&envelope.Outbound{Text: text}, maxText)
	if err != nil {
		t.Fatal(err)
	}
	said := ""
	for _, p := range parts {
		if !p.fits(maxText) {
			t.Errorf("a part has %d units and %d entities", render.UTF16(p.text), len(p.entities))
		}
		said += p.text
	}
	if got, want := strings.Count(said, "Println"), 250; got != want {
		t.Errorf("%d blocks of code of %d came through", got, want)
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
	parts, err := split(&envelope.Outbound{Text: string(source)}, maxText)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, p := range parts {
		if !p.fits(maxText) {
			t.Errorf("part %d has %d units and %d entities", i+1, render.UTF16(p.text), len(p.entities))
		}
		fmt.Fprintf(&b, "════ part %d of %d: %d characters, %d entities\n%s\n", i+1, len(parts), render.UTF16(p.text), len(p.entities), shown(p))
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
		t.Errorf("%s has changed; look at it and run go test ./internal/platform/telegram -update (-want +got):\n%s", page, diff)
	}
}
