package render

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sketch writes a tree on one line: kind(children), with what else is set.
func sketch(nodes []Node) string {
	var parts []string
	for _, n := range nodes {
		s := [...]string{
			"text", "code", "codeblock", "strong", "em", "strike", "link", "mention", "image", "br", "hr",
			"p", "h", "quote", "list", "item", "table", "row", "cell",
		}[n.Kind]
		for _, x := range []struct {
			set  bool
			what string
		}{
			{n.Lang != "", "lang=" + n.Lang},
			{n.Href != "", n.Href},
			{n.ID != "", n.ID},
			{n.Kind == Break && !n.Soft, "hard"},
			{n.Level > 0, fmt.Sprint(n.Level)},
			{n.Ordered, fmt.Sprintf("from %d", n.Start)},
			{n.Task, fmt.Sprintf("checked=%v", n.Checked)},
			{n.Align != nil, strings.Join(n.Align, ",")},
			{n.Head, "head"},
		} {
			if x.set {
				s += "[" + x.what + "]"
			}
		}
		switch {
		case n.Kind == Text:
			s = fmt.Sprintf("%q", n.Content)
		case n.Content != "":
			s += fmt.Sprintf("%q", n.Content)
		case len(n.Children) > 0:
			s += "(" + sketch(n.Children) + ")"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	p := NewParser()
	for source, want := range map[string]string{
		"":                          "",
		"hello":                     `p("hello")`,
		"*a* **b** ~~c~~ `d*`":      `p(em("a") " " strong("b") " " strike("c") " " code"d*")`,
		"a\nb  \nc\\\nd":            `p("a" br "b" br[hard] "c" br[hard] "d")`,
		"a\n\nb":                    `p("a") p("b")`,
		"# a\n\nb\n===":             `h[1]("a") h[1]("b")`,
		"---":                       `hr`,
		"> a\n> > b":                `quote(p("a") quote(p("b")))`,
		"- a\n- b\n  1. c":          `list(item("a") item("b" list[from 1](item("c"))))`,
		"3. a\n\n4. b":              `list[from 3](item(p("a")) item(p("b")))`,
		"- [ ] a\n- [x] b":          `list(item[checked=false]("a") item[checked=true]("b"))`,
		"```go x\nf()\n\ng()\n```":  `codeblock[lang=go]"f()\n\ng()"`,
		"```g":                      `codeblock[lang=g]`,
		"```\nnot closed":           `codeblock"not closed"`,
		"    f()":                   `codeblock"f()"`,
		"|a|b|\n|:-|-:|\n|1|*2*|":   `table[left,right](row[head](cell[head]("a") cell[head]("b")) row(cell("1") cell(em("2"))))`,
		"<b>x</b> &amp; &copy y":    `p("<b>x</b> & &copy y")`,
		"<script>\n*x*\n</script>":  `p("<script>" br em("x") br "</script>")`,
		"<!-- x -->":                `p("<!-- x -->")`,
		`\*a\* \<b \&amp; \\`:       `p("*a* <b &amp; \\")`,
		"&lt;b&gt; &#42; &#x1F600;": "p(\"<b> * \U0001F600\")",

		"[a](https://x.example/?a=1&copy=2)": `p(link[https://x.example/?a=1&copy=2]("a"))`,
		"[*a*](mailto:a@x.example)":          `p(link[mailto:a@x.example](em("a")))`,
		"[a](javascript:alert(1))":           `p("[a](javascript:alert(1))")`,
		"[a](JAVASCRIPT:x)":                  `p("[a](JAVASCRIPT:x)")`,
		"[a](java&#10;script:x)":             `p("[a](java script:x)")`,
		"[a](data:text/html,x)":              `p("[a](data:text/html,x)")`,
		"[*a*](/relative)":                   `p("[" em("a") "](/relative)")`,
		"[a](//x.example)":                   `p("[a](//x.example)")`,
		"[a](https:x)":                       `p("[a](https:x)")`,
		"![a b](https://x.example/i.png)":    `p(image[https://x.example/i.png]("a b"))`,
		"![a](data:image/png,x)":             `p("![a](data:image/png,x)")`,
		"[Ann](mention:u-1) hi":              `p(mention[u-1]("Ann") " hi")`,
		"[Ann](mention:)":                    `p("[Ann](mention:)")`,
		"see https://x.example/a_b_c.":       `p("see " link[https://x.example/a_b_c]("https://x.example/a_b_c") ".")`,
		"www.x.example":                      `p(link[http://www.x.example]("www.x.example"))`,
		"<https://x.example>":                `p(link[https://x.example]("https://x.example"))`,
		"<javascript:x>":                     `p("javascript:x")`,
		"<a@x.example>":                      `p(link[mailto:a@x.example]("a@x.example"))`,
		"[a][r]\n\n[r]: https://x.example":   `p(link[https://x.example]("a"))`,
		strings.Repeat("*a*. ", 40) + "b":    "p(" + strings.Repeat(`em("a") ". " `, 39) + `em("a") ". b")`,
		"[note]: nobody":                     `p("[note]: nobody")`,
	} {
		if got := sketch(p.Markdown(source)); got != want {
			t.Errorf("%q\n got %s\nwant %s", source, got, want)
		}
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	if got, want := sketch(Plain("*a*\r\n\n<b>\n")), `p("*a*" br[hard] br[hard] "<b>")`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := Plain(""); got != nil {
		t.Errorf("nothing became %v", got)
	}
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	got := PlainText(NewParser().Markdown("# A\n\n*b* [c](https://x.example)\nd\n\n- e\n- f\n\n|g|h|\n|-|-|\n|i|j|\n\n```\nk\n```"))
	if want := "A\n\nb c\nd\n\ne\nf\n\ng\th\ni\tj\n\nk"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// TestTooMuchIsPlain: what would make a large tree is shown as it stands, in
// good time.
func TestTooMuchIsPlain(t *testing.T) {
	t.Parallel()
	p := NewParser()
	for name, source := range map[string]string{
		"quotes":         strings.Repeat(">", 100_000) + "a",
		"lists":          strings.Repeat("- ", 50_000) + "a",
		"numbered lists": strings.Repeat("1. ", 30_000) + "a",
		"nodes":          strings.Repeat("*a* ", 10_000),
		"brackets":       strings.Repeat("[a](", 10_000),
		"emphases":       strings.Repeat("*a_ ", maxRuns/2+1),
		"length":         strings.Repeat("*a* and some more ", 5_000),
		"wide table":     strings.Repeat("|a", 1300) + "\n" + strings.Repeat("|-", 1300) + strings.Repeat("\nx", 5000),
		"quoted table":   "> " + strings.Repeat("|a", 1300) + "\n> 1. a\n>    " + strings.Repeat("|-", 1300) + strings.Repeat("\n>    >", 1500),
		"one address":    strings.Repeat("[a]", 900) + "\n\n[a]: http://x.example/" + strings.Repeat("&", 12_000),
	} {
		start := time.Now()
		got := p.Markdown(source)
		if diff := cmp.Diff(Plain(source), got); diff != "" {
			t.Errorf("%s: not as it stands: %.200s", name, diff)
		}
		t.Logf("%s: %v", name, time.Since(start))
	}
}

// TestMemory: what would take the parser much memory is refused before it
// does: a wide table whose rows it fills up took a gigabyte, emphasis within
// emphasis 72 MB. It is not parallel, to count only its own.
func TestMemory(t *testing.T) {
	p := NewParser()
	for name, source := range map[string]string{
		"wide table":         strings.Repeat("|a", 1300) + "\n" + strings.Repeat("|-", 1300) + strings.Repeat("\nx", 5000),
		"emphasis":           strings.Repeat("*a_ ", 4<<10),
		"emphasis in blocks": strings.Repeat(strings.Repeat("*a_ ", maxRuns/2-1)+"\n\n", 4),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p.Markdown(source)
		runtime.ReadMemStats(&after)
		t.Logf("%s: %d KiB", name, (after.TotalAlloc-before.TotalAlloc)>>10)
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 32 {
			t.Errorf("%s: %d bytes of source take %d MiB", name, len(source), took)
		}
	}
}

// TestHardSources: nothing that is known to be hard on Markdown parsers takes
// long. The bound is far above what is measured, for slow machines.
func TestHardSources(t *testing.T) {
	t.Parallel()
	const n = 16 << 10 // a visitor's message
	p := NewParser()
	for _, unit := range []string{"*a **a ", "[", "![", "`a``b", "[a](", "<", "&", "a*", "_", "~~a", "|-", "[a]: b\n", "> - ", "\\", "www.", "http://", "\t", "- a\n", "*\n"} {
		source := strings.Repeat(unit, n/len(unit))
		start := time.Now()
		p.Markdown(source)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%q over and over takes %v", unit, took)
		} else {
			t.Logf("%q: %v", unit, took)
		}
	}
}

// pieces are what sources are made of in the property tests: no entities, no
// fences and no titles, which leave out letters on purpose.
func pieces() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
			"a", "bé", "c ", "*", "**", "_", "~~", "> ", "# ", "- ", "1. ", "[", "]", "(", ")", "](", "!", "<", ">", "\n", "\n\n",
			"|", "|-|-|\n", " ", "    ", ":", "https://x.example/", "javascript:", "mention:", "\\", "<b>", "<!--", "[ ] ", "===\n", "---\n",
		}), 0, 40).Draw(t, "pieces"), "")
	})
}

// aside is what CommonMark has beside the text: definitions, what follows the
// language behind a fence, and our mentions.
var aside = regexp.MustCompile("\\]:|mention:|(```|~~~).* ")

// TestNoLetterIsLost: every letter of the source is somewhere in the tree, in
// the order of the source, but for where a link leads, which comes after its
// label in the one and before it in the other.
func TestNoLetterIsLost(t *testing.T) {
	t.Parallel()
	p := NewParser()
	rapid.Check(t, func(t *rapid.T) {
		source := pieces().Draw(t, "source")
		counts := map[rune]int{}
		for _, r := range source {
			counts[r]++
		}
		Walk(p.Markdown(source), func(n Node) {
			for _, r := range n.Content + n.Lang + n.Href + n.ID {
				counts[r]--
			}
		})
		for r, n := range counts {
			if unicode.IsLetter(r) && n > 0 && !aside.MatchString(source) {
				t.Fatalf("%q lost %q %d times: %s", source, r, n, sketch(p.Markdown(source)))
			}
		}
	})
}

// TestPlainKeepsAll: a plain source comes out as it went in.
func TestPlainKeepsAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		source := rapid.String().Draw(t, "source")
		want := strings.TrimSpace(strings.ReplaceAll(source, "\r\n", "\n"))
		if got := PlainText(Plain(source)); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func FuzzMarkdown(f *testing.F) {
	for _, s := range []string{"*a*", "[a](b)", "```\nx", "|a|\n|-|\n|b|", "- [x] a", "> 1. a", "<b>", "[a]: b", "&#0;", "\x00\xff"} {
		f.Add(s)
	}
	p := NewParser()
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 4<<10 {
			return
		}
		nodes := 0
		var check func(in []Node, depth int)
		check = func(in []Node, depth int) {
			if depth > maxDepth+2 {
				t.Fatalf("the tree is deeper than %d", maxDepth+2)
			}
			for _, n := range in {
				nodes++
				switch n.Kind {
				case Link, Image:
					if !allowed(n.Href) {
						t.Errorf("a link leads to %q", n.Href)
					}
				case Text:
					if strings.Contains(n.Content, "\n") {
						t.Errorf("a text holds a line break: %q", n.Content)
					}
				}
				check(n.Children, depth+1)
			}
		}
		check(p.Markdown(source), 0)
		if nodes > maxNodes && nodes > 2*len(source)+1 {
			t.Errorf("%d nodes", nodes)
		}
	})
}
