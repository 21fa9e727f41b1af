package render

import (
	"slices"
	"strings"
)

// between is what lies between two places of a tree, as a tree of its own,
// without white space at the seams.
func between(nodes []Node, from, to int) []Node {
	return trim(cut(nodes, from, to))
}

func cut(nodes []Node, from, to int) []Node {
	var out []Node
	at := 0
	for i := range nodes {
		if at >= to {
			break
		}
		n := &nodes[i]
		length := sizeOf(n)
		switch {
		case at+length <= from: // before it
		case at >= from && at+length <= to:
			out = append(out, *n)
		default:
			if piece, ok := through(n, max(from-at, 0), min(to-at, length)); ok {
				out = append(out, piece)
			}
		}
		at += length
	}
	return out
}

// through is the piece of one node that cuts leave.
func through(n *Node, from, to int) (Node, bool) {
	piece := *n
	if isText(n.Kind) {
		piece.Content = n.Content[from:to]
		if n.Kind == CodeBlock {
			piece.Content = strings.TrimSuffix(piece.Content, "\n")
		}
		return piece, piece.Content != ""
	}
	piece.Children = cut(n.Children, from, to)
	if len(piece.Children) == 0 {
		return piece, false
	}
	before, inside := passed(n.Children, from)
	switch n.Kind {
	case List:
		piece.Start += before
	case Item:
		piece.Again = n.Again || from > 0
	case Table:
		if head := n.Children[0]; head.Head && (before > 0 || inside) && !piece.Children[0].Head {
			piece.Children = slices.Insert(piece.Children, 0, head)
		}
	case Row:
		piece.Children = slices.Concat(make([]Node, before), piece.Children)
		for i := range before {
			piece.Children[i] = Node{Kind: Cell, Head: n.Head}
		}
	}
	return piece, true
}

// passed is how many nodes lie before a place, and whether it lies in one.
func passed(nodes []Node, at int) (before int, inside bool) {
	for i := range nodes {
		length := sizeOf(&nodes[i])
		if at < length {
			return i, at > 0
		}
		at -= length
	}
	return len(nodes), false
}

// trim drops white space from both ends of a tree: line breaks, and the spaces
// of texts that are not code.
func trim(nodes []Node) []Node {
	nodes = trimEnd(nodes, 0, strings.TrimLeft)
	return trimEnd(nodes, -1, strings.TrimRight)
}

// trimEnd drops white space from the first nodes (end 0) or the last (end -1).
// What it changes is copied: the tree it was cut from stays.
func trimEnd(nodes []Node, end int, cutset func(s, set string) string) []Node {
	for len(nodes) > 0 {
		i := end
		if end < 0 {
			i = len(nodes) - 1
		}
		n := nodes[i]
		gone := false
		switch {
		case n.Kind == Break:
			gone = true
		case n.Kind == Text:
			kept := cutset(n.Content, " \t\n")
			if kept == n.Content && kept != "" {
				return nodes
			}
			n.Content, gone = kept, kept == ""
		case isText(n.Kind) || isWhole(n.Kind) || len(n.Children) == 0 || n.Kind == Row || n.Kind == Table:
			return nodes
		default:
			children := trimEnd(n.Children, end, cutset)
			n.Children, gone = children, len(children) == 0
		}
		if gone {
			nodes = slices.Concat(nodes[:i], nodes[i+1:])
			continue
		}
		nodes = slices.Clone(nodes)
		nodes[i] = n
		return nodes
	}
	return nil
}
