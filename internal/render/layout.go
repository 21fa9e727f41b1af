package render

import (
	"strconv"
	"strings"

	"github.com/rivo/uniseg"
)

// Layout turns a tree into runs: blocks become lines, with bullets, numbers and
// indents as text, and what a platform has mark-up for becomes marks. The zero
// value is for a platform that shows nothing but text.
type Layout struct {
	Bullet     string                 // before an item of a list without numbers; "" is "• "
	Indent     string                 // before each line of a nested list, for each level; "" is two spaces
	QuoteLine  string                 // mark-up before each line of a quote; "" for a mark alone, or none
	Heading    func(level int) string // mark-up before a heading; nil: it is strong
	TableWidth int                    // columns of text that a table may have; a wider one becomes a list; 0 is 60
}

// Mark is the mark-up of a run: a Strong, Emphasis, Strike, Code, CodeBlock,
// Link, Mention, Image or Quote, with what the node of its kind had.
type Mark struct {
	Kind Kind
	Href string
	ID   string
	Lang string
}

// Run is a text with the marks that are on it, the outermost first. Raw is
// mark-up itself, which is not to be escaped.
type Run struct {
	Text  string
	Marks []Mark
	Raw   bool
}

// Runs lays a tree out. A run that holds a line break outside a code block
// bears marks of blocks only, so that no emphasis goes over a line's end.
func (l Layout) Runs(nodes []Node) []Run {
	if l.Bullet == "" {
		l.Bullet = "• "
	}
	if l.Indent == "" {
		l.Indent = "  "
	}
	if l.TableWidth == 0 {
		l.TableWidth = 60
	}
	p := &page{layout: l, fresh: true}
	p.blocks(nodes, false)
	return p.runs
}

// page is a layout under way.
type page struct {
	layout Layout
	runs   []Run
	prefix []Run  // before each line: quotes and indents
	begun  int    // how many of them stand on this line, or something in their place
	quotes []Mark // the quotes we are in
	next   gap    // before the next text
	fresh  bool   // nothing stands on this line but what is before it
}

// blocks lays blocks, or the inlines of one, out; tight ones stand on lines
// that follow each other.
func (p *page) blocks(nodes []Node, tight bool) {
	for i := range nodes {
		n := &nodes[i]
		g := around(n.Kind)
		if g == noGap {
			p.inline(nodes[i:i+1], nil)
			continue
		}
		if tight {
			g = newline
		}
		p.apart(g)
		p.block(n)
		p.apart(g)
	}
}

// apart asks for a gap before the next text; of several, the widest stays.
func (p *page) apart(g gap) {
	if len(p.runs) > 0 && !p.fresh {
		p.next = max(p.next, g)
	}
}

func (p *page) block(n *Node) {
	switch n.Kind {
	case Heading:
		if p.layout.Heading == nil {
			p.inline(n.Children, []Mark{{Kind: Strong}})
			return
		}
		p.add(Run{Text: p.layout.Heading(n.Level), Raw: true})
		p.inline(n.Children, nil)
	case CodeBlock:
		p.add(Run{Text: n.Content, Marks: []Mark{{Kind: CodeBlock, Lang: n.Lang}}})
	case Rule:
		p.add(Run{Text: "──────────"})
	case Quote:
		p.quote(n)
	case List:
		p.list(n)
	case Table:
		p.table(n)
	default:
		p.blocks(n.Children, false)
	}
}

func (p *page) quote(n *Node) {
	p.flush()
	p.quotes = append(p.quotes, Mark{Kind: Quote})
	defer p.within(p.layout.QuoteLine, true)()
	p.blocks(n.Children, false)
	p.quotes = p.quotes[:len(p.quotes)-1]
}

// within puts a prefix before each line that begins from now on, until the
// function it returns is called.
func (p *page) within(prefix string, raw bool) (leave func()) {
	before := p.prefix
	if prefix != "" {
		p.prefix = append(before[:len(before):len(before)], Run{Text: prefix, Raw: raw})
	}
	return func() {
		p.prefix = before
		p.begun = min(p.begun, len(before))
	}
}

func (p *page) list(n *Node) {
	tight := isTight(n)
	for i := range n.Children {
		item := &n.Children[i]
		if i > 0 {
			p.apart(newline)
			if !tight {
				p.apart(emptyLine)
			}
		}
		p.flush()
		p.item(n, item, n.Start+i, tight)
	}
}

func (p *page) item(list, item *Node, number int, tight bool) {
	mark := p.layout.Bullet
	if list.Ordered {
		mark = strconv.Itoa(number) + ". "
	}
	indent := p.layout.Indent
	if list.Ordered && uniseg.StringWidth(indent) < len(mark) {
		indent += strings.Repeat(" ", len(mark)-uniseg.StringWidth(indent))
	}
	switch {
	case item.Again:
		mark = indent
	case item.Task && item.Checked:
		mark += "☑ "
	case item.Task:
		mark += "☐ "
	}
	p.mark(mark)
	leave := p.within(indent, false)
	p.begun = len(p.prefix)
	p.blocks(item.Children, tight)
	leave()
}

// mark begins a line with what stands before an item: it is ours, not to be
// escaped.
func (p *page) mark(s string) {
	p.add(Run{Text: s, Raw: true})
	p.fresh = true
}

// isTight says of a list that no item holds a paragraph of its own.
func isTight(list *Node) bool {
	for i := range list.Children {
		for j := range list.Children[i].Children {
			if list.Children[i].Children[j].Kind == Paragraph {
				return false
			}
		}
	}
	return true
}

// inline lays inlines out under marks.
func (p *page) inline(nodes []Node, marks []Mark) {
	under := func(m Mark) []Mark { return append(marks[:len(marks):len(marks)], m) }
	for i := range nodes {
		switch n := &nodes[i]; n.Kind {
		case Text:
			p.add(Run{Text: n.Content, Marks: marks})
		case Code:
			p.add(Run{Text: n.Content, Marks: under(Mark{Kind: Code})})
		case Break:
			p.breakLine()
		case Mention:
			p.whole(n, under(Mark{Kind: Mention, ID: n.ID}), n.ID)
		case Image:
			p.whole(n, under(Mark{Kind: Image, Href: n.Href}), n.Href)
		case Link:
			p.inline(n.Children, under(Mark{Kind: Link, Href: n.Href}))
		case Strong, Emphasis, Strike:
			if has(marks, n.Kind) {
				p.inline(n.Children, marks)
			} else {
				p.inline(n.Children, under(Mark{Kind: n.Kind}))
			}
		default:
			p.blocks(nodes[i:i+1], true)
		}
	}
}

// whole is a mention or an image: its name in one run.
func (p *page) whole(n *Node, marks []Mark, otherwise string) {
	name := strings.Join(strings.Fields(PlainText(n.Children)), " ")
	if name == "" {
		name = otherwise
	}
	p.add(Run{Text: name, Marks: marks})
}

func has(marks []Mark, k Kind) bool {
	for _, m := range marks {
		if m.Kind == k {
			return true
		}
	}
	return false
}

// quoted puts the quotes that we are in around marks.
func (p *page) quoted(marks []Mark) []Mark {
	if len(p.quotes) == 0 {
		return marks
	}
	return append(p.quotes[:len(p.quotes):len(p.quotes)], marks...)
}

// add appends a run behind the gap that was asked for.
func (p *page) add(r Run) {
	if r.Text == "" {
		return
	}
	p.flush()
	p.begin(false)
	r.Marks = p.quoted(r.Marks)
	p.runs = append(p.runs, r)
	p.fresh = false
}

// flush makes the gap that was asked for.
func (p *page) flush() {
	for range map[gap]int{newline: 1, emptyLine: 2}[p.next] {
		p.breakLine()
	}
	if p.next == tab {
		p.runs = append(p.runs, Run{Text: " ", Marks: p.quoted(nil)})
	}
	p.next = noGap
}

// begin writes what stands before a line and is not there yet: all of it, or on
// an empty line only the mark-up.
func (p *page) begin(empty bool) {
	for ; p.begun < len(p.prefix); p.begun++ {
		r := p.prefix[p.begun]
		r.Marks = p.quoted(nil)
		if r.Raw || !empty {
			p.runs = append(p.runs, r)
		}
	}
}

// breakLine ends a line.
func (p *page) breakLine() {
	p.next = noGap
	p.begin(true)
	p.runs = append(p.runs, Run{Text: "\n", Marks: p.quoted(nil)})
	p.begun, p.fresh = 0, true
}
