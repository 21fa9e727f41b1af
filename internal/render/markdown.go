package render

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// What a tree may have at most. A source that asks for more is shown as it was
// written: Plain.
const (
	maxDepth    = 32
	maxNodes    = 8192
	maxSource   = 64 << 10 // bytes
	maxBrackets = 1000
	maxRuns     = 2000 // of * _ and ~ without an empty line between
)

// Parser reads Markdown: CommonMark without HTML, and GitHub's tables,
// strike-through, task lists and bare addresses. It is safe for concurrent
// use.
type Parser struct{ markdown parser.Parser }

// NewParser makes a parser. Its parts are goldmark's own but for those of HTML.
func NewParser() *Parser {
	return &Parser{markdown: parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(extension.NewTaskCheckBoxParser(), 0),
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
			util.Prioritized(extension.NewStrikethroughParser(), 500),
			util.Prioritized(extension.NewLinkifyParser(extension.WithLinkifyAllowedProtocols([]string{"http:", "https:"})), 999),
		),
		parser.WithParagraphTransformers(
			util.Prioritized(parser.LinkReferenceParagraphTransformer, 100),
			util.Prioritized(extension.NewTableParagraphTransformer(), 200),
		),
		parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
	)}
}

// Markdown reads a source. It never fails: what cannot be read as Markdown, or
// would make too large a tree, is returned as Plain does.
func (p *Parser) Markdown(source string) (nodes []Node) {
	if tooMuch(source) {
		return Plain(source)
	}
	// The parser is not ours, and the source is anybody's.
	defer func() {
		if recover() != nil {
			nodes = Plain(source)
		}
	}()
	if !strings.HasSuffix(source, "\n") {
		source += "\n" // or the parser loses a letter alone behind a fence
	}
	src := []byte(source)
	doc := p.markdown.Parse(text.NewReader(src))
	c := &converter{source: src, used: usedReferences(doc)}
	nodes = c.children(doc, 0)
	if c.over {
		return Plain(source)
	}
	return nodes
}

// usedReferences are the labels that some link of the document refers to.
func usedReferences(doc ast.Node) map[string]bool {
	used := map[string]bool{}
	note := func(r *ast.ReferenceLink) {
		if r != nil {
			used[util.ToLinkReference(r.Value)] = true
		}
	}
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			switch n := n.(type) {
			case *ast.Link:
				note(n.Reference)
			case *ast.Image:
				note(n.Reference)
			}
		}
		return ast.WalkContinue, nil
	})
	return used
}

// tooMuch looks for what would take the parser long: its time grows with the
// square of the blocks that one line opens, of the brackets, and of the runs
// that may emphasize something in one block, be they in its code. Its memory
// grows with the columns of a table times its rows, since each row is filled up.
func tooMuch(source string) bool {
	if len(source) > maxSource || strings.Count(source, "[") > maxBrackets {
		return true
	}
	columns, cells, emphases := 0, 0, 0
	for line := range strings.Lines(source) {
		if opens(line) > maxDepth {
			return true
		}
		if strings.Trim(line, " \t\r\n") == "" {
			columns, emphases = 0, 0 // no table and no paragraph goes on after it
		}
		if emphases += runs(line); emphases > maxRuns {
			return true
		}
		if cells += columns; cells > maxNodes {
			return true
		}
		columns = max(columns, delimits(line))
	}
	return false
}

// delimits is of how many columns a table may be whose head a line sets apart
// from its rows, be it in a quote or a list; 0 = it does not.
func delimits(line string) int {
	if strings.Trim(line, "|-: \t\r\n\v\f>*+.)0123456789") != "" {
		return 0
	}
	if pipes := strings.Count(line, "|"); pipes > 0 {
		return pipes + 1
	}
	return 0
}

// runs counts the runs of marks that may emphasize something.
func runs(line string) int {
	n := 0
	last := byte(0)
	for _, b := range []byte(line) {
		if b != last && (b == '*' || b == '_' || b == '~') {
			n++
		}
		last = b
	}
	return n
}

// opens counts the marks of quotes and lists before a line's text.
func opens(line string) int {
	n := 0
	for i, b := range []byte(line) {
		switch {
		case b == '>':
			n++
		case strings.IndexByte("-*+.)", b) >= 0 && strings.HasPrefix(line[i+1:], " "):
			n++
		case b != ' ' && b != '\t' && (b < '0' || b > '9'):
			return n
		}
	}
	return n
}
