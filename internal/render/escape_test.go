package render

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestEscapedReadsAsItStands: whatever somebody writes comes back as that text
// and nothing else.
func TestEscapedReadsAsItStands(t *testing.T) {
	t.Parallel()
	p := NewParser()
	rapid.Check(t, func(t *rapid.T) {
		source := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{
			"a", "é ", "*", "**", "_", "`", "```", "\n", "- ", "1. ", "12) ", "# ", "> ", "[a](b)", "<b>", "&amp;", "\\", "~~", "|", "|-|", "===", "---", "+ ", "+++", ": ", "!", "7",
		}), 0, 20).Draw(t, "pieces"), "")
		want := inked(source)
		nodes := p.Markdown(Escape(source, true))
		if got := inked(PlainText(nodes)); got != want {
			t.Fatalf("%q escaped is %q, which reads %q", source, Escape(source, true), got)
		}
		Walk(nodes, func(n Node) {
			if n.Kind != Paragraph && n.Kind != Text && n.Kind != Break {
				t.Fatalf("%q escaped is %q, which has mark-up: %s", source, Escape(source, true), sketch(nodes))
			}
		})
	})
}

func TestCodeIsKept(t *testing.T) {
	t.Parallel()
	p := NewParser()
	for _, code := range []string{"a", "`a`", "a``b", "*a*", "``` x"} {
		if got := sketch(p.Markdown(CodeSpan(code))); got != sketch([]Node{{Kind: Paragraph, Children: []Node{{Kind: Code, Content: code}}}}) {
			t.Errorf("%q as code reads %s", code, got)
		}
		if got := sketch(p.Markdown(Fence(code, "go"))); got != sketch([]Node{{Kind: CodeBlock, Lang: "go", Content: code}}) {
			t.Errorf("%q in a fence reads %s", code, got)
		}
	}
}
