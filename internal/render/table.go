package render

import (
	"fmt"
	"strings"

	"github.com/rivo/uniseg"
)

// table lays a table out in columns, as a code block; one that is too wide as
// a list, a row to an item with the columns' names.
func (p *page) table(n *Node) {
	cells := make([][]string, len(n.Children))
	for i := range n.Children {
		for j := range n.Children[i].Children {
			cells[i] = append(cells[i], cellText(&n.Children[i].Children[j]))
		}
	}
	widths := columnWidths(cells)
	total := 3 * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	if total > p.layout.TableWidth {
		p.records(n)
		return
	}
	var b strings.Builder
	for i, row := range cells {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(columns(row, widths, n.Align))
		if n.Children[i].Head {
			b.WriteString("\n" + underline(widths))
		}
	}
	p.add(Run{Text: b.String(), Marks: []Mark{{Kind: CodeBlock}}})
}

// cellText is a cell on one line; a link says where it leads.
func cellText(cell *Node) string {
	var open func(nodes []Node) []Node
	open = func(nodes []Node) []Node {
		var out []Node
		for _, n := range nodes {
			if n.Kind == Link || n.Kind == Image {
				out = append(out, withAddress(n)...)
				continue
			}
			n.Children = open(n.Children)
			out = append(out, n)
		}
		return out
	}
	return strings.Join(strings.Fields(PlainText(open(cell.Children))), " ")
}

func columnWidths(cells [][]string) []int {
	var widths []int
	for _, row := range cells {
		for j, c := range row {
			if j == len(widths) {
				widths = append(widths, 0)
			}
			widths[j] = max(widths[j], uniseg.StringWidth(c))
		}
	}
	return widths
}

// columns is one row, each cell as wide as its column.
func columns(row []string, widths []int, align []string) string {
	var b strings.Builder
	for j, w := range widths {
		cell := ""
		if j < len(row) {
			cell = row[j]
		}
		space := w - uniseg.StringWidth(cell)
		left := 0
		if j < len(align) {
			left = map[string]int{"right": space, "center": space / 2}[align[j]]
		}
		if j > 0 {
			b.WriteString(" │ ")
		}
		fmt.Fprintf(&b, "%s%s%s", strings.Repeat(" ", left), cell, strings.Repeat(" ", space-left))
	}
	return strings.TrimRight(b.String(), " ")
}

func underline(widths []int) string {
	rules := make([]string, len(widths))
	for j, w := range widths {
		rules[j] = strings.Repeat("─", w)
	}
	return strings.Join(rules, "─┼─")
}

// records shows a table's rows as a list.
func (p *page) records(n *Node) {
	var names []Node
	list := Node{Kind: List}
	for i := range n.Children {
		row := &n.Children[i]
		if row.Head {
			names = row.Children
			continue
		}
		item := Node{Kind: Item}
		for j := range row.Children {
			if size(row.Children[j].Children) == 0 {
				continue
			}
			if len(item.Children) > 0 {
				item.Children = append(item.Children, Node{Kind: Break})
			}
			if j < len(names) && len(names[j].Children) > 0 {
				item.Children = append(item.Children,
					Node{Kind: Strong, Children: names[j].Children}, Node{Kind: Text, Content: ": "})
			}
			item.Children = append(item.Children, row.Children[j].Children...)
		}
		list.Children = append(list.Children, item)
	}
	if len(list.Children) == 0 { // a head alone
		list.Children = append(list.Children, Node{Kind: Item, Children: inlines(names)})
	}
	p.list(&list)
}
