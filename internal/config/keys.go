package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/posternhq/postern/platform"
)

// Key documents one key: the tables in the docs are made from it.
type Key struct {
	Path     string // as in the file; [] stands for a list's item
	Variable string // "" for a list of groups
	Type     string
	Default  string // as one writes it; "" = none
	Required bool
	Help     string
}

// Keys documents every key but the kinds' own.
func Keys() []Key { return document("", Default().settings(nil)) }

// KindKeys documents the keys that a kind adds to a platform.
func KindKeys(kind platform.Kind) []Key { return document("platforms[].", kindSettings(kind)) }

func document(prefix string, settings []setting) []Key {
	var keys []Key
	for _, s := range settings {
		if l, ok := s.into.(*list); ok {
			keys = append(keys, document(prefix+s.key+"[].", l.common)...)
			continue
		}
		kind, value := typeOf(s.into)
		for _, form := range s.forms() {
			k := Key{Path: prefix + form, Type: kind, Default: value, Required: s.required, Help: s.help}
			if form != s.key {
				k.Type, k.Default = "string", ""
			}
			k.Variable = variablePath(k.Path, kind)
			keys = append(keys, k)
		}
	}
	return keys
}

func variablePath(path, kind string) string {
	name := variablePrefix
	for _, r := range path {
		switch r {
		case '.':
			name += "_"
		case '[':
			name += "__0_"
		case ']':
		default:
			name += strings.ToUpper(string(r))
		}
	}
	if kind == "list of strings" {
		name += "__0"
	}
	return name
}

// typeOf names a setting's type and shows its default.
func typeOf(into any) (kind, value string) {
	switch v := into.(type) {
	case *string:
		return "string", *v
	case *bool:
		return "bool", fmt.Sprint(*v)
	case *int:
		return "int", fmt.Sprint(*v)
	case *time.Duration:
		return "duration", shortDuration(*v)
	case *Secret:
		return "string", v.Reveal() // a default is no secret
	case *[]string:
		return "list of strings", strings.Join(*v, ", ")
	}
	return "", ""
}

// shortDuration writes a duration without the zeros at its end.
func shortDuration(d time.Duration) string {
	switch {
	case d != 0 && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d != 0 && d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}
