package render

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var token = regexp.MustCompile(`Ω[α-κ]+`)

// greek is the nth word of a source: its number in letters that stand nowhere
// else in it.
func greek(n int) string {
	return "Ω" + strings.Map(func(r rune) rune { return 'α' + r - '0' }, strconv.Itoa(n))
}

// words are the words that a text shows, as one.
func words(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'Ω' && r <= 'ω' {
			return r
		}
		return -1
	}, text)
}

// sources are Markdown whose words are all different.
func sources() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		n := 0
		word := func() string { n++; return greek(n) }
		inline := func() string {
			var b strings.Builder
			for range rapid.IntRange(1, 6).Draw(t, "words") {
				w := word()
				b.WriteString(rapid.SampledFrom([]string{
					w, w + " " + word(), "**" + w + "**", "*" + w + " " + word() + "*", "~~" + w + "~~", "`" + w + "`", "[" + w + "](http://x.y/a)", "![" + w + "](http://x.y/i.png)",
					"[" + w + "](mention:5)", "**[" + w + "](http://x.y/" + strings.Repeat("z", 60) + ")**", "<b>" + w + "</b>", "*" + w + " **" + word() + "** " + word() + "*", "http://x.y/" + w, "[" + w + "](javascript:x)", `\*` + w, "[" + w + "][ref]",
				}).Draw(t, "inline"))
				b.WriteString(rapid.SampledFrom([]string{" ", ". ", "  ", ", "}).Draw(t, "space"))
			}
			return strings.TrimSpace(b.String())
		}
		table := func() string {
			cols := rapid.IntRange(1, 4).Draw(t, "cols")
			row := func() string {
				var cells []string
				for range cols {
					cells = append(cells, strings.ReplaceAll(inline(), "|", ""))
				}
				return "|" + strings.Join(cells, "|") + "|\n"
			}
			var head []string
			for range cols {
				head = append(head, word())
			}
			s := "|" + strings.Join(head, "|") + "|\n|" + strings.Repeat("-|", cols) + "\n"
			for range rapid.IntRange(0, 5).Draw(t, "rows") {
				s += row()
			}
			return s
		}
		var blocks []string
		for range rapid.IntRange(1, 8).Draw(t, "blocks") {
			blocks = append(blocks, rapid.SampledFrom([]func() string{
				inline, inline,
				func() string { return "# " + inline() },
				func() string { return "> " + inline() + "\n>\n> - " + inline() + "\n> - " + inline() },
				func() string {
					return "- " + inline() + "\n- " + inline() + "\n  - " + inline() + "\n\n    " + inline()
				},
				func() string { return "3. " + inline() + "\n4. " + inline() },
				func() string { return "- [x] " + inline() },
				func() string { return "```go\n" + word() + "\n\n" + word() + " " + word() + "\n```" },
				func() string { return "    " + word() + "\n    " + word() },
				func() string { return inline() + "  \n" + inline() + "\n" + inline() },
				func() string { return "---" },
				func() string { return "[" + word() + "]: http://x.y/r \"" + word() + "\"" },
				func() string { return inline() + "\n===" },
				table,
				func() string { return "> " + strings.ReplaceAll(strings.TrimSuffix(table(), "\n"), "\n", "\n> ") },
				func() string {
					return "- " + inline() + "\n\n  " + strings.ReplaceAll(strings.TrimSuffix(table(), "\n"), "\n", "\n  ")
				},
			}).Draw(t, "block")())
		}
		return strings.Join(blocks, "\n\n")
	})
}

// shown is how many letters of nodes are shown, without their mark-up.
func shown(nodes []Node) int {
	n := 0
	for _, r := range (Layout{}).Runs(nodes) {
		n += CodePoints(r.Text)
	}
	return n
}

// TestNoWordIsLost: whatever it stands in, each word of a source is shown, in
// order, and once; but a table's head, which each of its parts repeats.
func TestNoWordIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		source := sources().Draw(t, "source")
		limit := rapid.IntRange(150, 500).Draw(t, "limit")
		nodes := NewParser().Markdown(source)
		parts, err := Split(nodes, func(n []Node) bool { return shown(n) <= limit })
		if err != nil {
			t.Fatal(err)
		}
		heads := map[string]bool{}
		Walk(nodes, func(n Node) {
			if n.Kind == Row && n.Head {
				for _, cell := range n.Children {
					heads[PlainText(cell.Children)] = true
				}
			}
		})
		less := func(text string) string { // the heads
			return token.ReplaceAllStringFunc(text, func(w string) string {
				if heads[w] {
					return ""
				}
				return w
			})
		}
		var all []string
		for _, p := range parts {
			if n := shown(p); n > limit {
				t.Fatalf("%d letters of %d: %q", n, limit, written(p))
			}
			if err := balanced(written(p)); err != nil {
				t.Fatalf("%q: %v", written(p), err)
			}
			var text strings.Builder
			for _, r := range (Layout{}).Runs(p) {
				text.WriteString(r.Text)
			}
			all = append(all, text.String())
		}
		whole := strings.Join(all, "\n-----\n")
		for head := range heads {
			if !strings.Contains(whole, head) {
				t.Fatalf("the head %s of a table is lost", head)
			}
		}
		if got, want := words(less(whole)), words(less(source)); got != want {
			t.Fatalf("%s\nof %q, in parts of %d:\n got %s\nwant %s", whole, source, limit, got, want)
		}
	})
}
