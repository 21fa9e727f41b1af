package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/posternhq/postern/internal/suggest"
)

// variablePrefix starts the variable of every scalar: the path in capitals,
// _ between its keys, __0__ for a list's item.
const variablePrefix = "POSTERN_"

// maxItem is the highest index that a variable may name, so that one cannot
// ask for a list of a billion items.
const maxItem = 999

// overlay puts the POSTERN_ variables into the tree, over what the file says,
// and returns those that name no key.
func overlay(root *node, variables map[string]string, table []setting) []Warning {
	var warnings []Warning
	m := matcher{root: root, variables: variables}
	names := make([]string, 0, len(variables))
	for name := range variables {
		if strings.HasPrefix(name, variablePrefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		at := Position{Variable: name}
		path, s, ok := m.match(strings.TrimPrefix(name, variablePrefix), nil, variablePrefix, table)
		if !ok {
			warnings = append(warnings, Warning{At: at, Message: "sets no key" + suggest.DidYouMean(name, variablesOf(table))})
			continue
		}
		// One form of a secret replaces the others that the file may have.
		parent, last := path[:len(path)-1], path[len(path)-1]
		for _, form := range s.forms() {
			_, leaf := cutLast(form)
			if leaf != last.key && len(s.forms()) > 1 {
				root.dropFromFile(parent, leaf)
			}
		}
		root.put(path, &node{at: at, shape: shapeAny, text: variables[name]})
	}
	return warnings
}

// matcher finds the key that a variable names.
type matcher struct {
	root      *node
	variables map[string]string
}

func variableOf(key string) string {
	return strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// match finds rest, a variable without its prefix, among settings. path leads
// to the group that the settings are relative to.
func (m matcher) match(rest string, path []step, prefix string, settings []setting) ([]step, setting, bool) {
	for _, s := range settings {
		switch into := s.into.(type) {
		case *list:
			index, below, ok := cutIndex(rest, variableOf(s.key))
			if !ok || below == "" {
				continue
			}
			at := append(descend(path, s.key), step{index: index})
			itemPrefix := fmt.Sprintf("%s%s__%d__", prefix, variableOf(s.key), index)
			items, _, bad := into.item(func(key string) string { return m.peek(itemPrefix, at, key) })
			if bad != nil {
				items = into.common // reading the item will say what is wrong
			}
			return m.match(below, at, itemPrefix, items)
		case *[]string:
			if index, below, ok := cutIndex(rest, variableOf(s.key)); ok && below == "" {
				return append(descend(path, s.key), step{index: index}), s, true
			}
		default:
			for _, form := range s.forms() {
				if rest == variableOf(form) {
					return descend(path, form), s, true
				}
			}
		}
	}
	return nil, setting{}, false
}

// peek shows a scalar of a list's item, from the variables or the file.
func (m matcher) peek(prefix string, path []step, key string) string {
	if v, ok := m.variables[prefix+variableOf(key)]; ok {
		return v
	}
	return textOf(m.root.get(path).find(key))
}

// cutIndex splits NAME__3__REST, or NAME__3, into 3 and REST.
func cutIndex(rest, name string) (index int, below string, ok bool) {
	rest, ok = strings.CutPrefix(rest, name+"__")
	if !ok {
		return 0, "", false
	}
	digits, below, more := strings.Cut(rest, "__")
	index, err := strconv.Atoi(digits)
	if err != nil || index < 0 || index > maxItem || (more && below == "") {
		return 0, "", false
	}
	return index, below, true
}

// descend adds a dotted key's steps to a path, without sharing its memory.
func descend(path []step, key string) []step {
	out := slices.Clone(path)
	for k := range strings.SplitSeq(key, ".") {
		out = append(out, step{key: k})
	}
	return out
}

func cutLast(key string) (before, last string) {
	if i := strings.LastIndexByte(key, '.'); i >= 0 {
		return key[:i], key[i+1:]
	}
	return "", key
}

// variablesOf are the variables of every key that is not in a list.
func variablesOf(table []setting) []string {
	var all []string
	for _, s := range table {
		for _, form := range s.forms() {
			all = append(all, variablePrefix+variableOf(form))
		}
	}
	return all
}
