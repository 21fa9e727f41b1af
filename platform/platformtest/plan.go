package platformtest

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// copyOf is a deep copy, by way of JSON.
func copyOf[T any](t testing.TB, v T) T {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("marshal %T: %v", v, err)
	}
	var c T
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatalf("unmarshal %T: %v", v, err)
	}
	return c
}

// planPure plans before the adapter is open, twice over, on two adapters.
func planPure(t testing.TB, f Fixture) {
	a, peer := f.Start(t)
	other, _ := f.Start(t)
	for _, op := range f.operations(a.Capabilities()) {
		before := copyOf(t, *op.Envelope)
		first, err := plan(a, op)
		if err != nil {
			t.Errorf("%s: %v", op.Envelope.Type, err)
			continue
		}
		for _, again := range []platform.Adapter{a, other} {
			second, err := plan(again, op)
			if err != nil || !reflect.DeepEqual(first, second) {
				t.Errorf("%s: planned again it differs\nfirst:  %+v\nsecond: %+v, %v", op.Envelope.Type, first, second, err)
			}
		}
		if !reflect.DeepEqual(before, *op.Envelope) {
			t.Errorf("%s: planning changed the envelope", op.Envelope.Type)
		}
	}
	if n := peer.Requests(); n > 0 {
		t.Errorf("planning sent %d requests", n)
	}
}

func planParts(t testing.TB, f Fixture) {
	a, _ := f.Start(t)
	for _, op := range f.operations(a.Capabilities()) {
		parts, err := plan(a, op)
		if err != nil {
			t.Errorf("%s: %v", op.Envelope.Type, err)
			continue
		}
		if len(parts) == 0 {
			t.Errorf("%s: planned into no part at all", op.Envelope.Type)
		}
		keys := map[string]bool{}
		for _, p := range parts {
			if p.Type != op.Envelope.Type || p.ChannelID != op.Envelope.ChannelID || p.ThreadID != op.Envelope.ThreadID {
				t.Errorf("%s: part %d goes elsewhere: %+v", op.Envelope.Type, p.Index, p)
			}
			if keys[p.Key] {
				t.Errorf("%s: two parts bear the key %s", op.Envelope.Type, p.Key)
			}
			keys[p.Key] = true
		}
		if stored := copyOf(t, parts); !reflect.DeepEqual(parts, stored) {
			t.Errorf("%s: a stored part comes back different", op.Envelope.Type)
		}
	}
}

func planRefusesTypes(t testing.TB, f Fixture) {
	a, _ := f.Start(t)
	c := a.Capabilities()
	for _, typ := range append(knownTypes(), "never_heard_of") {
		if c.Types[typ] >= platform.Partial {
			continue
		}
		_, err := a.Plan(platform.Operation{
			Key: "k", Targets: []string{f.local("m1")},
			Envelope: &envelope.Outbound{Type: typ, ChannelID: f.local("channel"), Text: "text"},
		})
		expectRefused(t, "type "+string(typ), err, envelope.CodeUnsupported)
	}
}

// planBegun: an answer may begin with mark-up or white space alone, and its next
// snapshots are for the message that the first one made.
func planBegun(t testing.TB, f Fixture) {
	a, _ := f.Start(t)
	if a.Capabilities().Types[envelope.TypeStream] < platform.Partial {
		return
	}
	for _, format := range []string{"markdown", "plain"} {
		for _, text := range []string{"**", "*", "#", "## ", "`", "```", "```python", "> ", "~~", "[", "-", "|", " ", "\n", "\n\n"} {
			for _, targets := range [][]string{nil, {f.local("m1")}} {
				op := platform.Operation{Key: "key-stream", Targets: targets, Envelope: &envelope.Outbound{
					Type: envelope.TypeStream, ChannelID: f.local("channel"), StreamID: "s", Seq: 1, Text: text, Format: format,
				}}
				if parts, err := plan(a, op); err != nil || len(parts) == 0 {
					t.Errorf("a stream that begins with %q, %s, for the messages %q: %d parts, %v", text, format, targets, len(parts), err)
				}
			}
		}
	}
}

func planRefusesMedia(t testing.TB, f Fixture) {
	a, _ := f.Start(t)
	c := a.Capabilities()
	if c.Fields["attachments"] < platform.Partial {
		return
	}
	for form, medium := range map[string]envelope.Media{
		"data": {Filename: "f", Data: []byte("x")},
		"url":  {Filename: "f", URL: "https://example.com/f"},
		"blob": {Filename: "f", Blob: "blob-1"},
	} {
		if c.Media[form] >= platform.Partial {
			continue
		}
		op := f.message(1)
		op.Envelope.Attachments = []envelope.Media{medium}
		_, err := a.Plan(op)
		expectRefused(t, "medium by "+form, err, envelope.CodeUnsupported)
	}
}

func planRefusesTargetless(t testing.TB, f Fixture) {
	a, _ := f.Start(t)
	c := a.Capabilities()
	for _, typ := range []envelope.Type{envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction} {
		if c.Types[typ] < platform.Partial {
			continue
		}
		_, err := a.Plan(platform.Operation{Key: "k", Envelope: &envelope.Outbound{Type: typ, ChannelID: f.local("channel"), Text: "t", Emoji: "👍"}})
		expectRefused(t, string(typ)+" without a target", err, envelope.CodeInvalid, envelope.CodeNotFound)
	}
}

// expectRefused wants an *Error with one of the codes, and nothing sent.
func expectRefused(t testing.TB, what string, err error, codes ...envelope.Code) {
	t.Helper()
	if err == nil {
		t.Errorf("%s was not refused; expected code %v", what, codes)
		return
	}
	e := platform.AsError(err)
	if !slices.Contains(codes, e.Code) || e.Sent != platform.SentNo || e.Message == "" {
		t.Errorf("%s: got %q with sent=%v; expected code %v, sent=no and a message", what, err, e.Sent, codes)
	}
}
