package config

import (
	"slices"
	"strconv"
)

// shape is what a node of the tree is.
type shape int8

const (
	shapeNull   shape = iota // nothing written
	shapeString              // a string of the file
	shapeNumber              // an unquoted number of the file
	shapeBool                // an unquoted true or false of the file
	shapeAny                 // a variable's text, which reads as any scalar
	shapeGroup               // keys and values
	shapeList
)

// describe names the shape for an error. It never shows the value, which
// may be a secret in the wrong place.
func (s shape) describe() string {
	return [...]string{"nothing", "a string", "a number", "true or false", "a variable's text", "a group of keys", "a list"}[s]
}

// node is a value of the tree, before anything is known of its meaning.
type node struct {
	at    Position
	shape shape
	text  string // of a scalar, as written
	group []entry
	items []*node
}

// entry is one key of a group.
type entry struct {
	key   string
	at    Position
	value *node
}

// find returns the value of a key, or nil.
func (n *node) find(key string) *node {
	if n == nil {
		return nil
	}
	for _, e := range n.group {
		if e.key == key {
			return e.value
		}
	}
	return nil
}

// step is one move down the tree: a key, or an index if key is "".
type step struct {
	key   string
	index int
}

// put hangs a value into the tree at a path, making what is missing above it
// and replacing what is in the way.
func (n *node) put(path []step, value *node) {
	if len(path) == 0 {
		*n = *value
		return
	}
	if key := path[0].key; key != "" {
		if n.shape != shapeGroup {
			*n = node{at: value.at, shape: shapeGroup}
		}
		if n.find(key) == nil {
			n.group = append(n.group, entry{key: key, at: value.at, value: &node{at: value.at}})
		}
		n.find(key).put(path[1:], value)
		return
	}
	if n.shape != shapeList {
		*n = node{at: value.at, shape: shapeList}
	}
	for len(n.items) <= path[0].index {
		n.items = append(n.items, &node{at: value.at})
	}
	n.items[path[0].index].put(path[1:], value)
}

// get returns the node at a path, or nil.
func (n *node) get(path []step) *node {
	for _, s := range path {
		switch {
		case n == nil:
			return nil
		case s.key != "":
			n = n.find(s.key)
		case s.index < len(n.items):
			n = n.items[s.index]
		default:
			return nil
		}
	}
	return n
}

// dropFromFile removes a key that the file has, not one a variable set, from
// the group at a path.
func (n *node) dropFromFile(path []step, key string) {
	if n = n.get(path); n == nil {
		return
	}
	n.group = slices.DeleteFunc(n.group, func(e entry) bool {
		return e.key == key && e.at.Variable == ""
	})
}

// join writes a path as an error shows it.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func item(path string, index int) string { return path + "[" + strconv.Itoa(index) + "]" }
