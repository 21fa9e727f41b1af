package schema

import (
	"fmt"
	"strconv"
	"strings"
)

// checkReferences walks every subschema in the document and refuses a
// reference that leaves it, or that comes back to itself without going down
// into the value: a validator would follow that one until its stack ends.
func checkReferences(root map[string]any) error {
	w := referenceWalk{root: root, state: map[string]walkState{}}
	return w.all(root, "#")
}

type walkState int8

const (
	walkOpen walkState = iota + 1 // on the path being followed
	walkDone
)

type referenceWalk struct {
	root  map[string]any
	state map[string]walkState // by JSON pointer
}

// all checks node, and everything in it that might be a schema.
func (w referenceWalk) all(node any, at string) error {
	switch node := node.(type) {
	case map[string]any:
		if err := w.inPlace(node, at); err != nil {
			return err
		}
		for key, child := range node {
			if key == "enum" || key == "const" || key == "default" || key == "examples" {
				continue // values, not schemas
			}
			if err := w.all(child, at+"/"+escape(key)); err != nil {
				return err
			}
		}
	case []any:
		for i, child := range node {
			if err := w.all(child, at+"/"+strconv.Itoa(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// inPlace follows the keywords that apply a further schema to the same value.
func (w referenceWalk) inPlace(node map[string]any, at string) error {
	switch w.state[at] {
	case walkDone:
		return nil
	case walkOpen:
		return fmt.Errorf("the schema at %s refers to itself without an end", at)
	}
	w.state[at] = walkOpen
	defer func() { w.state[at] = walkDone }()

	if _, ok := node["$dynamicRef"].(string); ok {
		return fmt.Errorf("the schema at %s uses $dynamicRef, expected $ref", at)
	}
	if ref, ok := node["$ref"].(string); ok {
		target, ok := w.find(ref)
		if !ok {
			return fmt.Errorf("the schema at %s refers to %q, expected a place in the same schema, like #/$defs/name", at, ref)
		}
		if err := w.inPlace(target, ref); err != nil {
			return err
		}
	}
	for _, key := range []string{"not", "if", "then", "else"} {
		if child, ok := node[key].(map[string]any); ok {
			if err := w.inPlace(child, at+"/"+key); err != nil {
				return err
			}
		}
	}
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		children, _ := node[key].([]any)
		for i, child := range children {
			if child, ok := child.(map[string]any); ok {
				if err := w.inPlace(child, at+"/"+key+"/"+strconv.Itoa(i)); err != nil {
					return err
				}
			}
		}
	}
	for _, key := range []string{"dependentSchemas", "dependencies"} {
		children, _ := node[key].(map[string]any)
		for name, child := range children {
			if child, ok := child.(map[string]any); ok {
				if err := w.inPlace(child, at+"/"+key+"/"+escape(name)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// find follows a JSON pointer from the root: "#", "#/a/b/0". A boolean schema
// counts as an empty one, for it has nothing to follow.
func (w referenceWalk) find(ref string) (map[string]any, bool) {
	path, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, false
	}
	var node any = w.root
	if path != "" {
		tokens := strings.Split(path, "/")
		if tokens[0] != "" {
			return nil, false // an anchor
		}
		for _, token := range tokens[1:] {
			if node, ok = child(node, unescape(token)); !ok {
				return nil, false
			}
		}
	}
	if _, ok := node.(bool); ok {
		return map[string]any{}, true
	}
	found, ok := node.(map[string]any)
	return found, ok
}

func child(node any, token string) (any, bool) {
	switch node := node.(type) {
	case map[string]any:
		c, ok := node[token]
		return c, ok
	case []any:
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(node) {
			return node[i], true
		}
		return nil, false
	default:
		return nil, false
	}
}

func escape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
}

func unescape(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}
