package platformtest

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// knownTypes are those that reach an adapter: file and buttons have become
// message before, and rpc never does.
func knownTypes() []envelope.Type {
	return []envelope.Type{
		envelope.TypeMessage, envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction,
		envelope.TypeTyping, envelope.TypePresence, envelope.TypeStream,
	}
}

// knownFields are the wire names of an envelope's fields.
func knownFields() map[string]bool {
	known := map[string]bool{}
	for f := range reflect.TypeFor[envelope.Outbound]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		known[name] = true
	}
	return known
}

func capabilitiesConsistent(t testing.TB, f Fixture) {
	a, _ := f.Start(t)
	c := a.Capabilities()

	level := func(what, name string, l platform.Level) {
		if l < platform.Rejected || l > platform.Full {
			t.Errorf("%s %s has level %d; expected %d to %d", what, name, l, platform.Rejected, platform.Full)
		}
	}
	for typ, l := range c.Types {
		level("type", string(typ), l)
		if !slices.Contains(knownTypes(), typ) {
			t.Errorf("type %q is none that reaches an adapter; expected one of %v", typ, knownTypes())
		}
	}
	if c.Types[envelope.TypeMessage] < platform.Partial {
		t.Errorf("type message has level %d; a platform that takes no messages is none", c.Types[envelope.TypeMessage])
	}
	known := knownFields()
	for name, l := range c.Fields {
		level("field", name, l)
		if !known[name] {
			t.Errorf("field %q is no field of the envelope", name)
		}
	}
	for name, l := range c.Media {
		level("medium", name, l)
		if !slices.Contains([]string{"data", "url", "blob"}, name) {
			t.Errorf("medium %q; expected data, url or blob", name)
		}
	}
	if len(c.Media) > 0 && c.Fields["attachments"] < platform.Partial {
		t.Error("media are honoured, but the field attachments is not")
	}
	for _, typ := range c.Idempotent {
		if c.Types[typ] < platform.Partial {
			t.Errorf("idempotent names %q, which is not honoured", typ)
		}
	}
	limitsConsistent(t, c)
	readBackConsistent(t, a, c)
}

// readBackConsistent: who says that it can look, can.
func readBackConsistent(t testing.TB, a platform.Adapter, c platform.Capabilities) {
	_, finder := a.(platform.Finder)
	if len(c.ReadBack) > 0 && !finder {
		t.Errorf("read_back is %v, but the adapter is no Finder", c.ReadBack)
	}
	for _, typ := range c.ReadBack {
		if c.Types[typ] < platform.Partial {
			t.Errorf("read_back names %q, which is not honoured", typ)
		}
	}
	if c.ReadBackLag < 0 || c.ReadBackLag > 0 && len(c.ReadBack) == 0 {
		t.Errorf("read_back_lag is %v with read_back %v", c.ReadBackLag, c.ReadBack)
	}
}

func limitsConsistent(t testing.TB, c platform.Capabilities) {
	if c.MaxText < 0 || c.MaxAttachments < 0 || c.MaxAttachment < 0 || c.KeyWindow < 0 {
		t.Errorf("a limit is negative: text %d, attachments %d, attachment %d, key window %v",
			c.MaxText, c.MaxAttachments, c.MaxAttachment, c.KeyWindow)
	}
	units := []platform.TextUnit{platform.Bytes, platform.CodePoints, platform.UTF16}
	if c.MaxText > 0 && !slices.Contains(units, c.TextUnit) {
		t.Errorf("text is limited to %d of unit %q; expected one of %v", c.MaxText, c.TextUnit, units)
	}
	if c.KeyWindow > 0 && !c.NativeKey {
		t.Error("there is a key window, but no native key")
	}
}

func capabilitiesStay(t testing.TB, f Fixture) {
	a, _ := f.Start(t)
	before := a.Capabilities()
	open(t, a)
	if after := a.Capabilities(); !reflect.DeepEqual(before, after) {
		t.Errorf("capabilities changed when the adapter opened\nbefore: %+v\nafter:  %+v", before, after)
	}
}
