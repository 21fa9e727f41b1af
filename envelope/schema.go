package envelope

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/google/jsonschema-go/jsonschema"
)

//go:generate go test -run ^(TestSchemaFiles|TestGoldenFilesReadAndWriteBack)$ -update .

// OutboundSchema is the JSON Schema of what a worker should write, as JSON. It
// allows unknown fields, as the gateway does; that the gateway also reads null
// as absent, it does not say. What no schema can express (a limit in bytes,
// the size and depth of the whole) DecodeOutbound checks alone.
func OutboundSchema() *jsonschema.Schema {
	s := schemaOf[Outbound]("outbound", "An envelope that a worker publishes to a platform.")
	constrain(s, outboundFields)
	for _, typ := range types() {
		s.AllOf = append(s.AllOf, &jsonschema.Schema{
			If: &jsonschema.Schema{
				Required:   []string{"type"},
				Properties: map[string]*jsonschema.Schema{"type": {Const: jsonschema.Ptr(any(typ))}},
			},
			Then: &jsonschema.Schema{AllOf: needSchemas(outboundFields, needs(Type(typ)))},
		})
	}
	return s
}

// EventSchema is the JSON Schema of an entry of the inbound stream, as JSON.
func EventSchema() *jsonschema.Schema {
	s := schemaOf[Event]("event", "What happened on a platform, as the gateway publishes it.")
	s.Properties["event"].Enum = enum(EventMessage, EventEdit, EventDelete, EventReaction, EventButton, EventCommand, EventMember, EventStatus)
	s.Properties["member"].Enum = enum("joined", "left")
	s.Properties["state"].Enum = enum("connected", "disconnected", "auth_failed", "paused", "resumed")
	return s
}

// ReceiptSchema is the JSON Schema of a receipt, as JSON.
func ReceiptSchema() *jsonschema.Schema {
	s := schemaOf[Receipt]("receipt", "How an envelope ended.")
	s.Properties["status"].Enum = enum(StatusDelivered, StatusDuplicate, StatusSuperseded, StatusExpired, StatusDead, StatusParked)
	return s
}

// ReplySchema is the JSON Schema of the reply to an RPC, as JSON.
func ReplySchema() *jsonschema.Schema {
	s := schemaOf[Reply]("reply", "The answer to one RPC.")
	s.If = &jsonschema.Schema{Properties: map[string]*jsonschema.Schema{"ok": {Const: jsonschema.Ptr(any(false))}}}
	s.Then = &jsonschema.Schema{Required: []string{"error"}}
	return s
}

// schemaOf derives a schema from a type by its json tags.
func schemaOf[T any](name, about string) *jsonschema.Schema {
	s, err := jsonschema.For[T](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[[]byte](): {Type: "string", ContentEncoding: "base64", Pattern: base64Pattern},
		reflect.TypeFor[View]():   viewSchema(),
		reflect.TypeFor[Media]():  mediaSchema(),
		reflect.TypeFor[Code]():   {Type: "string", Enum: codes()},
	}})
	if err != nil {
		// The types are ours and fixed: only a change of this package gets here.
		panic(fmt.Sprintf("schema of %s: %v", name, err))
	}
	s.ID = "https://posternhq.github.io/postern/schema/" + name + ".schema.json"
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title, s.Description = name, about
	open(s)
	return s
}

const base64Pattern = `^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$`

func viewSchema() *jsonschema.Schema {
	row := &jsonschema.Schema{Type: "array", Items: buttonSchema(), MinItems: jsonschema.Ptr(1)}
	return &jsonschema.Schema{
		Description: "Rows of buttons; or a flat list of buttons, which is one row.",
		AnyOf: []*jsonschema.Schema{
			{Type: "array", Items: row},
			{Type: "array", Items: buttonSchema()},
		},
	}
}

func mediaSchema() *jsonschema.Schema {
	s, _ := jsonschema.For[Media](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[[]byte](): {Type: "string", ContentEncoding: "base64", Pattern: base64Pattern},
	}})
	constrain(s, mediaFields)
	s.AllOf = needSchemas(mediaFields, mediaNeeds())
	return s
}

func buttonSchema() *jsonschema.Schema {
	s, _ := jsonschema.For[Button](nil)
	s.AllOf = needSchemas(buttonFields, buttonNeeds())
	return s
}

// open allows unknown fields in every object, and takes out the null that Go's
// slices and pointers would allow.
func open(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if s.Type == "object" && s.Properties != nil {
		s.AdditionalProperties = nil
	}
	if len(s.Types) == 2 && s.Types[0] == "null" {
		s.Type, s.Types = s.Types[1], nil
	}
	open(s.Items)
	for _, p := range s.Properties {
		open(p)
	}
	for _, p := range s.AnyOf {
		open(p)
	}
}

// constrain puts the rules of the fields into their schemas.
func constrain[T any](s *jsonschema.Schema, fields []field[T]) {
	for _, f := range fields {
		p, r := s.Properties[f.name], f.rule
		for _, value := range r.oneOf {
			p.Enum = append(p.Enum, value)
		}
		if r.maxBytes > 0 {
			p.MaxLength = jsonschema.Ptr(r.maxBytes)
		}
		if r.web {
			p.Pattern = `^[Hh][Tt][Tt][Pp][Ss]?://.`
		}
		if r.max != 0 {
			p.Maximum = jsonschema.Ptr(r.max)
			if r.above {
				p.ExclusiveMinimum = jsonschema.Ptr(r.min)
			} else {
				p.Minimum = jsonschema.Ptr(r.min)
			}
		}
		if r.fallback != nil {
			p.Default, _ = json.Marshal(r.fallback)
		}
	}
}

// needSchemas says needs as schemas, one each.
func needSchemas[T any](fields []field[T], needs []need) []*jsonschema.Schema {
	var list []*jsonschema.Schema
	for _, n := range needs {
		var there []*jsonschema.Schema
		for _, name := range n.names {
			there = append(there, thereSchema(fields, name))
		}
		switch {
		case len(there) == 1:
			list = append(list, there[0])
		case n.exactly:
			list = append(list, &jsonschema.Schema{OneOf: there})
		default:
			list = append(list, &jsonschema.Schema{AnyOf: there})
		}
	}
	return list
}

// thereSchema says that a field is present and not empty.
func thereSchema[T any](fields []field[T], name string) *jsonschema.Schema {
	s := &jsonschema.Schema{Required: []string{name}}
	var value *jsonschema.Schema
	for _, f := range fields {
		if f.name != name {
			continue
		}
		switch f.ref(new(T)).(type) {
		case *string, *[]byte:
			value = &jsonschema.Schema{MinLength: jsonschema.Ptr(1)}
		case *[]Media, *View:
			value = &jsonschema.Schema{MinItems: jsonschema.Ptr(1)}
		case *map[string]any:
			value = &jsonschema.Schema{MinProperties: jsonschema.Ptr(1)}
		case *bool:
			value = &jsonschema.Schema{Const: jsonschema.Ptr(any(true))}
		}
	}
	if value != nil {
		s.Properties = map[string]*jsonschema.Schema{name: value}
	}
	return s
}

func enum[S ~string](values ...S) []any {
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = string(v)
	}
	return list
}

func codes() []any {
	return enum(CodeUndecodable, CodeInvalid, CodeUnsupported, CodeNotFound, CodeForbidden, CodeAuth, CodeTooLarge,
		CodeRateLimited, CodeTransient, CodeUnavailable, CodeUnknown, CodeConflict, CodeExpired, CodeTargetFailed,
		CodePoison, CodeTimeout, CodeToolError, CodeCatalogStale, CodeInterrupted, CodeUnknownMethod, CodeInternal)
}
