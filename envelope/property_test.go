package envelope

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawOutbound draws a sound envelope of any type, by the table of fields.
func drawOutbound(t *rapid.T) *Outbound {
	o := &Outbound{Type: Type(rapid.SampledFrom(types()).Draw(t, "type"))}
	for _, f := range outboundFields {
		if f.name != "type" && f.name != "requires" && f.belongs(o.Type) && rapid.Bool().Draw(t, "has "+f.name) {
			drawField(t, f, o)
		}
	}
	if rapid.Bool().Draw(t, "has requires") {
		o.Requires = rapid.SliceOfN(rapid.SampledFrom([]string{"text", "thread_id", "native"}), 1, 3).Draw(t, "requires")
	}
	for _, n := range needs(o.Type) {
		keep := rapid.SampledFrom(n.names).Draw(t, "needed")
		if f := fieldNamed(keep); !f.present(o) {
			drawField(t, f, o)
		}
		for _, name := range n.names {
			if n.exactly && name != keep {
				f := fieldNamed(name)
				reflect.ValueOf(f.ref(o)).Elem().SetZero()
			}
		}
	}
	return o
}

// drawField gives a field a value that is there and that it takes.
func drawField(t *rapid.T, f field[Outbound], o *Outbound) {
	switch p := f.ref(o).(type) {
	case *string:
		*p = drawText(t, f.name, f.rule)
	case *bool:
		*p = true
	case **bool:
		b := rapid.Bool().Draw(t, f.name)
		*p = &b
	case *int64:
		*p = rapid.Int64Range(1, int64(f.rule.max)).Draw(t, f.name)
	case *float64:
		*p = rapid.Float64Range(0.001, f.rule.max).Draw(t, f.name)
	case *[]byte:
		*p = rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, f.name)
	case *map[string]any:
		*p = map[string]any{rapid.String().Draw(t, "key"): drawFree(t, 3), "more": drawFree(t, 3)}
	case *[]Media:
		*p = rapid.SliceOfN(rapid.Custom(drawMedia), 1, 3).Draw(t, f.name)
	case *View:
		*p = rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(drawButton), 1, 3), 1, 3).Draw(t, f.name)
	default:
		t.Fatalf("no way to draw %s, a %T", f.name, p)
	}
}

func drawText(t *rapid.T, name string, r rule) string {
	switch {
	case r.oneOf != nil:
		return rapid.SampledFrom(r.oneOf).Draw(t, name)
	case r.web:
		return "https://" + rapid.StringN(1, 20, -1).Draw(t, name)
	}
	return rapid.StringN(1, 40, 200).Draw(t, name)
}

func drawMedia(t *rapid.T) Media {
	m := Media{Filename: rapid.String().Draw(t, "filename"), Size: rapid.Int64Range(0, exact).Draw(t, "size")}
	switch rapid.IntRange(0, 2).Draw(t, "medium") {
	case 0:
		m.Data = rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "data")
	case 1:
		m.URL = drawText(t, "url", rule{web: true})
	default:
		m.Blob = drawText(t, "blob", rule{})
	}
	return m
}

func drawButton(t *rapid.T) Button {
	b := Button{Label: drawText(t, "label", rule{}), Style: rapid.String().Draw(t, "style")}
	if rapid.Bool().Draw(t, "opens") {
		b.URL = drawText(t, "url", rule{})
	} else {
		b.CustomID = drawText(t, "custom_id", rule{})
	}
	return b
}

// drawFree draws what both encodings can hold, in the form that both read.
func drawFree(t *rapid.T, depth int) any {
	kinds := 7
	if depth == 0 {
		kinds = 5
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Int64().Draw(t, "int")
	case 3:
		return number(rapid.Float64().Draw(t, "float"))
	case 4:
		return rapid.String().Draw(t, "string")
	case 5:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			list = append(list, drawFree(t, depth-1))
		}
		return list
	}
	m := map[string]any{}
	for _, k := range rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "keys") {
		m[k] = drawFree(t, depth-1)
	}
	return m
}

func encoded(t interface{ Fatal(...any) }, v any, enc Encoding) []byte {
	data, err := Encode(v, enc)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWhatIsEncodedDecodesToTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := drawOutbound(t)
		for _, enc := range encodings {
			data := encoded(t, o, enc)
			d, fault := DecodeOutbound(data, DefaultLimits())
			if fault != nil || d.Encoding != enc || d.Warnings != nil {
				t.Fatalf("%v %q: %v, warnings %q", enc, data, fault, d.Warnings)
			}
			if !reflect.DeepEqual(d.Envelope, o) {
				t.Fatalf("%v %q decodes as\n%+v\nwas\n%+v", enc, data, d.Envelope, o)
			}
			if string(encoded(t, d.Envelope, enc)) != string(data) {
				t.Fatalf("%v %q is not written back the same", enc, data)
			}
		}
	})
}

func TestDigestIsTheSameInAnyEncodingAndOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := drawOutbound(t)
		tree, err := toTree(reflect.ValueOf(o), 0)
		if err != nil {
			t.Fatal(err)
		}
		shuffled := shuffle(t, withSeq(o, tree))
		packed, err := packTree(shuffled)
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range [][]byte{appendJSON(nil, shuffled), packed} {
			d, fault := DecodeOutbound(data, DefaultLimits())
			if fault != nil {
				t.Fatalf("%q: %v", data, fault)
			}
			if !reflect.DeepEqual(d.Envelope, o) || d.Envelope.Digest() != o.Digest() {
				t.Fatalf("%q has another digest than %+v", data, o)
			}
		}
		if o.Normalize().Digest() != o.Digest() {
			t.Fatalf("%+v has another digest when normalized", o)
		}
	})
}

// shuffle changes the order of all maps.
func shuffle(t *rapid.T, v any) any {
	switch tree := v.(type) {
	case object:
		if len(tree) == 0 {
			return tree
		}
		o := slices.Clone(rapid.Permutation(tree).Draw(t, "order"))
		for i := range o {
			o[i].value = shuffle(t, o[i].value)
		}
		return o
	case []any:
		for i := range tree {
			tree[i] = shuffle(t, tree[i])
		}
	}
	return v
}

func TestDigestTellsContentApartAndNothingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := drawOutbound(t)
		f := rapid.SampledFrom(slices.DeleteFunc(slices.Clone(outboundFields), func(f field[Outbound]) bool {
			return f.name == "type" || f.name == "requires" || !f.belongs(o.Type)
		})).Draw(t, "field")
		changed := *o
		drawField(t, f, &changed)
		before, after := f.value(o), f.value(&changed)
		if before == nil {
			before = f.rule.fallback
		}
		if after == nil {
			after = f.rule.fallback
		}
		same := f.mute || reflect.DeepEqual(before, after)
		if SameDigest(o.Digest(), changed.Digest()) != same {
			t.Fatalf("%s: %v to %v: same digest should be %v", f.name, before, after, same)
		}
	})
}
