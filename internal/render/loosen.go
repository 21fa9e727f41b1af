package render

import "slices"

// loosen takes one piece of mark-up from around the first text of a tree,
// which fits in no part with it: a link, a mention or a picture first, then
// the fence or the emphasis, then the outermost block. It keeps the text. It
// says whether there was any.
func loosen(nodes []Node) ([]Node, bool) {
	if len(nodes) == 0 {
		return nil, false
	}
	for _, kinds := range [][]Kind{
		{Link, Mention, Image, CodeBlock, Code, Strong, Emphasis, Strike},
		{Table, Row, Cell, Quote, List, Item, Heading, Rule},
	} {
		if looser, ok := loosenFirst(nodes, kinds); ok {
			return looser, true
		}
	}
	return nodes, false
}

// loosenFirst replaces the first node of these kinds on the way to the first
// text.
func loosenFirst(nodes []Node, kinds []Kind) ([]Node, bool) {
	if len(nodes) == 0 {
		return nil, false
	}
	first := nodes[0]
	if slices.Contains(kinds, first.Kind) {
		return slices.Concat(bare(first), nodes[1:]), true
	}
	children, ok := loosenFirst(first.Children, kinds)
	if !ok {
		return nil, false
	}
	first.Children = children
	return slices.Concat([]Node{first}, nodes[1:]), true
}

// bare is a node without its mark-up.
func bare(n Node) []Node {
	switch n.Kind {
	case Code:
		return addText(nil, n.Content)
	case CodeBlock:
		source := n.Content
		if n.Lang != "" {
			source = n.Lang + "\n" + source
		}
		return Plain(source)
	case Link, Image:
		return withAddress(n)
	case Row, Heading, Cell:
		return []Node{{Kind: Paragraph, Children: inlines(n.Children)}}
	case Item:
		return []Node{{Kind: Paragraph, Children: inlines(n.Children)}}
	default:
		return n.Children
	}
}

// withAddress is a link's label, and where it leads as text unless the label
// says it.
func withAddress(n Node) []Node {
	if PlainText(n.Children) == n.Href {
		return n.Children
	}
	out := slices.Clone(n.Children)
	if len(out) == 0 {
		return addText(out, n.Href)
	}
	return addText(out, " ("+n.Href+")")
}

// inlines are the inline nodes of blocks, with a line break or, for cells, a
// space between blocks.
func inlines(nodes []Node) []Node {
	var out []Node
	for _, n := range nodes {
		g := around(n.Kind)
		if g == noGap {
			out = append(out, n)
			continue
		}
		if len(out) > 0 {
			if g == tab {
				out = addText(out, " ")
			} else {
				out = append(out, Node{Kind: Break})
			}
		}
		if n.Kind == CodeBlock {
			out = append(out, lines(n.Content)...)
		} else {
			out = append(out, inlines(n.Children)...)
		}
	}
	return out
}
