package envelope

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestFormIsWhatJSONWrites: the canonical form is, byte for byte, what
// encoding/json writes of a map of the fields, so that no digest ever changes.
func TestFormIsWhatJSONWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := Outbound{
			Type: rapid.SampledFrom([]Type{TypeMessage, TypeEdit, TypeTyping, TypeStream, TypeRPC, TypeReaction}).Draw(t, "type"),
			Text: rapid.String().Draw(t, "text"), ChannelID: rapid.StringMatching(`[ -~]{0,12}`).Draw(t, "channel"),
			Format:   rapid.SampledFrom([]string{"", "markdown", "plain"}).Draw(t, "format"),
			Mentions: rapid.SampledFrom([]string{"", "none", "all"}).Draw(t, "mentions"),
			Silent:   rapid.Bool().Draw(t, "silent"), Seq: rapid.Int64().Draw(t, "seq"),
			TTL:  rapid.SampledFrom([]float64{0, 10, 1e-9, 1e21, 0.1, 2.5}).Draw(t, "ttl"),
			Data: rapid.SliceOf(rapid.Byte()).Draw(t, "data"), MessageKey: "k",
		}
		if rapid.Bool().Draw(t, "more") {
			active := rapid.Bool().Draw(t, "active")
			o.Active = &active
			o.View = View{{{Label: rapid.String().Draw(t, "label"), CustomID: "c"}}}
			o.Attachments = []Media{{Filename: "<f>", Data: []byte("x")}}
			o.Native = map[string]any{"b": rapid.String().Draw(t, "native"), "a": int64(1)}
		}
		form := map[string]any{}
		for i := range outboundFields {
			f := &outboundFields[i]
			if v := f.value(&o); v != nil && !f.mute && v != f.rule.fallback {
				form[f.name] = v
			}
		}
		want, err := json.Marshal(form)
		if err != nil {
			t.Fatal(err)
		}
		got, err := o.appendForm(nil, true)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("got  %s, %v\nwant %s", got, err, want)
		}
	})
}

// TestFormWithoutWhatIsUnsound: what JSON does not know in a free field costs
// both of them, as it did.
func TestFormWithoutWhatIsUnsound(t *testing.T) {
	t.Parallel()
	sound := &Outbound{Type: TypeRPC, Method: "m"}
	unsound := &Outbound{Type: TypeRPC, Method: "m", Params: map[string]any{"x": math.NaN()}, Native: map[string]any{"y": 1}}
	if a, b := sound.Digest(), unsound.Digest(); a != b {
		t.Errorf("%s and %s; want the same", a, b)
	}
}
