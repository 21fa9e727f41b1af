package delivery

import (
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// modest can do messages, edits and little else.
func modest() platform.Capabilities {
	return platform.Capabilities{
		Types: map[envelope.Type]platform.Level{
			envelope.TypeMessage: platform.Full, envelope.TypeEdit: platform.Partial, envelope.TypeReaction: platform.Dropped,
		},
		Fields: map[string]platform.Level{
			"attachments": platform.Partial, "silent": platform.Dropped, "ephemeral": platform.Rejected, "reply_to": platform.Full,
		},
		Media: map[string]platform.Level{"data": platform.Full, "url": platform.Dropped},
	}
}

func TestAdmit(t *testing.T) {
	t.Parallel()
	view := envelope.View{{{Label: "yes", CustomID: "y"}}}
	for _, tt := range []struct {
		name    string
		env     envelope.Outbound
		refused string // the field; the code is unsupported
		nothing bool
		warned  string // the fields left out
	}{
		{name: "plain", env: envelope.Outbound{Type: envelope.TypeMessage, Text: "a", ReplyTo: "m1"}},
		{name: "a type that is honoured in part", env: envelope.Outbound{Type: envelope.TypeEdit, Text: "a", MessageID: "m"}},
		{name: "a type that is not", env: envelope.Outbound{Type: envelope.TypeDelete, MessageID: "m"}, refused: "type"},
		{name: "a type that is dropped", env: envelope.Outbound{Type: envelope.TypeReaction, MessageID: "m", Emoji: "x"}, refused: "type"},
		{name: "typing", env: envelope.Outbound{Type: envelope.TypeTyping}, nothing: true},
		{name: "presence", env: envelope.Outbound{Type: envelope.TypePresence, Requires: []string{"activity"}, Activity: "a"}, nothing: true},
		{name: "an RPC is not the platform's type", env: envelope.Outbound{Type: envelope.TypeRPC, Method: "identity", ThreadID: "t"}},

		{name: "a field left out", env: envelope.Outbound{Type: envelope.TypeMessage, Text: "a", View: view, Mentions: "all"}, warned: "mentions view"},
		{name: "a field that says it is dropped", env: envelope.Outbound{Type: envelope.TypeMessage, Text: "a", Silent: true}, warned: "silent"},
		{name: "a field that is rejected", env: envelope.Outbound{Type: envelope.TypeMessage, Text: "a", Ephemeral: true}, refused: "ephemeral"},
		{name: "a thread cannot be left out", env: envelope.Outbound{Type: envelope.TypeMessage, Text: "a", ThreadID: "t"}, refused: "thread_id"},
		{name: "a stream, by a message and edits", env: envelope.Outbound{Type: envelope.TypeStream, StreamID: "s", Text: "a"}},

		{name: "required and honoured", env: envelope.Outbound{Type: envelope.TypeMessage, Text: "a", ReplyTo: "m", Requires: []string{"reply_to"}}},
		{name: "required, not there", env: envelope.Outbound{Type: envelope.TypeMessage, Text: "a", Requires: []string{"view"}}},
		{name: "required and not honoured", env: envelope.Outbound{Type: envelope.TypeMessage, Text: "a", Silent: true, Requires: []string{"silent"}}, refused: "silent"},
		{name: "required of this gateway", env: envelope.Outbound{Type: envelope.TypeMessage, Text: "a", NotBefore: 5, Requires: []string{"not_before"}}},

		{name: "a file", env: envelope.Outbound{Type: envelope.TypeMessage, Attachments: []envelope.Media{{Data: []byte("x")}}}},
		{name: "an empty file", env: envelope.Outbound{Type: envelope.TypeMessage, Attachments: []envelope.Media{{}}}},
		{name: "a file by url", env: envelope.Outbound{Type: envelope.TypeMessage, Text: "a", Attachments: []envelope.Media{{Data: []byte("x")}, {URL: "http://a/"}}}, refused: "attachments[1].url"},
		{name: "a file by blob", env: envelope.Outbound{Type: envelope.TypeMessage, Attachments: []envelope.Media{{Blob: "b"}}}, refused: "attachments[0].blob"},

		{name: "buttons alone", env: envelope.Outbound{Type: envelope.TypeMessage, View: view}, refused: "text", warned: "view"},
		{name: "native alone", env: envelope.Outbound{Type: envelope.TypeMessage, Native: map[string]any{"a": 1}}, refused: "text", warned: "native"},
		{name: "an edit to buttons alone", env: envelope.Outbound{Type: envelope.TypeEdit, MessageID: "m", View: view}, refused: "text", warned: "view"},
	} {
		got := Admit(&tt.env, modest())
		refused := ""
		if got.Refused != nil {
			refused = got.Refused.Field
			if got.Refused.Code != envelope.CodeUnsupported || got.Refused.Message == "" {
				t.Errorf("%s: a poor refusal: %+v", tt.name, got.Refused)
			}
		}
		var warned []string
		for _, w := range got.Warnings {
			field, _, _ := strings.Cut(w, ":")
			warned = append(warned, field)
		}
		if refused != tt.refused || got.Superseded != tt.nothing || strings.Join(warned, " ") != tt.warned {
			t.Errorf("%s: refused %q, superseded %v, warned of %q; want %q, %v, %q",
				tt.name, refused, got.Superseded, warned, tt.refused, tt.nothing, tt.warned)
		}
	}
}

func TestAdmitWhereFilesAreNotTaken(t *testing.T) {
	t.Parallel()
	caps := modest()
	caps.Fields["attachments"] = platform.Unsupported
	got := Admit(&envelope.Outbound{Type: envelope.TypeMessage, Text: "a", Attachments: []envelope.Media{{Data: []byte("x")}}}, caps)
	if got.Refused == nil || got.Refused.Field != "attachments[0].data" {
		t.Errorf("a message went without its file: %+v", got)
	}
	for _, l := range []platform.Level{platform.Partial, platform.Full} {
		caps.Fields["view"], caps.Fields["native"] = l, l
		for _, o := range []envelope.Outbound{
			{Type: envelope.TypeMessage, View: envelope.View{{{Label: "y", URL: "http://a/"}}}},
			{Type: envelope.TypeMessage, Native: map[string]any{"a": 1}},
		} {
			if got := Admit(&o, caps); got.Refused != nil || len(got.Warnings) > 0 {
				t.Errorf("level %d: %+v", l, got)
			}
		}
	}
}

// FuzzAdmit: whatever a worker publishes, the door's answer is a clear one.
func FuzzAdmit(f *testing.F) {
	for _, seed := range []string{
		`{"type":"message","channel_id":"c","text":"hi","requires":["silent","view"],"silent":true,"not_before":1}`,
		`{"type":"file","channel_id":"c","url":"https://a/b","caption":"x"}`,
		`{"type":"buttons","channel_id":"c","view":[{"label":"a","custom_id":"b"}]}`,
		`{"type":"edit","channel_id":"c","message_id":"m","view":[[{"label":"a","url":"b"}]]}`,
		`{"type":"presence","status":"idle","activity":"a"}`,
		`{"type":"stream","channel_id":"c","stream_id":"s","seq":0,"text":"a"}`,
		`{"type":"rpc","request_id":"r","method":"identity","reply_queue":"q"}`,
		`{"type":"message","channel_id":"c","attachments":[{"data":"eA=="},{"blob":"b"}],"native":{"a":{}}}`,
	} {
		f.Add([]byte(seed), uint64(0x1234))
	}
	f.Fuzz(func(t *testing.T, data []byte, levels uint64) {
		decoded, fault := envelope.DecodeOutbound(data, envelope.DefaultLimits())
		if fault != nil {
			return
		}
		o := decoded.Envelope.Normalize()
		caps := drawnCapabilities(levels)
		a := Admit(o, caps)
		switch {
		case a.Refused != nil && (a.Refused.Code != envelope.CodeUnsupported || a.Refused.Field == "" || a.Refused.Message == ""):
			t.Fatalf("a poor refusal: %+v", a.Refused)
		case a.Refused != nil && a.Superseded:
			t.Fatal("refused and superseded")
		case a.Superseded && o.Type != envelope.TypeTyping && o.Type != envelope.TypePresence:
			t.Fatalf("a %s came to nothing", o.Type)
		case a.Refused == nil && !a.Superseded && o.Type != envelope.TypeRPC && caps.Types[o.Type] < platform.Partial:
			t.Fatalf("a %s was let through", o.Type)
		case a.Refused == nil && !a.Superseded && o.Type != envelope.TypeRPC && o.ThreadID != "" && caps.Fields["thread_id"] < platform.Partial:
			t.Fatal("it would go outside its thread")
		}
	})
}

// drawnCapabilities has a level for each type, field and medium, three bits of
// levels each, in turn.
func drawnCapabilities(levels uint64) platform.Capabilities {
	next := func() platform.Level {
		l := platform.Level(levels%5) - 2
		levels = levels>>3 | levels<<61
		return l
	}
	c := platform.Capabilities{Types: map[envelope.Type]platform.Level{}, Fields: map[string]platform.Level{}, Media: map[string]platform.Level{}}
	for _, typ := range []envelope.Type{envelope.TypeMessage, envelope.TypeEdit, envelope.TypeDelete, envelope.TypeReaction, envelope.TypeTyping, envelope.TypePresence, envelope.TypeStream} {
		c.Types[typ] = next()
	}
	for _, field := range byPlatform {
		c.Fields[field] = next()
	}
	for _, how := range []string{"data", "url", "blob"} {
		c.Media[how] = next()
	}
	return c
}
