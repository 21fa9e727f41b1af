// Package render turns what people and workers write into a small tree that
// no platform is named in, cuts the tree into parts that fit a platform, and
// lays it out in lines with marks. Each platform's encode writes those in its
// own dialect.
//
// The files follow the data: markdown, convert and text (source to tree, with
// grow before it for an answer that is still being written), split with place,
// cut and loosen (tree to parts), layout (part to runs), write (runs to text).
//
// Nothing in a source gets lost on the way: what is no mark-up, such as HTML,
// or not allowed, such as a link to javascript:, is in the tree as text.
package render

import "strings"

// Kind says what a node is.
type Kind int

// The kinds. Blocks hold blocks or inlines, inlines hold inlines.
const (
	Text      Kind = iota // Content
	Code                  // Content
	CodeBlock             // Content, lines without the last line break; Lang
	Strong
	Emphasis
	Strike
	Link    // Href
	Mention // ID; its children are the name as written
	Image   // Href; its children are the description
	Break   // Soft
	Rule
	Paragraph
	Heading // Level
	Quote
	List  // Ordered, Start
	Item  // Task, Checked, Again
	Table // Align; its children are rows, the first one the head
	Row   // Head
	Cell  // Head
)

// Node is one node of the tree. Which fields are set, its Kind says.
type Node struct {
	Kind     Kind
	Children []Node

	Content string // has no line break in a Text
	Lang    string // the first word after an opening fence
	Href    string // http, https or mailto
	ID      string
	Soft    bool // a line break that is only one in the source
	Level   int  // 1 to 6
	Ordered bool
	Start   int
	Task    bool // an item with a box
	Checked bool
	Again   bool     // an item that began in an earlier part: see Split
	Align   []string // of each column: "", left, center or right
	Head    bool
}

// Walk calls f for each node, parents first, in the order of the text.
func Walk(nodes []Node, f func(Node)) {
	for _, n := range nodes {
		f(n)
		Walk(n.Children, f)
	}
}

// PlainText is what a reader sees of the nodes, without any mark-up: lines,
// with an empty one between blocks.
func PlainText(nodes []Node) string {
	var w textWriter
	w.nodes(nodes)
	return strings.TrimSpace(w.b.String())
}

// gap is what sets two texts apart, the widest last.
type gap int

const (
	noGap gap = iota
	tab
	newline
	emptyLine
)

// textWriter writes text; blocks are set apart as they begin and end.
type textWriter struct {
	b    strings.Builder
	next gap // before the next text
}

func (w *textWriter) text(s string) {
	if s == "" {
		return
	}
	w.b.WriteString([...]string{"", "\t", "\n", "\n\n"}[w.next])
	w.next = noGap
	w.b.WriteString(s)
}

func (w *textWriter) nodes(nodes []Node) {
	for _, n := range nodes {
		w.separate(around(n.Kind))
		switch n.Kind {
		case Text, Code, CodeBlock:
			w.text(n.Content)
		case Break:
			w.text("\n")
		default:
			w.nodes(n.Children)
		}
		w.separate(around(n.Kind))
	}
}

// separate asks for a gap before the next text; of several, the widest stays.
func (w *textWriter) separate(g gap) {
	if w.b.Len() > 0 {
		w.next = max(w.next, g)
	}
}

func around(k Kind) gap {
	switch k {
	case Paragraph, Heading, Quote, List, Table, CodeBlock, Rule:
		return emptyLine
	case Item, Row:
		return newline
	case Cell:
		return tab
	default:
		return noGap
	}
}
