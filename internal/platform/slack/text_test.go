package slack

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/planning"
	"github.com/posternhq/postern/internal/render"
)

// shown writes a text's elements as tags, to be read.
func shown(s styled) string {
	var b strings.Builder
	for i, c := range s.elements {
		if i > 0 {
			b.WriteString("\n")
		}
		name := strings.TrimPrefix(c.Type, "rich_text_")
		if name != "section" {
			b.WriteString("<" + name + ">")
		}
		for i, e := range c.Elements {
			if name == "list" {
				b.WriteString("\n" + strings.Repeat("  ", c.Indent) + map[bool]string{true: fmt.Sprint(c.Offset+i+1) + ". ", false: "• "}[c.Style == "ordered"])
				for _, inner := range e.Elements {
					b.WriteString(shownElement(inner))
				}
				continue
			}
			b.WriteString(shownElement(e))
		}
		if name != "section" {
			b.WriteString("</" + name + ">")
		}
	}
	return b.String()
}

func shownElement(e element) string {
	text := e.Text
	switch e.Type {
	case "link":
		text = "<" + e.URL + "|" + e.Text + ">"
	case "user", "usergroup", "channel", "broadcast":
		text = "<" + e.Type + " " + e.User + e.Group + e.Channel + e.Range + ">"
	}
	if l, ok := e.Style.(textStyle); ok {
		for _, one := range []struct {
			on   bool
			name string
		}{{l.Code, "c"}, {l.Italic, "i"}, {l.Strike, "s"}, {l.Bold, "b"}} {
			if one.on {
				text = "<" + one.name + ">" + text + "</" + one.name + ">"
			}
		}
	}
	return text
}

func TestStyle(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"*a* **b** ~~c~~ `d`":        "<i>a</i> <b>b</b> <s>c</s> <c>d</c>",
		"# Head\n\ntext":             "<b>Head</b>\n\ntext",
		"**a *b***":                  "<b>a </b><b><i>b</i></b>",
		"```go\nx := 1\n\ny\n```\nz": "<preformatted>x := 1\n\ny</preformatted>\nz",
		"a\n\n```\n\n  x\n```":       "a\n<preformatted>  x</preformatted>",
		"[a](https://x.example)":     "<https://x.example|a>",
		"> a\n> > b\n\nc":            "<quote>a\n\nb</quote>\nc",
		"> a\n>\n> ```\n> x\n> ```":  "<quote>a</quote>\n<preformatted>x</preformatted>",
		"- a\n- b\n  1. c":           "<list>\n• a\n• b</list>\n<list>\n  1. c</list>",
		"[Ann](mention:U042) hi":     "Ann hi",
		"[crew](mention:C042)":       "<channel C042>",
		"[all](mention:channel)":     "all",
		"<!channel> <@U042> *_x":     "<!channel> <@U042> *_x",
		"<b>not</b> & _so_ @here":    "<b>not</b> & <i>so</i> @here",
	} {
		if got := shown(style(planning.Parse(source, ""), "none")); got != want {
			t.Errorf("%q\n got %q\nwant %q", source, got, want)
		}
	}
	source := "[Ann](mention:U042) [crew](mention:S042) [here](mention:here)"
	for mentions, want := range map[string]string{
		"listed": "<user U042> <usergroup S042> here",
		"all":    "<user U042> <usergroup S042> <broadcast here>",
	} {
		if got := shown(style(planning.Parse(source, ""), mentions)); got != want {
			t.Errorf("mentions %s: got %q, want %q", mentions, got, want)
		}
	}
	if got := style(planning.Parse("<!here> & <@U1>", ""), "all").plain; got != "&lt;!here&gt; &amp; &lt;@U1&gt;" {
		t.Errorf("what notifications show is %q", got)
	}
}

// flat are the elements of a container, of a list those of its items.
func flat(c element) (all []element) {
	if c.Type != "rich_text_list" {
		return c.Elements
	}
	for _, item := range c.Elements {
		all = append(all, item.Elements...)
	}
	return all
}

// pieces are of what texts are made.
var pieces = []string{
	"a", "😀", "word ", "**", "*", "~~", "`", "[l](http://x.y)", "[A](mention:U4)", "[h](mention:here)", "> ", "- ", "1. ", "\n", "\n\n", "```\nx\n```\n",
	"<!channel>", "<@U1>", "&amp;", "# ", "|a|b|\n|-|-|\n|c|d|\n", "  ", "\\",
}

func texts() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 40).Draw(t, "pieces"), "")
	})
}

// TestNothingBreaksOut: whatever is written, there is no element that pings
// unless pinging was asked for, none that Slack refuses, and no mark-up in what
// notifications show.
func TestNothingBreaksOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		source := texts().Draw(t, "source")
		s := style(planning.Parse(source, ""), "none")
		if strings.ContainsAny(s.plain, "<>") {
			t.Fatalf("%q shows %q in notifications", source, s.plain)
		}
		for _, c := range s.elements {
			if len(c.Elements) == 0 {
				t.Fatalf("%q has an empty %s", source, c.Type)
			}
			for _, e := range flat(c) {
				switch {
				case e.Type != "text" && e.Type != "link":
					t.Fatalf("%q has a %s", source, e.Type)
				case e.Type == "text" && e.Text == "":
					t.Fatalf("%q has an empty text", source)
				}
			}
		}
	})
}

// TestAllIsSaid: a text's parts say all of it, in order.
func TestAllIsSaid(t *testing.T) {
	t.Parallel()
	inked := func(s string) string { return strings.Join(strings.Fields(s), "") }
	rapid.Check(t, func(t *rapid.T) {
		source := strings.Repeat(texts().Draw(t, "source")+"\n\n", rapid.IntRange(1, 40).Draw(t, "times"))
		parts, err := split(&envelope.Outbound{Text: source, Format: "plain"}, maxBlocks)
		if err != nil {
			t.Fatal(err)
		}
		said := ""
		for _, p := range parts {
			if !p.fits(maxBlocks) {
				t.Fatalf("a part does not fit: %d characters", render.CodePoints(p.plain))
			}
			for _, c := range p.elements {
				for _, e := range c.Elements {
					said += e.Text
				}
			}
		}
		if inked(said) != inked(source) {
			t.Fatalf("%q\nbecame %q", source, said)
		}
	})
}

// received reads elements as they would come in.
func received(t interface{ Fatalf(string, ...any) }, s styled) string {
	raw, err := json.Marshal([]any{s.block()})
	if err != nil {
		t.Fatalf("%v", err)
	}
	m := message{Text: s.plain}
	if err := json.Unmarshal(raw, &m.Blocks); err != nil {
		t.Fatalf("%v", err)
	}
	content, _ := contentOf(&m, func(string) string { return "" })
	return content
}

// TestOutAndBack: what goes out comes in as Markdown that goes out as the same.
func TestOutAndBack(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"plain *text* with_marks", "**bold** and `code`", "a `b` ~~c~~ **d** *e*", "[link](https://x.example/a)", "x\ny", "```go\nx := 1\ny\n```",
		"> said\n> so", "a \\* b # c", "para\n\nanother **one**", "1\\. no list", "- a\n- b *c*\n    1. d\n    2. e\n- f", "so:\n\n3. x\n4. y", "[Ann](mention:U042), look",
	} {
		first := style(planning.Parse(source, ""), "all")
		back := received(t, first)
		if again := style(planning.Parse(back, ""), "all"); shown(again) != shown(first) {
			t.Errorf("%q went out as %q, came back as %q and went out as %q", source, shown(first), back, shown(again))
		}
	}
}

// TestRichText: what people write comes in as CommonMark.
func TestRichText(t *testing.T) {
	t.Parallel()
	named := func(id string) string { return map[string]string{"U1": "Ann", "C1": "crew"}[id] }
	for blocks, want := range map[string]string{
		`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"see "},{"type":"text","text":"this ","style":{"bold":true}},{"type":"user","user_id":"U1"},{"type":"emoji","name":"wave","skin_tone":3}]}]}]`:                                                                                                                                              "see **this** [Ann](mention:U1)👋🏼",
		`[{"type":"rich_text","elements":[{"type":"rich_text_list","style":"bullet","indent":0,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"a"}]}]},{"type":"rich_text_list","style":"ordered","indent":1,"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"b"}]},{"type":"rich_text_section","elements":[{"type":"text","text":"c"}]}]}]}]`: "- a\n    1. b\n    2. c",
		`[{"type":"rich_text","elements":[{"type":"rich_text_preformatted","elements":[{"type":"text","text":"x := 1\n"}]},{"type":"rich_text_quote","elements":[{"type":"text","text":"so\nit is"}]}]}]`:                                                                                                                                                                                           "```\nx := 1\n```\n\n> so  \n> it is",
		`[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"link","url":"https://x.y"},{"type":"text","text":" "},{"type":"channel","channel_id":"C1"},{"type":"text","text":" "},{"type":"broadcast","range":"here"}]}]}]`:                                                                                                                                          "[https://x.y](https://x.y) [crew](mention:C1) [here](mention:here)",
		`[{"type":"section","text":{"type":"mrkdwn","text":"*b* _i_ ~s~ <https://x.y|l> &lt;3"}},{"type":"divider"},{"type":"header","text":{"type":"plain_text","text":"H *1*"}},{"type":"markdown","text":"**as it is**"}]`:                                                                                                                                                                       "**b** *i* ~~s~~ [l](https://x.y) \\<3\n\nH \\*1\\*\n\n**as it is**",
	} {
		var m message
		if err := json.Unmarshal([]byte(blocks), &m.Blocks); err != nil {
			t.Fatal(err)
		}
		if got, _ := contentOf(&m, named); got != want {
			t.Errorf("%s\n got %q\nwant %q", blocks, got, want)
		}
	}
}

func TestMrkdwn(t *testing.T) {
	t.Parallel()
	named := func(id string) string { return map[string]string{"U1": "Ann"}[id] }
	for text, want := range map[string]string{
		"*bold* _it_ ~st~ `co*de`":            "**bold** *it* ~~st~~ `co*de`",
		"snake_case_name 2*3*4":               `snake\_case\_name 2\*3\*4`,
		"*a _b_*":                             "**a *b***",
		"<@U1> <@U2|ben> <!here> <#C1|g>":     "[Ann](mention:U1) [U2](mention:U2) [here](mention:here) [C1](mention:C1)",
		"<https://x.y?a=1&amp;b=2>":           "[https://x.y?a=1\\&b=2](https://x.y?a=1&b=2)",
		"```x\n*y*```after":                   "```\nx\n*y*\n```\nafter",
		"&lt;b&gt; *not\nso*":                 "\\<b\\> \\*not  \nso\\*",
		"<!date^1^{date}|then> <!subteam^S1>": "then [S1](mention:S1)",
	} {
		r := &reader{named: named}
		if got := r.mrkdwn(text); got != want {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
		}
	}
}

// FuzzReceived: what comes in is read without an end, and stays text.
func FuzzReceived(f *testing.F) {
	f.Add(`[{"type":"rich_text","elements":[{"type":"rich_text_list","style":"ordered","offset":-3,"indent":99,"elements":[{"elements":[{"type":"text","text":"a\n","style":{"bold":true}}]}]}]}]`, "*a* <@U1|b> ```x")
	f.Add(`[{"type":"section","text":7}]`, "<<>>|&amp;*_~`")
	f.Fuzz(func(t *testing.T, blocks, text string) {
		m := message{Text: text}
		_ = json.Unmarshal([]byte(blocks), &m.Blocks)
		content, _ := contentOf(&m, func(string) string { return "" })
		m.Blocks = nil
		plain, _ := contentOf(&m, func(string) string { return "" })
		if utf8.ValidString(text) && !utf8.ValidString(plain) {
			t.Fatalf("%q became %q", text, plain)
		}
		style(planning.Parse(content, ""), "all")
	})
}

// TestEmoji: Unicode's emoji and Slack's names, both ways.
func TestEmoji(t *testing.T) {
	t.Parallel()
	for char, name := range map[string]string{
		"👍": "+1", "👍🏽": "+1::skin-tone-4", "✅": "white_check_mark", "❤️": "heart", "❤": "heart", "🇩🇪": "de", "👨‍👩‍👧": "man-woman-girl",
		":partyparrot:": "partyparrot", "partyparrot": "partyparrot", "🏽": "skin-tone-4", "☎️": "phone",
	} {
		if got := emojiName(char); got != name {
			t.Errorf("%q is named %q; want %q", char, got, name)
		}
	}
	for name, char := range map[string]string{
		"+1": "👍", "thumbsup": "👍", "+1::skin-tone-4": "👍🏽", "flag-de": "🇩🇪", "partyparrot": ":partyparrot:", "+1::skin-tone-9": ":+1::skin-tone-9:",
	} {
		if got := emojiChar(name); got != char {
			t.Errorf("%q shows %q; want %q", name, got, char)
		}
	}
	for char := range emoji().name {
		if name := emojiName(char); unvaried(emojiChar(name)) != char {
			t.Errorf("%q is named %q, which shows %q", char, name, emojiChar(name))
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
	parts, err := split(&envelope.Outbound{Text: string(source)}, maxBlocks)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, p := range parts {
		if !p.fits(maxBlocks) {
			t.Errorf("part %d has %d characters", i+1, render.CodePoints(p.plain))
		}
		text, err := plainJSON(p.elements)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "════ part %d of %d: %d characters, %d with its blocks\n%s\n", i+1, len(parts), render.CodePoints(p.plain), render.CodePoints(string(text)), shown(p))
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
		t.Errorf("%s has changed; look at it and run go test ./internal/platform/slack -update (-want +got):\n%s", page, diff)
	}
}
