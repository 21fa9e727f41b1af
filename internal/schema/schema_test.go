package schema

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/posternhq/postern/envelope"
)

const person = `{
	"type": "object",
	"properties": {
		"name": {"type": "string", "maxLength": 5},
		"age": {"type": "integer", "minimum": 0},
		"home": {"$ref": "#/$defs/place"},
		"list": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}},
		"twin": {"$ref": "#/properties/home"}
	},
	"required": ["name"],
	"additionalProperties": false,
	"$defs": {"place": {"type": "object", "properties": {"city": {"type": "string"}, "in": {"$ref": "#/$defs/place"}}}}
}`

func compile(t *testing.T, text string) *Schema {
	t.Helper()
	s, err := Compile(json.RawMessage(text))
	if err != nil {
		t.Fatalf("Compile: %v", err)
	}
	return s
}

func TestCheckNamesTheInnermostField(t *testing.T) {
	t.Parallel()
	s := compile(t, person)
	for value, want := range map[string]struct{ field, message string }{
		`{"name": "Ann"}`:                              {},
		`{"name": "Ann", "age": 3.0}`:                  {},
		`{}`:                                           {"p.name", "is missing"},
		`{"name": 5}`:                                  {"p.name", `has type "integer", want "string"`},
		`{"name": "Annabel"}`:                          {"p.name", "maxLength"},
		`{"name": "Ann", "age": -1}`:                   {"p.age", "minimum"},
		`{"name": "Ann", "age": 1.5}`:                  {"p.age", "number"},
		`{"name": "Ann", "agee": 1}`:                   {"p.agee", `did you mean "age"`},
		`{"name": "Ann", "home": {"city": 1}}`:         {"p.home.city", "string"},
		`{"name": "Ann", "home": {"in": {"city": 1}}}`: {"p.home.in.city", "string"},
		`{"name": "Ann", "list": [{"id": "a"}, {}]}`:   {"p.list[1].id", "is missing"},
		`{"name": "Ann", "list": [3]}`:                 {"p.list[0]", "object"},
		`{"name": "Ann", "twin": {"city": 1}}`:         {"p", "string"},
		`{"name": null}`:                               {"p.name", "null"},
	} {
		plain, err := Parse([]byte(value))
		if err != nil {
			t.Fatal(err)
		}
		fault := s.Check(plain.(map[string]any), "p")
		if want.field == "" {
			if fault != nil {
				t.Errorf("%s: %v, want nil", value, fault)
			}
			continue
		}
		if fault == nil || fault.Code != envelope.CodeInvalid || fault.Field != want.field || !strings.Contains(fault.Message, want.message) {
			t.Errorf("%s: %+v, want field %s and %q", value, fault, want.field, want.message)
		}
	}
}

func TestCheckKeepsAnErrorShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<20)
	for _, value := range []map[string]any{{"name": long}, {"name": "Ann", long: 1}} {
		fault := compile(t, person).Check(value, "p")
		if fault == nil || len(fault.Error()) > 3*maxQuoted {
			t.Errorf("an error of %d bytes, want a short one", len(fault.Error()))
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`null`:                                 "missing",
		`true`:                                 "no JSON object",
		`{"type": 12}`:                         "type",
		`{"$ref": "#"}`:                        "without an end",
		`{"$ref": "http://example.org/x"}`:     "same schema",
		`{"$ref": "#/$defs/none"}`:             "same schema",
		`{"$ref": "#name"}`:                    "same schema",
		`{"$dynamicRef": "#a"}`:                "$dynamicRef",
		`{"pattern": "("}`:                     "pattern",
		`{"$schema": "http://example.org/my"}`: "draft",
		`{"anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}}`: "without an end",
	} {
		if _, err := Compile(json.RawMessage(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Compile(%s) = %v, want an error with %q", text, err, want)
		}
	}
}

func TestHashIgnoresLayoutOnly(t *testing.T) {
	t.Parallel()
	a := compile(t, `{"type":"object","properties":{"a":{"type":"string"},"b":{}}}`)
	b := compile(t, `{ "properties": {"b": {}, "a": {"type": "string"}}, "type": "object" }`)
	c := compile(t, `{"type":"object","properties":{"a":{"type":"integer"},"b":{}}}`)
	if a.Hash() != b.Hash() || a.Hash() == c.Hash() || len(a.Hash()) != 64 {
		t.Errorf("hashes %s, %s, %s: want the first two equal and the third another", a.Hash(), b.Hash(), c.Hash())
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	got, err := Plain(map[string]any{"bytes": []byte("hi"), "int8": int8(-3), "f": 2.5, "whole": 7.0, "big": uint64(math.MaxUint64), "list": []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"bytes": "aGk=", "int8": int64(-3), "f": 2.5, "whole": int64(7), "big": float64(math.MaxUint64), "list": []any{"a"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := Plain(math.NaN()); err == nil {
		t.Error("NaN passed, want an error")
	}
	if _, err := Parse([]byte(`1e999`)); err == nil {
		t.Error("1e999 passed, want an error")
	}
}

// What locate says is at fault never depends on luck, and never is outside
// the value that was refused.
func TestCheckAgreesWithItself(t *testing.T) {
	t.Parallel()
	s := compile(t, person)
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.MapOf(rapid.SampledFrom([]string{"name", "age", "home", "list", "x"}), scalar()).Draw(t, "value")
		first, again := s.Check(value, "p"), s.Check(value, "p")
		if diff := cmp.Diff(first, again); diff != "" {
			t.Fatal(diff)
		}
		if first == nil {
			if _, ok := value["name"].(string); !ok {
				t.Fatalf("%v passed without a name", value)
			}
		} else if !strings.HasPrefix(first.Field, "p.") {
			t.Fatalf("field %q, want one of the properties", first.Field)
		}
	})
}

func scalar() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Int64().AsAny(),
		rapid.String().AsAny(),
		rapid.Bool().AsAny(),
		rapid.Just[any]([]any{map[string]any{}}),
		rapid.Just[any](map[string]any{"city": int64(1)}),
	)
}

func FuzzCompile(f *testing.F) {
	f.Add([]byte(person), []byte(`{"name": 1}`))
	f.Add([]byte(`{"$ref":"#"}`), []byte(`{}`))
	f.Add([]byte(`{"properties":{"a":{"$ref":"#/properties/b"},"b":{"items":{"$ref":"#"}}}}`), []byte(`{"a":[{"a":1}]}`))
	f.Fuzz(func(t *testing.T, text, value []byte) {
		s, err := Compile(json.RawMessage(text))
		if err != nil {
			return
		}
		if plain, err := Parse(value); err == nil {
			if object, ok := plain.(map[string]any); ok {
				s.Check(object, "p") // returns, whatever the schema says
			}
		}
	})
}
