package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/posternhq/postern/internal/suggest"
)

// reader reads the tree into settings and notes every problem on the way.
type reader struct {
	secrets  secretSource
	known    []string            // every key that is not in a list, for hints
	at       map[string]Position // of every value read, by its path
	problems Errors
}

func (r *reader) problem(at Position, key, message string) {
	r.problems = append(r.problems, Problem{At: at, Key: key, Message: message})
}

// group reads one group. Keys of settings are relative to it.
func (r *reader) group(n *node, path string, settings []setting) {
	if n.shape == shapeNull {
		n = &node{at: n.at, shape: shapeGroup}
	}
	if n.shape != shapeGroup {
		r.problem(n.at, path, "expected a group of keys, found "+n.shape.describe())
		return
	}
	given := map[string]Position{}
	for _, e := range n.group {
		at := join(path, e.key)
		r.at[at] = e.value.at
		if below := under(settings, e.key); below != nil {
			r.group(e.value, at, below)
			continue
		}
		s, ok := byForm(settings, e.key)
		if !ok {
			r.problem(e.at, at, r.unknown(e.key, path, settings))
			continue
		}
		if _, twice := given[s.key]; twice {
			r.problem(e.at, at, "is given twice: write one of "+strings.Join(s.forms(), ", "))
			continue
		}
		given[s.key] = e.at
		r.setting(e, at, s)
	}
	for _, s := range settings {
		if _, ok := given[s.key]; s.required && !ok {
			r.problem(n.at, join(path, s.forms()[0]), "is missing: "+s.help)
		}
	}
}

// under returns the settings below a key, relative to it, or nil.
func under(settings []setting, key string) []setting {
	var below []setting
	for _, s := range settings {
		if rest, ok := strings.CutPrefix(s.key, key+"."); ok {
			s.key = rest
			below = append(below, s)
		}
	}
	return below
}

func byForm(settings []setting, key string) (setting, bool) {
	for _, s := range settings {
		for _, form := range s.forms() {
			if form == key {
				return s, true
			}
		}
	}
	return setting{}, false
}

// unknown says what to write instead of a key that is not known.
func (r *reader) unknown(key, path string, settings []setting) string {
	var here []string
	for _, s := range settings {
		if _, secret := s.into.(*Secret); secret && s.key == key {
			return fmt.Sprintf("a secret is not written in the file: name it with %s_env (a variable) or %s_file (a file)", key, key)
		}
		for _, form := range s.forms() {
			first, _, _ := strings.Cut(form, ".")
			here = append(here, first)
		}
	}
	if hint := suggest.DidYouMean(key, here); hint != "" {
		return "unknown key" + hint
	}
	for _, k := range r.known {
		if k != join(path, key) && strings.HasSuffix(k, "."+key) {
			return "unknown key here; it belongs to " + strings.TrimSuffix(k, "."+key)
		}
	}
	return "unknown key"
}

// setting reads one value.
func (r *reader) setting(e entry, path string, s setting) {
	if l, ok := s.into.(*list); ok {
		r.list(e.value, path, l)
		return
	}
	var err error
	if secret, ok := s.into.(*Secret); ok {
		err = r.secret(e, s, secret)
	} else if words, ok := s.into.(*[]string); ok {
		err = r.words(e.value, path, words)
	} else {
		err = scalar(e.value, s.into)
	}
	if err == nil && s.rule != nil {
		err = s.rule(s.into)
	}
	if err != nil {
		r.problem(e.value.at, path, err.Error())
	}
}

func (r *reader) list(n *node, path string, l *list) {
	if n.shape == shapeNull {
		return
	}
	if n.shape != shapeList {
		r.problem(n.at, path, "expected a list, found "+n.shape.describe())
		return
	}
	for i, it := range n.items {
		at := item(path, i)
		r.at[at] = it.at
		if it.shape != shapeGroup {
			r.problem(it.at, at, "expected a group of keys, found "+it.shape.describe())
			continue
		}
		settings, keep, bad := l.item(func(key string) string { return textOf(it.find(key)) })
		if bad != nil {
			r.refuse(it, at, l.common, bad)
			continue
		}
		before := len(r.problems)
		r.group(it, at, settings)
		if bad := keep(len(r.problems) == before && !r.secrets.skip); bad != nil {
			r.refuse(it, at, settings, bad)
		}
	}
}

// refuse notes what is wrong with an item, at the key that is at fault in the
// form that it was given in.
func (r *reader) refuse(it *node, path string, settings []setting, bad *keyError) {
	if bad.key == "" {
		r.problem(it.at, path, bad.message)
		return
	}
	for _, s := range settings {
		if s.key != bad.key {
			continue
		}
		for _, form := range s.forms() {
			if given := it.find(form); given != nil {
				r.problem(given.at, join(path, form), bad.message)
				return
			}
		}
	}
	r.problem(it.at, join(path, bad.key), bad.message)
}

func textOf(n *node) string {
	if n == nil {
		return ""
	}
	return n.text
}

func (r *reader) words(n *node, path string, into *[]string) error {
	if n.shape == shapeNull {
		return nil
	}
	if n.shape != shapeList {
		return fmt.Errorf("expected a list such as [a, b], found %s", n.shape.describe())
	}
	words := make([]string, len(n.items))
	for i, it := range n.items {
		if err := scalar(it, &words[i]); err != nil {
			r.problem(it.at, item(path, i), err.Error())
		}
	}
	*into = words
	return nil
}

// secret reads one form of a secret. No error shows what was read, but for
// the name of a variable or file.
func (r *reader) secret(e entry, s setting, into *Secret) error {
	var text string
	if err := scalar(e.value, &text); err != nil {
		return fmt.Errorf("expected a string, found %s", e.value.shape.describe())
	}
	var err error
	switch e.key {
	case s.key:
		*into = NewSecret(text)
	case s.key + "_env":
		*into, err = r.secrets.variable(text)
	default:
		*into, err = r.secrets.file(text)
	}
	return err
}

// scalar reads a number, a word or a switch into what into points to. An
// unquoted number also reads as a string, as it stands: ids look like that.
func scalar(n *node, into any) error {
	wrong := func(expected string) error {
		if n.text != "" && n.shape != shapeNull {
			return fmt.Errorf("expected %s, found %s: %.40q", expected, n.shape.describe(), n.text)
		}
		return fmt.Errorf("expected %s, found %s", expected, n.shape.describe())
	}
	switch v := into.(type) {
	case *string:
		if n.shape == shapeBool {
			return wrong("a string (put it in quotes)")
		}
		if n.shape != shapeString && n.shape != shapeNumber && n.shape != shapeAny {
			return wrong("a string")
		}
		*v = n.text
	case *bool:
		b, err := strconv.ParseBool(n.text)
		if err != nil || (n.shape != shapeBool && n.shape != shapeAny) {
			return wrong("true or false")
		}
		*v = b
	case *int:
		i, err := strconv.Atoi(n.text)
		if err != nil || (n.shape != shapeNumber && n.shape != shapeAny) {
			return wrong("a whole number")
		}
		*v = i
	case *time.Duration:
		d, err := time.ParseDuration(n.text)
		if err != nil {
			return wrong("a duration with its unit, such as 500ms, 15s, 24h")
		}
		*v = d
	}
	return nil
}
