package render

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"
)

// converter turns the parser's tree into ours.
type converter struct {
	source []byte
	used   map[string]bool // labels of link references that some link uses
	nodes  int
	hrefs  int  // bytes of all that links lead to: one reference serves many
	over   bool // the tree is larger than allowed; what was made of it is void
}

// children converts what a node holds.
func (c *converter) children(n ast.Node, depth int) []Node {
	if depth > maxDepth {
		c.over = true
	}
	var out []Node
	for child := n.FirstChild(); child != nil && !c.over; child = child.NextSibling() {
		out = c.add(out, child, depth)
	}
	return out
}

// add converts one node and appends it; text next to text becomes one.
func (c *converter) add(out []Node, n ast.Node, depth int) []Node {
	if c.nodes++; c.nodes > maxNodes {
		c.over = true
	}
	within := func() []Node { return c.children(n, depth+1) }
	switch n := n.(type) {
	case *ast.Text:
		s := string(n.Value(c.source))
		if !n.IsRaw() {
			s = unescape(s)
		}
		out = addText(out, s)
		if n.HardLineBreak() || n.SoftLineBreak() {
			out = append(out, Node{Kind: Break, Soft: !n.HardLineBreak()})
		}
		return out
	case *ast.String:
		return addText(out, string(n.Value))
	case *ast.TextBlock:
		return append(out, c.children(n, depth)...)
	case *extast.TaskCheckBox:
		return out // its item has looked at it
	case *ast.Link:
		c.leads(n.Destination)
		return append(out, link(Link, string(n.Destination), within())...)
	case *ast.Image:
		c.leads(n.Destination)
		return append(out, link(Image, string(n.Destination), within())...)
	case *ast.LinkReferenceDefinition:
		if c.used[util.ToLinkReference(n.Label)] {
			return out
		}
		return append(out, Node{Kind: Paragraph, Children: lines(c.lines(n))})
	}
	return append(out, c.plainer(n, within))
}

// leads counts what a link or an image leads to. Written out each time it
// could not be longer than a source may be.
func (c *converter) leads(destination []byte) {
	if c.hrefs += len(destination); c.hrefs > maxSource {
		c.over = true
	}
}

// plainer converts the nodes that become one of ours, whatever stands beside
// or in them.
func (c *converter) plainer(n ast.Node, within func() []Node) Node {
	switch n := n.(type) {
	case *ast.AutoLink:
		return c.autoLink(n)
	case *ast.CodeSpan:
		return Node{Kind: Code, Content: strings.ReplaceAll(c.rawText(n), "\n", " ")}
	case *ast.Emphasis:
		if n.Level >= 2 {
			return Node{Kind: Strong, Children: within()}
		}
		return Node{Kind: Emphasis, Children: within()}
	case *extast.Strikethrough:
		return Node{Kind: Strike, Children: within()}
	case *ast.CodeBlock:
		return Node{Kind: CodeBlock, Content: c.lines(n)}
	case *ast.FencedCodeBlock:
		return Node{Kind: CodeBlock, Content: c.lines(n), Lang: unescape(string(n.Language(c.source)))}
	case *ast.Heading:
		return Node{Kind: Heading, Level: n.Level, Children: within()}
	case *ast.ThematicBreak:
		return Node{Kind: Rule}
	case *ast.Blockquote:
		return Node{Kind: Quote, Children: within()}
	case *ast.List:
		return Node{Kind: List, Ordered: n.IsOrdered(), Start: n.Start, Children: within()}
	case *ast.ListItem:
		item := Node{Kind: Item, Children: within()}
		item.Task, item.Checked = task(n)
		return item
	case *extast.Table:
		return Node{Kind: Table, Align: alignments(n), Children: within()}
	case *extast.TableHeader:
		return Node{Kind: Row, Head: true, Children: within()}
	case *extast.TableRow:
		return Node{Kind: Row, Children: within()}
	case *extast.TableCell:
		return Node{Kind: Cell, Head: n.Parent().Kind() == extast.KindTableHeader, Children: within()}
	default: // a paragraph, and what a later parser may bring
		return Node{Kind: Paragraph, Children: within()}
	}
}

// autoLink is an address that stands there as itself.
func (c *converter) autoLink(n *ast.AutoLink) Node {
	label, href := string(n.Label(c.source)), string(n.URL(c.source))
	if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(href), "mailto:") {
		href = "mailto:" + href
	}
	if !allowed(href) {
		return Node{Kind: Text, Content: label}
	}
	return Node{Kind: Link, Href: href, Children: []Node{{Kind: Text, Content: label}}}
}

// lines are the source lines of a block, as they stand there, without the
// last line break.
func (c *converter) lines(n ast.Node) string {
	var b strings.Builder
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		b.Write(segment.Value(c.source))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// rawText is the text in a code span.
func (c *converter) rawText(n ast.Node) string {
	var b strings.Builder
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		if t, ok := child.(*ast.Text); ok {
			b.Write(t.Value(c.source))
		}
	}
	return b.String()
}

// task looks for the box of a task in an item's first line.
func task(item *ast.ListItem) (isTask, checked bool) {
	first := item.FirstChild()
	if first == nil {
		return false, false
	}
	box, ok := first.FirstChild().(*extast.TaskCheckBox)
	return ok, ok && box.IsChecked
}

func alignments(t *extast.Table) []string {
	names := map[extast.Alignment]string{
		extast.AlignLeft: "left", extast.AlignCenter: "center", extast.AlignRight: "right",
	}
	align := make([]string, len(t.Alignments))
	for i, a := range t.Alignments {
		align[i] = names[a]
	}
	return align
}
