package schema

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/suggest"
)

// maxQuoted bounds, in bytes, what an error quotes of foreign words: a field's
// name, or the validator's reason, which may hold the value at fault.
const maxQuoted = 300

// Check validates a plain JSON object (see Plain). An error has the code
// invalid and names the innermost field at fault, under at: with at "params",
// params.arguments or params.list[2].name.
func (s *Schema) Check(value map[string]any, at string) *envelope.Error {
	if err := s.resolved.Validate(value); err != nil {
		field, reason := s.locate(s.root, value, at, err)
		return &envelope.Error{Code: envelope.CodeInvalid, Field: clip(field), Message: reason}
	}
	return nil
}

// locate walks down beside the value, as long as a subschema taken alone
// refuses its part of it, and returns the field where that ends and why.
func (s *Schema) locate(node *jsonschema.Schema, value any, at string, err error) (field, reason string) {
	node = s.follow(node)
	switch value := value.(type) {
	case map[string]any:
		for _, name := range node.Required {
			if _, ok := value[name]; !ok {
				return at + "." + name, "is missing" + expected(node.Properties[name])
			}
		}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			property, known := node.Properties[name]
			if !known && refusesAll(node.AdditionalProperties) && len(node.PatternProperties) == 0 {
				return at + "." + name, "is not known" + suggest.DidYouMean(name, slices.Sorted(maps.Keys(node.Properties)))
			}
			if !known {
				property = node.AdditionalProperties
			}
			if err := s.alone(property, value[name]); err != nil {
				return s.locate(property, value[name], at+"."+name, err)
			}
		}
	case []any:
		for i, item := range value {
			if err := s.alone(node.Items, item); err != nil {
				return s.locate(node.Items, item, at+"["+strconv.Itoa(i)+"]", err)
			}
		}
	}
	return at, clip(strip(err.Error()))
}

// alone validates a value against one subschema, which keeps the root's
// definitions. What cannot stand alone (a reference into the rest of the
// document) passes here: the fault is then reported one level up.
func (s *Schema) alone(node *jsonschema.Schema, value any) error {
	if node == nil {
		return nil
	}
	single := node.CloneSchemas()
	single.Defs, single.Definitions = s.root.CloneSchemas().Defs, s.root.CloneSchemas().Definitions
	resolved, err := single.Resolve(nil)
	if err != nil {
		return nil
	}
	return resolved.Validate(value)
}

// follow returns what a node that refers to a definition stands for. It ends,
// because Compile refuses references that do not.
func (s *Schema) follow(node *jsonschema.Schema) *jsonschema.Schema {
	for node.Ref != "" {
		next := s.root.Defs[strings.TrimPrefix(node.Ref, "#/$defs/")]
		if next == nil {
			next = s.root.Definitions[strings.TrimPrefix(node.Ref, "#/definitions/")]
		}
		if next == nil {
			return node
		}
		node = next
	}
	return node
}

func expected(property *jsonschema.Schema) string {
	if property == nil || property.Type == "" {
		return ""
	}
	return fmt.Sprintf(", expected type %q", property.Type)
}

// refusesAll reports whether node is the schema false, which the library
// reads as {"not": {}}.
func refusesAll(node *jsonschema.Schema) bool {
	return node != nil && node.Not != nil && node.Type == "" && len(node.Not.Properties) == 0 && node.Not.Type == ""
}

// strip removes the keyword, and the places that the validator puts before its
// reason: locate has found a better one.
func strip(reason string) string {
	for strings.HasPrefix(reason, "validating ") {
		_, rest, ok := strings.Cut(reason, ": ")
		if !ok {
			break
		}
		reason = rest
	}
	// The value itself, which the validator begins with, may be anything.
	if i := strings.LastIndex(reason, " has type "); i >= 0 && strings.HasPrefix(reason, "type: ") {
		reason = reason[i+1:]
	}
	return reason
}

func clip(s string) string {
	if len(s) > maxQuoted {
		s = s[:maxQuoted] + "…"
	}
	return strings.ToValidUTF8(s, "")
}
