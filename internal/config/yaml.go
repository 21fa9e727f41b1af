package config

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxFile is more than a config of a thousand platforms needs, in bytes.
const maxFile = 1 << 20

// maxDepth is more than twice the depth of the deepest key.
const maxDepth = 16

// parseYAML turns a file into a tree. An empty file is an empty group.
func parseYAML(file string, data []byte) (*node, Errors) {
	whole := Position{File: file}
	if len(data) > maxFile {
		return nil, Errors{{At: whole, Message: fmt.Sprintf("has %d bytes, at most %d are read", len(data), maxFile)}}
	}
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, Errors{syntaxProblem(whole, err)}
	}
	p := yamlReader{file: file}
	root := &node{at: whole, shape: shapeGroup}
	for i, doc := range parsed.Docs {
		if doc.Body == nil {
			continue
		}
		if i > 0 {
			p.refuse(doc.Body, "a second document: the config is one document, without ---")
			break
		}
		root = p.node(doc.Body, 0)
	}
	return root, p.problems
}

// syntaxProblem keeps the parser's message and place, and leaves out the
// source around it that the parser would quote.
func syntaxProblem(whole Position, err error) Problem {
	if syntax, ok := errors.AsType[*yaml.SyntaxError](err); ok {
		return Problem{At: positionOf(whole.File, syntax.Token), Message: "is not YAML here: " + syntax.Message}
	}
	return Problem{At: whole, Message: "is not YAML"}
}

func positionOf(file string, t *token.Token) Position {
	if t == nil || t.Position == nil {
		return Position{File: file}
	}
	return Position{File: file, Line: t.Position.Line, Column: t.Position.Column}
}

// yamlReader turns the parser's nodes into ours.
type yamlReader struct {
	file     string
	problems Errors
}

func (p *yamlReader) at(n ast.Node) Position { return positionOf(p.file, n.GetToken()) }

func (p *yamlReader) refuse(n ast.Node, message string) *node {
	p.problems = append(p.problems, Problem{At: p.at(n), Message: message})
	return &node{at: p.at(n)}
}

func (p *yamlReader) node(n ast.Node, depth int) *node {
	if depth > maxDepth {
		return p.refuse(n, "is nested too deep")
	}
	switch n := n.(type) {
	case *ast.NullNode:
		return &node{at: p.at(n)}
	case *ast.StringNode:
		return &node{at: p.at(n), shape: shapeString, text: n.Value}
	case *ast.LiteralNode:
		return &node{at: p.at(n), shape: shapeString, text: n.Value.Value}
	case *ast.BoolNode:
		return &node{at: p.at(n), shape: shapeBool, text: n.Token.Value}
	case *ast.IntegerNode:
		return &node{at: p.at(n), shape: shapeNumber, text: n.Token.Value}
	case *ast.FloatNode:
		return &node{at: p.at(n), shape: shapeNumber, text: n.Token.Value}
	case *ast.MappingValueNode:
		out := &node{at: p.at(n.Key), shape: shapeGroup}
		p.entry(out, n, depth)
		return out
	case *ast.MappingNode:
		out := &node{at: p.at(n), shape: shapeGroup}
		if len(n.Values) > 0 {
			out.at = p.at(n.Values[0].Key)
		}
		for _, v := range n.Values {
			p.entry(out, v, depth)
		}
		return out
	case *ast.SequenceNode:
		out := &node{at: p.at(n), shape: shapeList}
		for _, v := range n.Values {
			out.items = append(out.items, p.node(v, depth+1))
		}
		return out
	case *ast.AnchorNode, *ast.AliasNode:
		return p.refuse(n, "anchors (&) and aliases (*) are not read here: write the value out, or put it in quotes")
	case *ast.TagNode:
		return p.refuse(n, "tags (!) are not read here: put the value in quotes if it is a string")
	}
	return p.refuse(n, "this kind of YAML value is not read here")
}

func (p *yamlReader) entry(into *node, n *ast.MappingValueNode, depth int) {
	key, ok := n.Key.(*ast.StringNode)
	if !ok {
		p.refuse(n.Key, "this key is not a plain word")
		return
	}
	into.group = append(into.group, entry{key: key.Value, at: p.at(key), value: p.node(n.Value, depth+1)})
}
