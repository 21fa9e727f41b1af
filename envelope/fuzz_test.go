package envelope

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// addSeeds gives a fuzzer sound and unsound envelopes of one encoding.
func addSeeds(f *testing.F, enc Encoding, samples []sample) {
	f.Helper()
	for _, s := range samples {
		data := encoded(f, s.value, enc)
		f.Add(data)
		f.Add(data[:len(data)/2])
		f.Add(append(bytes.Clone(data), data...))
	}
	f.Add(nested(enc, 70))
	f.Add([]byte{})
}

func FuzzDecodeJSON(f *testing.F) {
	addSeeds(f, JSON, outboundSamples())
	f.Add([]byte(`{"type":"message","channel_id":"c","text":"\ud83d\udc4b\u0000","native":{"a":[1e3,-0.0,1e400,18446744073709551616]}}`))
	f.Add([]byte(`{"type":"message","channel_id":"c","view":[{"label":"a","url":"b"}],"view":null}`))
	f.Fuzz(checkDecode)
}

func FuzzDecodeMessagePack(f *testing.F) {
	addSeeds(f, MessagePack, outboundSamples())
	f.Add([]byte("\x83\xa4type\xa7message\xaachannel_id\xa1c\xa6native\x81\xa1a\x93\xca\x7f\xc0\x00\x00\xd6\xff\x00\x00\x00\x01\xcf\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Add([]byte{0xdf, 0xff, 0xff, 0xff, 0xff, 0xdd, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(checkDecode)
}

// checkDecode holds for any bytes: the decoder does not panic; what it takes
// is well-formed, within bounds, and is the same when written and read again.
func checkDecode(t *testing.T, data []byte) {
	d, fault := DecodeOutbound(data, DefaultLimits())
	if d.Envelope == nil {
		t.Fatal("no envelope")
	}
	if len(d.Unknown) > maxRemarks || len(strings.Join(d.Warnings, "")) > 8192 {
		t.Fatalf("%d unknown fields, warnings %q", len(d.Unknown), d.Warnings)
	}
	if fault != nil {
		if fault.Code == "" || fault.Message == "" || len(fault.Error()) > 600 {
			t.Fatalf("a poor error: %v", fault)
		}
		return
	}
	if d.Encoding == JSON && !json.Valid(data) {
		t.Fatalf("%q is not JSON, and was taken", data)
	}
	for _, enc := range encodings {
		if enc == JSON && holdsBytes(d.Envelope) {
			continue // base64 in JSON, where nothing says that it was bytes
		}
		again := encoded(t, d.Envelope, enc)
		d2, fault := DecodeOutbound(again, Limits{MaxDepth: 64})
		if fault != nil {
			t.Fatalf("%v %q: %v", enc, again, fault)
		}
		if !reflect.DeepEqual(d2.Envelope, d.Envelope) {
			t.Fatalf("%v: %+v became %+v", enc, d.Envelope, d2.Envelope)
		}
		if d2.Envelope.Digest() != d.Envelope.Digest() {
			t.Fatalf("%v: another digest", enc)
		}
	}
}

// holdsBytes reports whether a free map of the envelope has bytes in it.
func holdsBytes(o *Outbound) bool {
	var in func(v any) bool
	in = func(v any) bool {
		switch t := v.(type) {
		case []byte:
			return true
		case []any:
			for _, e := range t {
				if in(e) {
					return true
				}
			}
		case map[string]any:
			for _, e := range t {
				if in(e) {
					return true
				}
			}
		}
		return false
	}
	return in(o.Native) || in(o.Params)
}

func FuzzDecodeAnswers(f *testing.F) {
	addSeeds(f, JSON, inboundSamples())
	addSeeds(f, MessagePack, inboundSamples())
	f.Fuzz(func(t *testing.T, data []byte) {
		if e, err := DecodeEvent(data); err == nil {
			again, err := DecodeEvent(encoded(t, e, MessagePack))
			if err != nil || string(encoded(t, again, JSON)) != string(encoded(t, e, JSON)) {
				t.Fatalf("%+v became %+v, %v", e, again, err)
			}
		}
		if r, err := DecodeReceipt(data); err == nil {
			again, err := DecodeReceipt(encoded(t, r, JSON))
			if err != nil || string(encoded(t, again, JSON)) != string(encoded(t, r, JSON)) {
				t.Fatalf("%+v became %+v, %v", r, again, err)
			}
		}
		if r, err := DecodeReply(data); err == nil {
			again, err := DecodeReply(encoded(t, r, MessagePack))
			if err != nil || string(encoded(t, again, JSON)) != string(encoded(t, r, JSON)) {
				t.Fatalf("%+v became %+v, %v", r, again, err)
			}
		}
	})
}
