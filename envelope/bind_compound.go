package envelope

import (
	"encoding/base64"
	"fmt"
	"math"
	"strings"
)

// bytes takes bytes as they are, and a string as base64.
func (b *binder) bytes(p *[]byte, v any, at string) {
	switch t := v.(type) {
	case []byte:
		if len(t) > 0 {
			*p = t
		}
	case string:
		raw, err := base64.StdEncoding.Strict().DecodeString(t)
		if err != nil || strings.ContainsAny(t, "\r\n") {
			b.fail(invalid(at, "expected bytes, or base64 of the standard alphabet with padding and no line breaks, got a string of %d bytes that is not", len(t)))
			return
		}
		if len(raw) > 0 {
			*p = raw
		}
	default:
		b.fail(invalid(at, "expected bytes or a base64 string, got %s", kind(v)))
	}
}

// free takes a map of anything that both encodings can hold.
func (b *binder) free(p *map[string]any, v any, at string) {
	m, ok := v.(map[string]any)
	if !ok {
		b.fail(invalid(at, "expected a map, got %s", kind(v)))
		return
	}
	if bad, where := unfit(m, at); where != "" {
		b.fail(invalid(shorten(where, maxFieldName), "expected what JSON can hold, or bytes; got %s", describe(bad)))
		return
	}
	if len(m) > 0 {
		*p = m
	}
}

// unfit finds a value that no JSON can hold, and says where it is.
func unfit(v any, at string) (bad any, where string) {
	switch t := v.(type) {
	case extension:
		return t, at
	case float64:
		if math.IsNaN(t) || math.IsInf(t, 0) {
			return t, at
		}
	case []any:
		for i, e := range t {
			if bad, where = unfit(e, ""); where != "" || bad != nil {
				return bad, fmt.Sprintf("%s[%d]%s", at, i, where)
			}
		}
	case map[string]any:
		for k, e := range t {
			if bad, where = unfit(e, ""); where != "" || bad != nil {
				return bad, at + "." + k + where
			}
		}
	}
	return nil, ""
}

func (b *binder) strings(p *[]string, v any, at string) {
	l, ok := v.([]any)
	if !ok {
		b.fail(expected(at, "a list of strings", v))
		return
	}
	for i, e := range l {
		s, ok := e.(string)
		if !ok {
			b.fail(expected(fmt.Sprintf("%s[%d]", at, i), "a string", e))
			return
		}
		*p = append(*p, s)
	}
}

func (b *binder) media(p *[]Media, v any, at string) {
	l, ok := v.([]any)
	if !ok {
		b.fail(expected(at, "a list of media", v))
		return
	}
	for i, e := range l {
		at := fmt.Sprintf("%s[%d]", at, i)
		var m Media
		bindMember(b, mediaFields, mediaPlaces, mediaNeeds(), e, &m, at, "a medium")
		if b.fault != nil {
			return
		}
		*p = append(*p, m)
	}
}

// view takes rows of buttons, or one flat list of them as one row.
func (b *binder) view(p *View, v any, at string) {
	l, ok := v.([]any)
	if !ok {
		b.fail(expected(at, "a list of buttons, or of rows of them", v))
		return
	}
	if len(l) == 0 {
		return
	}
	if _, flat := l[0].(map[string]any); flat {
		*p = View{b.row(l, at)}
		return
	}
	for i, e := range l {
		at := fmt.Sprintf("%s[%d]", at, i)
		row, ok := e.([]any)
		switch {
		case !ok:
			b.fail(expected(at, "a row, which is a list of buttons", e))
		case len(row) == 0:
			b.fail(invalid(at, "expected a row of one button at least, got an empty list"))
		default:
			*p = append(*p, b.row(row, at))
		}
		if b.fault != nil {
			return
		}
	}
}

func (b *binder) row(l []any, at string) []Button {
	row := make([]Button, len(l))
	for i, e := range l {
		bindMember(b, buttonFields, buttonPlaces, buttonNeeds(), e, &row[i], fmt.Sprintf("%s[%d]", at, i), "a button")
		if b.fault != nil {
			break
		}
	}
	return row
}

// bindMember binds one map that stands in a list.
func bindMember[T any](b *binder, fields []field[T], places map[string]int, needs []need, v any, t *T, at, what string) {
	m, ok := v.(map[string]any)
	if !ok {
		b.fail(expected(at, what+", which is a map", v))
		return
	}
	bindMap(b, fields, places, at, m, t, nil)
	for _, n := range needs {
		if err := n.check(func(name string) bool { return has(fields, t, name) }, at, what); err != nil {
			b.fail(err)
		}
	}
}
