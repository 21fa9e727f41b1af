package envelope

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
)

// unhex is MessagePack written by hand.
func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatIsNotOneMapIsUndecodable(t *testing.T) {
	t.Parallel()
	const head = `{"type":"message","channel_id":"c","text":"x"`
	for name, text := range map[string]string{
		"empty":                    "",
		"white space":              " \r\n\t",
		"a list":                   "[]",
		"a string":                 `"x"`,
		"plain text":               "hello",
		"cut off":                  head,
		"cut off in a string":      head + `,"native":{"a":"b`,
		"cut off in a literal":     head + `,"silent":tr`,
		"two objects":              head + "}{}",
		"text behind":              head + "}x",
		"a NUL behind":             head + "}\x00",
		"a comma too many":         head + ",}",
		"a comma missing":          head + ` "a":1}`,
		"a colon missing":          head + `,"a" 1}`,
		"a key that is no string":  head + `,1:1}`,
		"a wrong bracket":          head + `,"a":[1}]}`,
		"leading zero":             head + `,"a":01}`,
		"NaN":                      head + `,"a":NaN}`,
		"a bare newline":           head + ",\"a\":\"\n\"}",
		"a bad escape":             head + `,"a":"\x"}`,
		"text twice":               head + `,"text":"y"}`,
		"twice, escaped":           head + `,"te\u0078t":"y"}`,
		"twice, in unknown":        head + `,"u":{"a":1,"a":1}}`,
		"half a pair":              head + `,"u":"\ud83d"}`,
		"half a pair, then text":   head + `,"u":"\ud83dx"}`,
		"half a pair, then escape": head + `,"u":"\ud83d\n"}`,
		"second half only":         head + `,"u":"\udc4b"}`,
		"not UTF-8":                head + ",\"u\":\"\xff\"}",
		"not UTF-8, in a key":      head + ",\"\xc3\x28\":1}",
		"not UTF-8, in native":     head + ",\"native\":{\"a\":[\"\xed\xa0\x80\"]}}",
		"byte order mark":          "\ufeff" + head + "}",
	} {
		_, fault := DecodeOutbound([]byte(text), DefaultLimits())
		if fault == nil || fault.Code != CodeUndecodable || fault.Message == "" {
			t.Errorf("%s: got %v", name, fault)
		}
	}
	if _, fault := DecodeOutbound([]byte(" \n"+head+`,"u":"\ud83d\udc4b \\ud83d"} `+"\n"), DefaultLimits()); fault != nil {
		t.Errorf("a whole pair and white space: %v", fault)
	}
}

func TestWhatIsNotOneMapIsUndecodableInMessagePack(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"an array":                  "91 a1 78",
		"a string":                  "d9 01 78",
		"nil":                       "c0",
		"a byte never used":         "c1",
		"a member never used":       "81 a1 75 c1",
		"cut off in the head":       "de 00",
		"cut off before a key":      "81",
		"cut off before a value":    "81 a1 75",
		"cut off in a string":       "81 a1 75 a5 61",
		"cut off in a number":       "81 a1 75 cd 01",
		"cut off in a float":        "81 a1 75 cb 01",
		"cut off in an extension":   "81 a1 75 d8 01",
		"cut off in bytes":          "81 a1 75 c6 00 ff ff ff 00",
		"a map of four billion":     "df ff ff ff ff",
		"a list of four billion":    "81 a1 75 dd ff ff ff ff",
		"a string of four billion":  "81 a1 75 db ff ff ff ff",
		"more behind":               "80 c0",
		"a newline behind":          "80 0a",
		"a key that is a number":    "81 01 c0",
		"a key that is bytes":       "81 c4 01 75 c0",
		"a key that is a map":       "81 81 a1 61 c0 c0",
		"a key in unknown":          "81 a1 75 81 01 c0",
		"a key twice":               "82 a1 75 c0 a1 75 c0",
		"a string that is no UTF-8": "81 a1 75 a1 ff",
		"a key that is no UTF-8":    "81 a1 ff c0",
	} {
		_, fault := DecodeOutbound(unhex(t, text), DefaultLimits())
		if fault == nil || fault.Code != CodeUndecodable || fault.Message == "" {
			t.Errorf("%s: got %v", name, fault)
		}
	}
}

// nested returns a map with a member u of n levels, and receipt_to behind it.
func nested(enc Encoding, n int) []byte {
	if enc == JSON {
		return []byte(`{"u":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `,"receipt_to":"r"}`)
	}
	b := append([]byte{0x82, 0xa1, 'u'}, bytes.Repeat([]byte{0x91}, n-1)...)
	b = append(b, 0x90, 0xaa)
	b = append(b, "receipt_to"...)
	return append(b, 0xa1, 'r')
}

func TestDepthIsLimitedInUnknownFieldsToo(t *testing.T) {
	t.Parallel()
	for _, enc := range encodings {
		// The envelope is the first level.
		if _, fault := DecodeOutbound(nested(enc, 63), DefaultLimits()); fault.Code != CodeInvalid || fault.Field != "type" {
			t.Errorf("%v: 64 levels: %v", enc, fault)
		}
		for _, n := range []int{64, 10_000, 400_000} {
			d, fault := DecodeOutbound(nested(enc, n), DefaultLimits())
			if fault.Code != CodeUndecodable || !strings.HasPrefix(fault.Field, "u[0]") || len(fault.Field) > 100 {
				t.Errorf("%v: %d levels: %v", enc, n+1, fault)
			}
			if d.Envelope.ReceiptTo != "r" {
				t.Errorf("%v: %d levels: what is behind was not read", enc, n+1)
			}
		}
	}
}

func TestSizeIsLimited(t *testing.T) {
	t.Parallel()
	for _, enc := range encodings {
		o := &Outbound{Type: TypeMessage, ChannelID: "c", MessageKey: "k", ReceiptTo: "r", Native: map[string]any{"a": strings.Repeat("x", 1000)}}
		data, err := Encode(o, enc)
		if err != nil {
			t.Fatal(err)
		}
		if _, fault := DecodeOutbound(data, Limits{MaxBytes: len(data), MaxDepth: 64}); fault != nil {
			t.Errorf("%v: at the limit: %v", enc, fault)
		}
		d, fault := DecodeOutbound(data, Limits{MaxBytes: len(data) - 1, MaxDepth: 64})
		if fault == nil || fault.Code != CodeTooLarge {
			t.Errorf("%v: over the limit: %v", enc, fault)
		}
		if d.Envelope.MessageKey != "k" || d.Envelope.ReceiptTo != "r" || d.Encoding != enc {
			t.Errorf("%v: what stood within the limit was not read: %+v", enc, d.Envelope)
		}
	}
}

func TestBesideAnErrorStandsWhatCouldBeRead(t *testing.T) {
	t.Parallel()
	want := &Outbound{Type: TypeRPC, RequestID: "r-1", ReplyQueue: "q", ReceiptTo: "r", MessageKey: "k", TraceID: "t", ChannelID: "c"}
	const rest = `"type":"rpc","request_id":"r-1","reply_queue":"q","receipt_to":"r","message_key":"k","trace_id":"t","channel_id":"c"`
	for _, text := range []string{
		`{"method":7,` + rest + `}`,
		`{"method":"` + "\xff" + `",` + rest + `}`,
		`{"method":"\udc00",` + rest + `}`,
		`{"u":1,"u":2,` + rest + `}`,
		`{` + rest + `}`,
		`{` + rest + `,"method":"exe`,
		`{` + rest + `} and more`,
	} {
		d, fault := DecodeOutbound([]byte(text), DefaultLimits())
		if fault == nil || d.Encoding != JSON || !reflect.DeepEqual(d.Envelope, want) {
			t.Errorf("%s\ngave %v and\n%+v", text, fault, d.Envelope)
		}
	}

	data, err := Encode(want, MessagePack)
	if err != nil {
		t.Fatal(err)
	}
	for name, packed := range map[string][]byte{
		"method missing": data,
		"cut off":        append([]byte{data[0] + 1}, data[1:]...),
		"more behind":    append(bytes.Clone(data), 0),
	} {
		d, fault := DecodeOutbound(packed, DefaultLimits())
		if fault == nil || d.Encoding != MessagePack || !reflect.DeepEqual(d.Envelope, want) {
			t.Errorf("%s gave %v and\n%+v", name, fault, d.Envelope)
		}
	}
}

func TestExtensionsAreRefusedInFieldsAndPassedOverElsewhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, field, hex string }{
		{"reply_to", "reply_to", "d6 ff 00 00 00 01"}, // a timestamp
		{"not_before", "not_before", "d4 01 00"},
		{"native", "native.at[0]", "81 a2 61 74 91 c7 03 05 01 02 03"},
	} {
		data := mustPack(t, sound(TypeMessage))
		data[0]++ // one member more
		data = append(data, byte(0xa0|len(c.name)))
		data = append(data, c.name...)
		data = append(data, unhex(t, c.hex)...)
		_, fault := DecodeOutbound(data, DefaultLimits())
		if fault == nil || fault.Code != CodeInvalid || fault.Field != c.field || !strings.Contains(fault.Message, "extension") {
			t.Errorf("%s: got %v", c.name, fault)
		}
	}
	data := append(unhex(t, "84 a1 75 d6 ff 00 00 00 01"), mustPack(t, sound(TypeMessage))[1:]...)
	d, fault := DecodeOutbound(data, DefaultLimits())
	if fault != nil || !reflect.DeepEqual(d.Unknown, []string{"u"}) {
		t.Errorf("in an unknown field: %v, unknown %q", fault, d.Unknown)
	}
}

func mustPack(t *testing.T, v any) []byte {
	t.Helper()
	data, err := Encode(v, MessagePack)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestMissingData(t *testing.T) {
	t.Parallel()
	if e := MissingData(); e.Code != CodeUndecodable || e.Field != "data" || e.Message == "" {
		t.Errorf("got %v", e)
	}
}
