package envelope

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// encodings are the ways in which a test writes one tree.
var encodings = []Encoding{JSON, MessagePack}

// refused decodes a map in both encodings, and expects the same error of both.
func refused(t *testing.T, m map[string]any, code Code, field string) {
	t.Helper()
	for _, enc := range encodings {
		data, err := Encode(m, enc)
		if err != nil {
			t.Fatal(err)
		}
		_, fault := DecodeOutbound(data, DefaultLimits())
		switch {
		case fault == nil:
			t.Errorf("%v %v: accepted, expected %s of %s", enc, m, code, field)
		case fault.Code != code || fault.Field != field:
			t.Errorf("%v %v: got %v, expected %s of %s", enc, m, fault, code, field)
		case fault.Message == "" || len(fault.Message) > 300:
			t.Errorf("%v %v: a message of %d bytes", enc, m, len(fault.Message))
		}
	}
}

// sound returns a map that decodes as an envelope of the type, with as few
// fields as it takes.
func sound(typ Type) map[string]any {
	m := map[string]any{"type": string(typ)}
	for _, n := range needs(typ) {
		name := n.names[0]
		m[name] = soundValue(fieldNamed(name))
	}
	return m
}

func fieldNamed(name string) field[Outbound] {
	return outboundFields[slices.Index(names(outboundFields), name)]
}

// soundValue is a value that the field takes.
func soundValue(f field[Outbound]) any {
	switch f.ref(new(Outbound)).(type) {
	case *bool, **bool:
		return true
	case *int64, *float64:
		return 1
	case *[]byte:
		return []byte("bytes")
	case *[]string:
		return []any{"text"}
	case *map[string]any:
		return map[string]any{"a": 1}
	case *[]Media:
		return []any{map[string]any{"blob": "b"}}
	case *View:
		return []any{[]any{map[string]any{"label": "a", "custom_id": "b"}}}
	}
	switch {
	case f.rule.oneOf != nil:
		return f.rule.oneOf[0]
	case f.rule.web:
		return "https://example.org"
	}
	return "x"
}

// wrongValues are values of every type that a field with this pointer does not
// take.
func wrongValues(ref any) map[string]any {
	values := map[string]any{
		"string": "no base64!", "number": 1.5, "integer": 7, "boolean": true, "list": []any{1}, "map": map[string]any{"a": 1},
	}
	var takes []string
	switch ref.(type) {
	case *string, *[]byte:
		takes = []string{"string"}
		if _, ok := ref.(*[]byte); ok {
			takes = nil // the string is no base64
		}
	case *float64:
		takes = []string{"number", "integer"}
	case *int64:
		takes = []string{"integer"}
	case *bool, **bool:
		takes = []string{"boolean"}
	case *[]string, *[]Media, *View:
		takes = []string{"list"} // of wrong things: tested by itself
	case *map[string]any:
		takes = []string{"map"}
	}
	for _, k := range takes {
		delete(values, k)
	}
	return values
}

// merged returns m with one member set.
func merged(m map[string]any, key string, v any) map[string]any {
	c := maps.Clone(m)
	c[key] = v
	return c
}

func TestSoundMapsDecode(t *testing.T) {
	t.Parallel()
	for _, typ := range types() {
		for _, enc := range encodings {
			data, err := Encode(sound(Type(typ)), enc)
			if err != nil {
				t.Fatal(err)
			}
			if _, fault := DecodeOutbound(data, DefaultLimits()); fault != nil {
				t.Errorf("%v %s: %v", enc, typ, fault)
			}
		}
	}
}

func TestEveryFieldOfTheWrongTypeIsRefused(t *testing.T) {
	t.Parallel()
	for _, typ := range types() {
		for _, f := range outboundFields {
			if !f.belongs(Type(typ)) {
				continue
			}
			for kind, v := range wrongValues(f.ref(new(Outbound))) {
				t.Run(typ+"/"+f.name+"/"+kind, func(t *testing.T) {
					t.Parallel()
					refused(t, merged(sound(Type(typ)), f.name, v), CodeInvalid, f.name)
				})
			}
		}
	}
}

func TestEveryNestedFieldOfTheWrongTypeIsRefused(t *testing.T) {
	t.Parallel()
	medium := map[string]any{"blob": "b"}
	for _, f := range mediaFields {
		for _, v := range wrongValues(f.ref(new(Media))) {
			m := merged(sound(TypeMessage), "attachments", []any{medium, merged(medium, f.name, v)})
			refused(t, m, CodeInvalid, "attachments[1]."+f.name)
		}
	}
	button := map[string]any{"label": "a", "custom_id": "b"}
	for _, f := range buttonFields {
		for _, v := range wrongValues(f.ref(new(Button))) {
			bad := merged(button, f.name, v)
			refused(t, merged(sound(TypeMessage), "view", []any{[]any{button}, []any{button, bad}}), CodeInvalid, "view[1][1]."+f.name)
			refused(t, merged(sound(TypeMessage), "view", []any{button, bad}), CodeInvalid, "view[1]."+f.name)
		}
	}
}

func TestEveryMissingFieldIsRefused(t *testing.T) {
	t.Parallel()
	for _, typ := range types() {
		refused(t, merged(sound(Type(typ)), "type", nil), CodeInvalid, "type")
		for _, n := range needs(Type(typ)) {
			for _, empty := range []any{nil, ""} {
				m := sound(Type(typ))
				if _, isText := m[n.names[0]].(string); !isText && empty != nil {
					continue
				}
				m[n.names[0]] = empty
				refused(t, m, CodeInvalid, n.names[0])
			}
			if n.exactly {
				second := n.names[1]
				refused(t, merged(sound(Type(typ)), second, soundValue(fieldNamed(second))), CodeInvalid, second)
			}
		}
	}
}

func TestEveryRuleOfEveryFieldIsHeld(t *testing.T) {
	t.Parallel()
	for _, f := range outboundFields {
		typ := TypeMessage
		if f.of != nil {
			typ = f.of[0]
		}
		var bad []any
		if f.rule.oneOf != nil {
			bad = append(bad, "nonsense", strings.ToUpper(f.rule.oneOf[0]))
		}
		if f.rule.maxBytes > 0 {
			bad = append(bad, strings.Repeat("k", f.rule.maxBytes+1), strings.Repeat("é", f.rule.maxBytes/2+1))
		}
		if f.rule.web {
			bad = append(bad, "file:///etc/passwd", "example.org", "https://")
		}
		if f.rule.max != 0 {
			bad = append(bad, -1, f.rule.max*2)
		}
		if f.rule.above {
			bad = append(bad, f.rule.min)
		}
		for _, v := range bad {
			refused(t, merged(sound(typ), f.name, v), CodeInvalid, f.name)
		}
	}
}

func TestListsOfWrongThingsAreRefused(t *testing.T) {
	t.Parallel()
	button := map[string]any{"label": "a", "custom_id": "b"}
	for _, c := range []struct {
		name  string
		value any
		field string
	}{
		{"attachments", []any{7}, "attachments[0]"},
		{"attachments", []any{map[string]any{"blob": "b"}, nil}, "attachments[1]"},
		{"attachments", []any{map[string]any{}}, "attachments[0].data"},
		{"attachments", []any{map[string]any{"blob": "b", "url": "https://x"}}, "attachments[0].blob"},
		{"attachments", []any{map[string]any{"blob": "b", "size": -1}}, "attachments[0].size"},
		{"view", []any{7}, "view[0]"},
		{"view", []any{[]any{}}, "view[0]"},
		{"view", []any{[]any{[]any{}}}, "view[0][0]"},
		{"view", []any{button, []any{button}}, "view[1]"},
		{"view", []any{[]any{button}, button}, "view[1]"},
		{"view", []any{[]any{button, map[string]any{"label": "a"}}}, "view[0][1].custom_id"},
		{"view", []any{[]any{map[string]any{"url": "u"}}}, "view[0][0].label"},
		{"view", []any{map[string]any{"label": "a", "custom_id": "b", "url": "u"}}, "view[0].url"},
		{"requires", []any{"text", 7}, "requires[1]"},
	} {
		refused(t, merged(sound(TypeMessage), c.name, c.value), CodeInvalid, c.field)
	}
}

func TestRequiresOfWhatCannotBeHonouredIsRefused(t *testing.T) {
	t.Parallel()
	refused(t, merged(sound(TypeMessage), "requires", []any{"txet"}), CodeUnsupported, "requires")
	m := merged(sound(TypeDelete), "requires", []any{"silent"})
	refused(t, merged(m, "silent", true), CodeUnsupported, "requires")
}

func TestNumbersThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for field, v := range map[string]any{
			"not_before": f, "native.a[1]": map[string]any{"a": []any{0.5, f}},
		} {
			name, _, _ := strings.Cut(field, ".")
			data, err := packTree(fromTree(merged(sound(TypeMessage), name, v)))
			if err != nil {
				t.Fatal(err)
			}
			if _, fault := DecodeOutbound(data, DefaultLimits()); fault == nil || fault.Code != CodeInvalid || fault.Field != field {
				t.Errorf("%v in %s: got %v", f, name, fault)
			}
		}
	}
	for _, text := range []string{
		`{"type":"message","channel_id":"c","text":"x","not_before":1e999}`,
		`{"type":"message","channel_id":"c","text":"x","not_before":-1e999}`,
	} {
		if _, fault := DecodeOutbound([]byte(text), DefaultLimits()); fault == nil || fault.Field != "not_before" {
			t.Errorf("%s: got %v", text, fault)
		}
	}
}

// fromTree makes of maps what the writers write, without the checks of toTree.
func fromTree(v any) any {
	switch t := v.(type) {
	case map[string]any:
		var o object
		for _, k := range slices.Sorted(maps.Keys(t)) {
			o = append(o, member{k, fromTree(t[k])})
		}
		return o
	case []any:
		list := make([]any, len(t))
		for i := range t {
			list[i] = fromTree(t[i])
		}
		return list
	}
	return v
}

func TestErrorsShowLittleOfWhatStoodThere(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("s3cret ", 1000)
	for name, v := range map[string]any{
		"type": long, "format": long, "message_key": long, "params": long, "ttl": long, "attachments": long, "view": []any{long},
	} {
		typ := TypeMessage
		if f := fieldNamed(name); f.of != nil {
			typ = f.of[0]
		}
		data, err := Encode(merged(sound(typ), name, v), JSON)
		if err != nil {
			t.Fatal(err)
		}
		_, fault := DecodeOutbound(data, DefaultLimits())
		if fault == nil || len(fault.Message) > 300 {
			t.Errorf("%s: %v", name, fault)
		}
	}
	for _, text := range []string{
		`{"type":"file","channel_id":"c","url":"ftp://host/?sig=s3cret"}`,
		`{"type":"file","channel_id":"c","data":"s3cret!"}`,
		`{"type":"rpc","request_id":"r","method":"m","reply_queue":"q","params":"s3cret"}`,
	} {
		_, fault := DecodeOutbound([]byte(text), DefaultLimits())
		if fault == nil || strings.Contains(fault.Error(), "s3cret") {
			t.Errorf("%s: %v", text, fault)
		}
	}
}

func TestErrorsSayWhatWasExpected(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"type":"mesage"}`:                          `invalid: type: expected one of "message", "file", "buttons", "edit", "delete", "reaction", "typing", "presence", "stream", "rpc", got string "mesage", did you mean "message"?`,
		`{"type":"message","channel_id":7}`:          `invalid: channel_id: expected a string, got number 7`,
		`{"type":"typing","channel_id":"c","ttl":0}`: `invalid: ttl: expected a number above 0 and at most 120, got number 0`,
		`{"type":"typing"}`:                          `invalid: channel_id: missing or empty: type typing needs it`,
		`{"type":"delete","channel_id":"c"}`:         `invalid: message_id: missing or empty: type delete needs one of message_id, target_key`,
		`{"type":"message","channel_id":"c"}`:        `invalid: text: missing or empty: type message needs one at least of text, attachments, view, native`,
	} {
		_, fault := DecodeOutbound([]byte(text), DefaultLimits())
		if fault == nil || fault.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", text, fault, want)
		}
	}
}

func ExampleDecodeOutbound() {
	d, fault := DecodeOutbound([]byte(`{"type":"message","channel_id":"lobby","text":7,"receipt_to":"postern:reply:me"}`), DefaultLimits())
	fmt.Println(fault)
	fmt.Println(d.Encoding, d.Envelope.ReceiptTo)
	// Output:
	// invalid: text: expected a string, got number 7
	// json postern:reply:me
}
