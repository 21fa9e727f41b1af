package slacktest

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// values are a request's arguments, or an answer's fields.
type values map[string]any

// fromForm is an argument of a form: what looks like JSON is.
func fromForm(s string) any {
	if strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[") {
		var v any
		if json.Unmarshal([]byte(s), &v) == nil {
			return v
		}
	}
	return s
}

// text is an argument that is a text; a number or a truth will do.
func (v values) text(name string) string {
	switch t := v[name].(type) {
	case string:
		return t
	case float64:
		return strconv.FormatFloat(t, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(t)
	}
	return ""
}

func (v values) number(name string) int {
	n, _ := strconv.Atoi(v.text(name))
	return n
}

func (v values) yes(name string) bool {
	t := v.text(name)
	return t == "true" || t == "1"
}

func (v values) list(name string) []any {
	l, _ := v[name].([]any)
	return l
}

func (v values) object(name string) values {
	m, _ := v[name].(map[string]any)
	return m
}

// plain is the text of blocks, as a reader sees it.
func plain(blocks any) string {
	var b strings.Builder
	var walk func(v any)
	walk = func(v any) {
		switch t := v.(type) {
		case []any:
			for _, e := range t {
				walk(e)
			}
		case map[string]any:
			kind, _ := t["type"].(string)
			if b.Len() > 0 && (strings.HasPrefix(kind, "rich_text_") || kind == "section") {
				b.WriteString("\n")
			}
			if s, ok := t["text"].(string); ok {
				b.WriteString(s)
			} else if kind == "user" || kind == "broadcast" {
				id, _ := t["user_id"].(string)
				of, _ := t["range"].(string)
				b.WriteString("@" + id + of)
			} else if text, ok := t["text"].(map[string]any); ok && kind == "section" {
				walk(text)
			}
			if kind != "actions" {
				walk(t["elements"])
			}
		}
	}
	walk(blocks)
	return b.String()
}

func length(s string) int { return utf8.RuneCountInString(s) }

// asJSON is a value as it would leave, with < and & as they are.
func asJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return strings.TrimSuffix(b.String(), "\n")
}

// copied is a value that nobody else changes.
func copied(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var out any
	_ = json.Unmarshal(raw, &out)
	return out
}
