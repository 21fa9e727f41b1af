package webchat

import (
	"encoding/json"

	"github.com/posternhq/postern/internal/render"
)

// node is a render.Node in the protocol's words.
type node struct {
	Kind     string   `json:"k"`
	Children []node   `json:"c,omitempty"`
	Text     *string  `json:"s,omitempty"`
	Lang     string   `json:"lang,omitempty"`
	Href     string   `json:"href,omitempty"`
	ID       string   `json:"id,omitempty"`
	Level    int      `json:"level,omitempty"`
	Ordered  bool     `json:"ordered,omitempty"`
	Start    int      `json:"start,omitempty"`
	Checked  *bool    `json:"checked,omitempty"`
	Align    []string `json:"align,omitempty"`
	Head     bool     `json:"head,omitempty"`
}

// kindNames are the protocol's names, in the order of render's kinds.
var kindNames = [...]string{
	render.Text: "text", render.Code: "code", render.CodeBlock: "codeblock", render.Strong: "strong", render.Emphasis: "em",
	render.Strike: "strike", render.Link: "link", render.Mention: "mention", render.Image: "image", render.Break: "br",
	render.Rule: "hr", render.Paragraph: "p", render.Heading: "h", render.Quote: "quote", render.List: "list",
	render.Item: "item", render.Table: "table", render.Row: "row", render.Cell: "cell",
}

// bodyOf is a text as a record's body. One whose tree takes up many times the
// bytes that a text may have is shown as it was written; and one of short lines
// or of characters that have to be escaped, as a block of code, which is a
// single node.
func bodyOf(text string, tree []render.Node, maxText int) json.RawMessage {
	most := 4*maxText + 4<<10
	body := encodeNodes(tree)
	if len(body) > most {
		body = encodeNodes(render.Plain(text))
	}
	if len(body) > most {
		body = encodeNodes([]render.Node{{Kind: render.CodeBlock, Content: text}})
	}
	return body
}

// encodeNodes is a tree as the protocol has it.
func encodeNodes(tree []render.Node) json.RawMessage {
	b, err := json.Marshal(nodes(tree))
	if err != nil { // strings, numbers and bools
		return nil
	}
	return b
}

func nodes(tree []render.Node) []node {
	out := make([]node, len(tree))
	for i, n := range tree {
		out[i] = node{
			Kind: kindNames[n.Kind], Children: nodes(n.Children), Lang: n.Lang, Href: n.Href, ID: n.ID,
			Level: n.Level, Ordered: n.Ordered, Align: n.Align, Head: n.Head,
		}
		if n.Ordered {
			out[i].Start = n.Start
		}
		switch n.Kind {
		case render.Text, render.Code, render.CodeBlock:
			out[i].Text = &n.Content
		case render.Item:
			if n.Task {
				out[i].Checked = &n.Checked
			}
		}
	}
	return out
}
