package envelope

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// accepted decodes text, with no error.
func accepted(t *testing.T, data []byte) Decoded {
	t.Helper()
	d, fault := DecodeOutbound(data, DefaultLimits())
	if fault != nil {
		t.Fatalf("%q: %v", data, fault)
	}
	return d
}

func TestNumbersAreReadInAnyForm(t *testing.T) {
	t.Parallel()
	want := &Outbound{
		Type: TypeRPC, RequestID: "r", Method: "m", ReplyQueue: "q", TimeoutMS: 5000, Deadline: 1760000000,
		Params: map[string]any{"a": int64(3), "b": int64(-2), "big": uint64(1 << 63), "huge": 1e20, "zero": int64(0), "half": 0.5},
	}
	text := `{"type":"rpc","request_id":"r","method":"m","reply_queue":"q","timeout_ms":5e3,"deadline":1760000000,
		"params":{"a":3.0,"b":-2,"big":9223372036854775808,"huge":1e20,"zero":-0.0,"half":5e-1}}`
	if d := accepted(t, []byte(text)); !reflect.DeepEqual(d.Envelope, want) {
		t.Errorf("JSON: %+v", d.Envelope)
	}
	packed := mustPack(t, map[string]any{
		"type": "rpc", "request_id": "r", "method": "m", "reply_queue": "q", "timeout_ms": 5000.0, "deadline": 1760000000,
		"params": map[string]any{"a": 3.0, "b": int8(-2), "big": uint64(1 << 63), "huge": 1e20, "zero": 0, "half": float32(0.5)},
	})
	if d := accepted(t, packed); !reflect.DeepEqual(d.Envelope, want) {
		t.Errorf("MessagePack: %+v", d.Envelope)
	}
}

func TestNullMeansAbsent(t *testing.T) {
	t.Parallel()
	m := sound(TypeMessage)
	for _, name := range names(outboundFields) {
		if _, ok := m[name]; !ok {
			m[name] = nil
		}
	}
	for _, enc := range encodings {
		data, err := Encode(m, enc)
		if err != nil {
			t.Fatal(err)
		}
		d := accepted(t, data)
		if got := slices.Collect(d.Envelope.Fields()); !slices.Equal(got, []string{"type", "channel_id", "text"}) || d.Warnings != nil {
			t.Errorf("%v: fields %v, warnings %q", enc, got, d.Warnings)
		}
	}
}

func TestBytesMayBeBase64InBothEncodings(t *testing.T) {
	t.Parallel()
	for _, enc := range encodings {
		data, err := Encode(merged(sound(TypeFile), "data", "aGVsbG8="), enc)
		if err != nil {
			t.Fatal(err)
		}
		if d := accepted(t, data); string(d.Envelope.Data) != "hello" {
			t.Errorf("%v: read as %q", enc, d.Envelope.Data)
		}
		for _, bad := range []string{"aGVsbG8", "aGVsbG9=", "aGVs\nbG8=", "-_-_", "aGVsbG8= "} {
			refused(t, merged(sound(TypeFile), "data", bad), CodeInvalid, "data")
		}
	}
}

func TestAFlatViewIsOneRow(t *testing.T) {
	t.Parallel()
	flat := `{"type":"buttons","channel_id":"c","view":[{"label":"a","custom_id":"1"},{"label":"b","custom_id":"2"}]}`
	rows := strings.NewReplacer("[", "[[", "]", "]]").Replace(flat)
	want := View{{{Label: "a", CustomID: "1"}, {Label: "b", CustomID: "2"}}}
	for _, text := range []string{flat, rows} {
		if d := accepted(t, []byte(text)); !reflect.DeepEqual(d.Envelope.View, want) {
			t.Errorf("%s: %v", text, d.Envelope.View)
		}
	}
}

func TestUnknownFieldsAreNamedSortedAndCapped(t *testing.T) {
	t.Parallel()
	m := sound(TypeMessage)
	m["chanel_id"] = 1
	m["attachments"] = []any{map[string]any{"blob": "b", "alt": "x"}}
	for i := range 40 {
		m[fmt.Sprintf("u%02d%s", i, strings.Repeat("é", 500))] = map[string]any{"deep": []any{i}}
	}
	d := accepted(t, mustPack(t, m))
	if len(d.Unknown) != maxRemarks || !slices.IsSorted(d.Unknown) || d.Unknown[0] != "attachments[0].alt" {
		t.Errorf("unknown: %d, %q", len(d.Unknown), d.Unknown)
	}
	all := strings.Join(d.Warnings, "\n")
	for _, want := range []string{`unknown field "chanel_id" is ignored, did you mean "channel_id"?`, "26 more unknown fields"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	if len(all) > 4096 || !strings.Contains(all, "é…") {
		t.Errorf("warnings of %d bytes", len(all))
	}
}

func TestFieldsOfOtherTypesAreIgnoredAndNamed(t *testing.T) {
	t.Parallel()
	for _, typ := range types() {
		for _, f := range outboundFields {
			if f.belongs(Type(typ)) {
				continue
			}
			// Whatever its value: a field that is ignored is not looked at.
			for _, v := range []any{soundValue(f), map[string]any{"x": 1}} {
				d := accepted(t, mustPack(t, merged(sound(Type(typ)), f.name, v)))
				if f.present(d.Envelope) || len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0], `"`+f.name+`"`) || d.Unknown != nil {
					t.Errorf("%s with %s: %q", typ, f.name, d.Warnings)
				}
			}
		}
	}
}

func TestRequiresOfKnownFieldsIsAccepted(t *testing.T) {
	t.Parallel()
	d := accepted(t, mustPack(t, merged(sound(TypeMessage), "requires", []any{"thread_id", "text", "text"})))
	if !slices.Equal(d.Envelope.Requires, []string{"thread_id", "text", "text"}) {
		t.Errorf("requires: %q", d.Envelope.Requires)
	}
}
