package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

const (
	textPage  = "../../docs/text.md"
	textStart = "<!-- text: made by go test ./cmd/postern -update -->\n"
	textEnd   = "<!-- /text -->"
)

// written are the samples of docs/text.md: what a worker writes, and a name.
var written = []struct{ name, text string }{
	{"Emphasis", "*italic*, **bold**, ***both***, ~~gone~~ and `code`"},
	{"Headings", "# One\n\n### Three\n\nSome text."},
	{"Links and images", "[the docs](https://example.com/a?b=1&c=2), https://example.com and ![a plan](https://example.com/plan.png)"},
	{"Lists", "- apples\n- pears\n  1. green\n  2. yellow\n\n7. begins at seven\n8. eight"},
	{"Quotes and rules", "> Who said so?\n> > I did.\n\n---\n\nafter the rule"},
	{"Code", "```go\nx := \"*not* bold\" // <b> & `tick`\n```"},
	{"A table", "| name | n |\n| :--- | ---: |\n| apples | 3 |\n| **pears** | 12 |"},
	{"A wide table", "| step | what is known | what is done about it by the next owner |\n| --- | --- | --- |\n" +
		"| 1 | nothing has left yet | it is sent |\n| 2 | it may have left | it is looked for, sent again or parked |"},
	{"Mentions, with mentions: none", "[Ann](mention:42), @everyone, @petra, <@42> and <!channel>"},
	{"What is not mark-up", "2 * 3 * 4, snake_case_name, a < b && c > d, \\*stars\\*, <b>no HTML</b>, ~5 and |pipes|"},
}

// TestTextIsShownAsTheAdaptersWriteIt holds docs/text.md to what becomes of
// Markdown on each platform that has a dialect of its own.
func TestTextIsShownAsTheAdaptersWriteIt(t *testing.T) {
	t.Parallel()
	names, all := adapters(t)
	var b strings.Builder
	for _, sample := range written {
		fmt.Fprintf(&b, "\n## %s\n\n%s", sample.name, fenced("markdown", sample.text))
		shown := 0
		for i, a := range all {
			show, ok := dialects[names[i]]
			if !ok {
				continue
			}
			shown++
			fmt.Fprintf(&b, "\n%s\n\n%s", show.name, fenced("text", become(t, a, show, sample.text)))
		}
		if shown != len(dialects) {
			t.Fatalf("%d of %d dialects are built in", shown, len(dialects))
		}
	}
	hold(t, textPage, textStart, textEnd, b.String())
}

// fenced is a text in a fence that it cannot close.
func fenced(language, text string) string {
	return "````" + language + "\n" + strings.TrimRight(text, "\n") + "\n````\n"
}

// become is what a platform is sent for a text.
func become(t *testing.T, a platform.Adapter, d dialect, text string) string {
	t.Helper()
	parts, err := a.Plan(platform.Operation{Key: "k", Envelope: &envelope.Outbound{Type: envelope.TypeMessage, ChannelID: d.channel, Text: text}})
	if err != nil {
		t.Fatalf("%s: %q: %v", d.name, text, err)
	}
	var out []string
	for _, p := range parts {
		var body map[string]any
		if err := json.Unmarshal(p.Body, &body); err != nil {
			t.Fatal(err)
		}
		out = append(out, d.show(body))
	}
	return strings.Join(out, "\n════\n")
}

// dialect is how the body of a platform's message can be read.
type dialect struct {
	name    string
	channel string // one that there may be
	show    func(body map[string]any) string
}

var dialects = map[string]dialect{
	"discord": {"Discord, its own Markdown", "1000000000000000000", func(b map[string]any) string {
		return at[string](at[map[string]any](b, "body"), "content")
	}},
	"telegram": {"Telegram, text with entities, here as tags", "1000", func(b map[string]any) string {
		p := at[map[string]any](b, "params")
		return tagged(at[string](p, "text"), at[[]any](p, "entities"))
	}},
	"slack": {"Slack, `rich_text` blocks, here as tags", "C0000000001", func(b map[string]any) string {
		var s strings.Builder
		for _, block := range at[[]any](at[map[string]any](b, "params"), "blocks") {
			rich(&s, block.(map[string]any), "")
		}
		return s.String()
	}},
}

func at[T any](m map[string]any, key string) T {
	v, _ := m[key].(T)
	return v
}

// tagged writes Telegram's entities, whose places are UTF-16 units, as tags.
func tagged(text string, entities []any) string {
	units := utf16.Encode([]rune(text))
	before := make([]string, len(units)+1)
	for _, e := range entities {
		e := e.(map[string]any)
		from := int(at[float64](e, "offset"))
		to := from + int(at[float64](e, "length"))
		kind := at[string](e, "type")
		before[to] = "</" + kind + ">" + before[to]
		before[from] += strings.TrimSpace("<"+kind+" "+at[string](e, "url")+at[string](e, "language")) + ">"
	}
	var b strings.Builder
	for i := 0; i <= len(units); i++ {
		b.WriteString(before[i])
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

// rich writes one of Slack's rich_text elements as text with tags.
func rich(b *strings.Builder, e map[string]any, indent string) {
	kind := strings.TrimPrefix(at[string](e, "type"), "rich_text_")
	all := func(indent string) {
		for _, inner := range at[[]any](e, "elements") {
			rich(b, inner.(map[string]any), indent)
		}
	}
	switch kind {
	case "rich_text":
		all("")
	case "section":
		all(indent)
	case "list":
		depth := strings.Repeat("  ", int(at[float64](e, "indent")))
		for i, item := range at[[]any](e, "elements") {
			mark := "• "
			if at[string](e, "style") == "ordered" {
				mark = fmt.Sprintf("%d. ", i+1+int(at[float64](e, "offset")))
			}
			b.WriteString(depth + mark)
			rich(b, item.(map[string]any), "")
			b.WriteString("\n")
		}
	case "quote", "preformatted":
		b.WriteString("<" + kind + ">")
		all(indent)
		b.WriteString("</" + kind + ">\n")
	case "text", "link", "user", "emoji", "broadcast", "usergroup", "channel":
		var open, end string
		for _, s := range []string{"bold", "italic", "strike", "code"} {
			if at[bool](at[map[string]any](e, "style"), s) {
				open, end = open+"<"+s+">", "</"+s+">"+end
			}
		}
		text := at[string](e, "text")
		switch kind {
		case "link":
			text = "<link " + at[string](e, "url") + ">" + text + "</link>"
		case "text":
		default:
			text = "<" + kind + " " + at[string](e, kind+"_id") + at[string](e, "name") + at[string](e, "range") + ">"
		}
		b.WriteString(open + text + end)
	default:
		fmt.Fprintf(b, "<%s>", kind)
	}
}

// hold compares what a page has between two marks with what it should, or writes
// that.
func hold(t *testing.T, page, start, end, want string) {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), start)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for what is made", page)
	}
	text := before + start + want + end + after
	switch {
	case string(data) == text:
	case !*update:
		t.Fatalf("%s does not say what the adapters do; run go test ./cmd/postern -update", page)
	default:
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
