package envelope

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files and the schemas anew")

const goldenDir = "testdata/golden"

func goldenSamples() []sample { return append(outboundSamples(), inboundSamples()...) }

// golden returns a golden file, which holds exactly what Encode writes.
func golden(t *testing.T, s sample, enc Encoding) []byte {
	t.Helper()
	path := filepath.Join(goldenDir, s.name+"."+enc.String())
	if *update {
		data, err := Encode(s.value, enc)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (write it with: go generate ./envelope)", err)
	}
	return data
}

// decodeLike decodes data as the type that v is of.
func decodeLike(t *testing.T, v any, data []byte) any {
	t.Helper()
	var got any
	var err error
	switch v.(type) {
	case *Outbound:
		d, fault := DecodeOutbound(data, DefaultLimits())
		if fault != nil {
			t.Fatalf("decode: %v", fault)
		}
		if d.Warnings != nil {
			t.Errorf("warnings about a sound envelope: %q", d.Warnings)
		}
		return d.Envelope
	case Event:
		got, err = DecodeEvent(data)
	case Receipt:
		got, err = DecodeReceipt(data)
	case Reply:
		got, err = DecodeReply(data)
	default:
		t.Fatalf("no decoder for %T", v)
	}
	if err != nil {
		t.Fatalf("decode: %v", err)
	}
	return got
}

func TestGoldenFilesReadAndWriteBack(t *testing.T) {
	t.Parallel()
	for _, s := range goldenSamples() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, enc := range []Encoding{JSON, MessagePack} {
				data := golden(t, s, enc)
				got := decodeLike(t, s.value, data)
				if !reflect.DeepEqual(got, s.value) {
					t.Errorf("%v reads as\n%+v\nwant\n%+v", enc, got, s.value)
				}
				again, err := Encode(got, enc)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(again, data) {
					t.Errorf("%v writes back\n%q\nread\n%q", enc, again, data)
				}
			}
		})
	}
}

func TestGoldenFilesHoldEveryFieldAndType(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, s := range outboundSamples() {
		o := s.value.(*Outbound)
		used["type "+string(o.Type)] = true
		for name := range o.Fields() {
			used[name] = true
		}
	}
	for _, typ := range types() {
		if !used["type "+typ] {
			t.Errorf("no golden file of type %s", typ)
		}
	}
	for _, name := range names(outboundFields) {
		if !used[name] {
			t.Errorf("no golden file has the field %s", name)
		}
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[Event](), reflect.TypeFor[Receipt](), reflect.TypeFor[Reply]()} {
		for i := range typ.NumField() {
			if !slices.ContainsFunc(inboundSamples(), func(s sample) bool {
				v := reflect.ValueOf(s.value)
				return v.Type() == typ && !v.Field(i).IsZero()
			}) {
				t.Errorf("no golden file sets %v.%s", typ, typ.Field(i).Name)
			}
		}
	}
}

func TestNoGoldenFileIsLeftOver(t *testing.T) {
	t.Parallel()
	want := []string{".gitattributes"}
	for _, s := range goldenSamples() {
		want = append(want, s.name+".json", s.name+".msgpack")
	}
	entries, err := os.ReadDir(goldenDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(want, e.Name()) {
			t.Errorf("%s belongs to no sample: delete it", e.Name())
		}
	}
}

// The table of fields must name what the struct does, by the same wire names
// and in the same order: the golden files' order rests on it.
func TestTablesMatchStructs(t *testing.T) {
	t.Parallel()
	compare := func(typ reflect.Type, names []string) {
		var tags []string
		for i := range typ.NumField() {
			tag, _, _ := bytes.Cut([]byte(typ.Field(i).Tag.Get("json")), []byte(","))
			tags = append(tags, string(tag))
		}
		if !slices.Equal(tags, names) {
			t.Errorf("%v has the fields\n%v, its table\n%v", typ, tags, names)
		}
	}
	compare(reflect.TypeFor[Outbound](), names(outboundFields))
	compare(reflect.TypeFor[Media](), names(mediaFields))
	compare(reflect.TypeFor[Button](), names(buttonFields))
}
