package slack

import "github.com/posternhq/postern/internal/render"

// maxIndent is how deep Slack shows a list within lists.
const maxIndent = 8

// listOf is a list in Slack's own form: items of one paragraph each, with lists
// below it, which stand behind as lists of their own, further in. One with
// anything else in it is laid out as text.
func listOf(n *render.Node, indent int, mentions string) (lists []element, ok bool) {
	if n.Kind != render.List || indent > maxIndent {
		return nil, false
	}
	start := func(at int) element {
		e := element{Type: "rich_text_list", Style: "bullet", Indent: indent}
		if n.Ordered {
			e.Style, e.Offset = "ordered", max(n.Start+at-1, 0)
		}
		return e
	}
	open := start(0)
	for i := range n.Children {
		text, below, ok := itemOf(&n.Children[i], mentions)
		if !ok {
			return nil, false
		}
		open.Elements = append(open.Elements, text)
		for j := range below {
			inner, ok := listOf(&below[j], indent+1, mentions)
			if !ok {
				return nil, false
			}
			if len(open.Elements) > 0 {
				lists = append(lists, open)
			}
			lists = append(lists, inner...)
			open = start(i + 1)
		}
	}
	if len(open.Elements) > 0 {
		lists = append(lists, open)
	}
	return lists, len(lists) > 0
}

// itemOf is an item's text, and the lists below it.
func itemOf(n *render.Node, mentions string) (text element, below []render.Node, ok bool) {
	if n.Again {
		return text, nil, false
	}
	at := 0
	for at < len(n.Children) && n.Children[at].Kind != render.List {
		at++
	}
	for i := range n.Children {
		switch k := n.Children[i].Kind; {
		case i >= at && k != render.List, i < at && !isInline(k) && (k != render.Paragraph || at > 1):
			return text, nil, false
		}
	}
	text = element{Type: "rich_text_section"}
	if n.Task {
		text.Elements = joined(nil, element{Type: "text", Text: map[bool]string{false: "☐ ", true: "☑ "}[n.Checked]})
	}
	for _, r := range (render.Layout{}).Runs(n.Children[:at]) {
		text.Elements = joined(text.Elements, elementOf(r, mentions))
	}
	return text, n.Children[at:], len(text.Elements) > 0
}

func isInline(k render.Kind) bool {
	switch k {
	case render.Text, render.Code, render.Strong, render.Emphasis, render.Strike, render.Link, render.Mention, render.Image, render.Break:
		return true
	}
	return false
}
