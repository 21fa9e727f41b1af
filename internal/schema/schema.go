// Package schema checks values from outside against a JSON Schema, and says
// which field is at fault.
package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schema is a compiled JSON Schema of an object, draft 2020-12 or draft-07. It
// never changes and is safe for concurrent use.
type Schema struct {
	source   map[string]any
	root     *jsonschema.Schema
	resolved *jsonschema.Resolved
	hash     string
}

// Compile reads a schema from anything that encodes as a JSON object: a map,
// a *jsonschema.Schema, a json.RawMessage. It refuses what could not be
// checked safely: references out of the document, and ones that lead back to
// themselves.
func Compile(from any) (*Schema, error) {
	text, err := json.Marshal(from)
	if err != nil {
		return nil, fmt.Errorf("encoding the schema: %w", err)
	}
	s := &Schema{}
	if err := json.Unmarshal(text, &s.source); err != nil {
		return nil, fmt.Errorf("the schema is no JSON object: %w", err)
	}
	if s.source == nil {
		return nil, errors.New("the schema is missing")
	}
	if err := checkDraft(s.source); err != nil {
		return nil, err
	}
	if err := checkReferences(s.source); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &s.root); err != nil {
		return nil, fmt.Errorf("reading the schema: %w", err)
	}
	if s.resolved, err = s.root.Resolve(nil); err != nil {
		return nil, fmt.Errorf("resolving the schema: %w", err)
	}
	canonical, err := json.Marshal(s.source) // keys sorted, no white space
	if err != nil {
		return nil, fmt.Errorf("encoding the schema: %w", err)
	}
	sum := sha256.Sum256(canonical)
	s.hash = hex.EncodeToString(sum[:])
	return s, nil
}

// Source is the schema as a plain JSON object. The caller does not change it.
func (s *Schema) Source() map[string]any { return s.source }

// Hash is the SHA-256, in hexadecimal, of the schema as JSON with sorted keys
// and no white space: two schemas that differ in layout only have the same.
func (s *Schema) Hash() string { return s.hash }

func checkDraft(source map[string]any) error {
	switch draft := source["$schema"]; draft {
	case nil, "",
		"https://json-schema.org/draft/2020-12/schema",
		"http://json-schema.org/draft-07/schema#",
		"https://json-schema.org/draft-07/schema#":
		return nil
	default:
		return fmt.Errorf("$schema is %v, expected draft 2020-12 or draft-07", draft)
	}
}
