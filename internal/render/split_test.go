package render

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// marked is a dialect to test with: marks as tags, so that what is opened and
// closed can be seen.
func marked() Dialect {
	names := map[Kind]string{
		Strong: "b", Emphasis: "i", Strike: "s", Code: "c", CodeBlock: "pre", Link: "a", Mention: "@", Image: "img", Quote: "q",
	}
	return Dialect{
		Text: func(s string, _ []Mark, _ bool) string {
			return strings.NewReplacer("<", "&lt;", "&", "&amp;").Replace(s)
		},
		Open: func(m Mark) string {
			return "<" + names[m.Kind] + strings.TrimRight(" "+m.Href+m.ID+m.Lang, " ") + ">"
		},
		Close: func(m Mark) string { return "</" + names[m.Kind] + ">" },
	}
}

func written(nodes []Node) string { return marked().Write(Layout{}.Runs(nodes)) }

func splitAt(t interface{ Fatalf(string, ...any) }, source string, limit int, unit func(string) int) []string {
	parts, err := Split(NewParser().Markdown(source), func(n []Node) bool { return unit(written(n)) <= limit })
	if err != nil {
		t.Fatalf("%q in parts of %d: %v", source, limit, err)
	}
	var out []string
	for _, p := range parts {
		out = append(out, written(p))
	}
	return out
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source string
		limit  int
		want   []string
	}{
		"whole":     {"hello *you*", 80, []string{"hello <i>you</i>"}},
		"paragraph": {"One one one.\n\nTwo two two.", 20, []string{"One one one.", "Two two two."}},
		"heading stays with what it heads": {
			"One one.\n\n# Two\n\nThree three.", 22, []string{"One one.", "<b>Two</b>\n\nThree", "three."},
		},
		"sentence":  {"One is one. Two is two. Three is three.", 30, []string{"One is one. Two is two.", "Three is three."}},
		"word":      {"one two three four five six", 12, []string{"one two", "three four", "five six"}},
		"letters":   {"abcdefghijklmnop", 6, []string{"abcdef", "ghijkl", "mnop"}},
		"emphasis":  {"*one two three four*", 18, []string{"<i>one two</i>", "<i>three four</i>"}},
		"link":      {"[one two three](http://x.y)", 28, []string{"<a http://x.y>one two</a>", "<a http://x.y>three</a>"}},
		"fence":     {"```go\na := 1\nb := 2\nc := 3\n```", 30, []string{"<pre go>a := 1\nb := 2</pre>", "<pre go>c := 3</pre>"}},
		"list":      {"1. one\n2. two\n3. three", 16, []string{"1. one\n2. two", "3. three"}},
		"item":      {"- one two three four", 12, []string{"• one two", "  three four"}},
		"quote":     {"> one two\n>\n> three", 17, []string{"<q>one two</q>", "<q>three</q>"}},
		"line":      {"one one\ntwo two\nthree", 16, []string{"one one\ntwo two", "three"}},
		"emoji":     {"👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 8, []string{"👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"}},
		"long link": {"see [x](http://x.y/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) now", 24, []string{"see", "x (http://x.y/", "aaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaa) now"}},
	} {
		if diff := cmp.Diff(c.want, splitAt(t, c.source, c.limit, CodePoints)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestSplitTableRepeatsItsHead(t *testing.T) {
	t.Parallel()
	got := splitAt(t, "|n|square|\n|-:|-|\n|1|1|\n|2|4|\n|3|9|\n|4|16|", 45, CodePoints)
	want := []string{
		"<pre>n │ square\n──┼───────\n1 │ 1\n2 │ 4</pre>",
		"<pre>n │ square\n──┼───────\n3 │ 9\n4 │ 16</pre>",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A letter may be of as many code points as somebody likes: cutting it does not
// take a look at each.
func TestSplitALongLetter(t *testing.T) {
	t.Parallel()
	source := "e" + strings.Repeat("\u0301", 30_000)
	looks := 0
	parts, err := Split(Plain(source), func(n []Node) bool { looks++; return UTF16(PlainText(n)) <= 4096 })
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, p := range parts {
		all += PlainText(p)
	}
	if all != source || looks > 50*len(parts) {
		t.Errorf("%d parts took %d looks, and hold all: %v", len(parts), looks, all == source)
	}
}

func TestSplitRefusesALimitBelowALetter(t *testing.T) {
	t.Parallel()
	_, err := Split(Plain("ab"), func([]Node) bool { return false })
	if !errors.Is(err, ErrNothingFits) {
		t.Errorf("got %v", err)
	}
}

func TestWideTableBecomesAList(t *testing.T) {
	t.Parallel()
	got := written(NewParser().Markdown("|Name|What|\n|-|-|\n|a|" + strings.Repeat("x", 60) + "|\n|b|*y*|"))
	want := "• <b>Name</b>: a\n  <b>What</b>: " + strings.Repeat("x", 60) + "\n• <b>Name</b>: b\n  <b>What</b>: <i>y</i>"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestLayout(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"# A\n\nb":                              "<b>A</b>\n\nb",
		"- a\n  - b\n    - c\n- d":              "• a\n  • b\n    • c\n• d",
		"9. a\n10. b\n\n    c":                  "9. a\n\n10. b\n\n    c",
		"- [ ] a\n- [x] b":                      "• ☐ a\n• ☑ b",
		"> a\n> > b\n\nc":                       "<q>a\n\n<q>b</q></q>\n\nc",
		"a\n\n---\n\nb":                         "a\n\n──────────\n\nb",
		"*a\nb*":                                "<i>a</i>\n<i>b</i>",
		"**a *b* c**":                           "<b>a <i>b</i> c</b>",
		"- a\n\n  ```\n  x\n  ```\n- b":         "• a\n\n  <pre>x</pre>\n\n• b",
		"![a *b*](http://x.y/i.png)":            "<img http://x.y/i.png>a b</img>",
		"![](http://x.y/i.png)":                 "<img http://x.y/i.png>http://x.y/i.png</img>",
		"|a|b|\n|:-:|-|\n|ccc|[d](http://x.y)|": "<pre> a  │ b\n────┼───────────────\nccc │ d (http://x.y)</pre>",
		"- > a\n  > b":                          "• <q>a\n  b</q>",
	} {
		if got := written(NewParser().Markdown(source)); got != want {
			t.Errorf("%q\n got %q\nwant %q", source, got, want)
		}
	}
}

// balanced checks that tags are closed in the order they were opened in.
func balanced(s string) error {
	var open []string
	for rest := s; ; {
		i := strings.IndexByte(rest, '<')
		if i < 0 {
			break
		}
		end := strings.IndexByte(rest[i:], '>')
		if end < 0 {
			return fmt.Errorf("a tag does not end")
		}
		tag := rest[i+1 : i+end]
		rest = rest[i+end+1:]
		name, isEnd := strings.CutPrefix(tag, "/")
		name, _, _ = strings.Cut(name, " ")
		switch {
		case !isEnd:
			open = append(open, name)
		case len(open) == 0 || open[len(open)-1] != name:
			return fmt.Errorf("%q closes %v", tag, open)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("%v stay open", open)
	}
	return nil
}

// inked is a text without white space.
func inked(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// blocksWithoutTables are sources whose letters come out once each.
func blocksWithoutTables() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
			"a", "bé", "word ", "A sentence. ", "👩‍👩‍👧‍👦", "漢字", "مرحبا ", "*em* ", "**st", "** ", "~~x~~", "`co de`", "[l i](http://x.y) ",
			"[Ann](mention:1) ", "\n", "\n\n", "\n\n# H\n\n", "\n- i ", "\n  - j ", "\n1. k ", "\n> q ", "\n```go\nf()\n\ng()\n```\n", "  \n",
		}), 0, 60).Draw(t, "pieces"), "")
	})
}

// TestPartsFitAndKeepAll: every part fits, its mark-up is balanced, and all
// that a reader sees is there once, in order.
func TestPartsFitAndKeepAll(t *testing.T) {
	t.Parallel()
	units := map[string]func(string) int{"bytes": Bytes, "code points": CodePoints, "utf16": UTF16, "graphemes": Graphemes}
	rapid.Check(t, func(t *rapid.T) {
		source := blocksWithoutTables().Draw(t, "source")
		limit := rapid.IntRange(100, 300).Draw(t, "limit")
		name := rapid.SampledFrom([]string{"bytes", "code points", "utf16", "graphemes"}).Draw(t, "unit")
		nodes := NewParser().Markdown(source)
		parts, err := Split(nodes, func(n []Node) bool { return units[name](written(n)) <= limit })
		if err != nil {
			t.Fatal(err)
		}
		var seen strings.Builder
		for _, p := range parts {
			out := written(p)
			if units[name](out) > limit {
				t.Fatalf("a part of %d %s: %q", units[name](out), name, out)
			}
			if err := balanced(out); err != nil {
				t.Fatalf("%q: %v", out, err)
			}
			seen.WriteString(PlainText(p))
		}
		if got, want := inked(seen.String()), inked(PlainText(nodes)); got != want {
			t.Fatalf("%q\n got %q\nwant %q", source, got, want)
		}
	})
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"*a* b", "[a](http://x.example/" + strings.Repeat("a", 300) + ")", "```\nx\ny", "|a|b|\n|-|-|\n|c|d|\n|e|f|", "- [x] a\n  1. b", "> > a", "e\u0301\u0301\u0301", "\xff"} {
		f.Add(s, uint8(0))
	}
	f.Fuzz(func(t *testing.T, source string, more uint8) {
		if len(source) > 2<<10 {
			return
		}
		limit := 40 + int(more)
		for i, part := range splitAt(t, source, limit, Bytes) {
			if len(part) > limit {
				t.Fatalf("part %d has %d bytes of %d: %q", i, len(part), limit, part)
			}
			if utf8.ValidString(source) && !utf8.ValidString(part) {
				t.Fatalf("part %d is not UTF-8: %q", i, part)
			}
		}
	})
}
