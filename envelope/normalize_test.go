package envelope

import (
	"reflect"
	"slices"
	"testing"
)

func TestFileBecomesAMessage(t *testing.T) {
	t.Parallel()
	o := &Outbound{
		Type: TypeFile, ChannelID: "c", MessageKey: "k", Requires: []string{"caption", "data", "silent"}, Silent: true,
		Filename: "f", Mimetype: "m", Size: 5, Data: []byte("hello"), Caption: "see",
	}
	before := *o
	want := &Outbound{
		Type: TypeMessage, ChannelID: "c", MessageKey: "k", Requires: []string{"text", "attachments", "silent"}, Silent: true,
		Text: "see", Attachments: []Media{{Filename: "f", Mimetype: "m", Size: 5, Data: []byte("hello")}},
	}
	if got := o.Normalize(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if before.Requires[0] != "caption" || !reflect.DeepEqual(*o, before) {
		t.Errorf("it was changed: %+v", o)
	}
}

func TestButtonsBecomeAMessage(t *testing.T) {
	t.Parallel()
	view := View{{{Label: "a", CustomID: "b"}}}
	got := (&Outbound{Type: TypeButtons, ChannelID: "c", Text: "x", View: view}).Normalize()
	if want := (&Outbound{Type: TypeMessage, ChannelID: "c", Text: "x", View: view}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestNormalizeIsIdempotentAndLeavesOtherTypes(t *testing.T) {
	t.Parallel()
	for _, s := range outboundSamples() {
		o := s.value.(*Outbound)
		once := o.Normalize()
		if once == o || !reflect.DeepEqual(once.Normalize(), once) {
			t.Errorf("%s: normalized twice it is another", s.name)
		}
		if o.Type != TypeFile && o.Type != TypeButtons && !reflect.DeepEqual(once, o) {
			t.Errorf("%s: changed", s.name)
		}
	}
}

func TestFieldsAreTheWireNamesOfWhatIsThere(t *testing.T) {
	t.Parallel()
	no := false
	o := &Outbound{Type: TypeTyping, ChannelID: "c", Active: &no, TTL: 3}
	if got := slices.Collect(o.Fields()); !slices.Equal(got, []string{"type", "channel_id", "active", "ttl"}) {
		t.Errorf("got %q", got)
	}
}
