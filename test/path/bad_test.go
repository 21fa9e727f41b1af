package path

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/posternhq/postern/test/harness"
)

// bad is one kind of entry that can never be delivered.
type bad struct {
	kind   string
	fields []any  // of the entry
	code   string // of the dead letter
	field  string // of the dead letter; empty: any, but one
}

func data(text string) []any { return []any{"data", text} }

// with is a good message with some fields set anew, or removed by nil.
func with(t *testing.T, changes harness.Envelope) []any {
	t.Helper()
	e := harness.Envelope{"type": "message", "channel_id": "bad", "text": "never seen"}
	for k, v := range changes {
		if e[k] = v; v == nil {
			delete(e, k)
		}
	}
	b, err := harness.JSON(e)
	if err != nil {
		t.Fatal(err)
	}
	return data(string(b))
}

func pack(t *testing.T, v any) []any {
	t.Helper()
	b, err := msgpack.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data(string(b))
}

// undecodableKinds are not one well-formed map.
func undecodableKinds(t *testing.T) []bad {
	whole := string(with(t, nil)[1].(string))
	packed := pack(t, map[string]any{"type": "message", "channel_id": "bad", "text": "never seen"})[1].(string)
	deepJSON := func(n int) string {
		return `{"type":"message","channel_id":"bad","text":"x","native":` + strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) + "}"
	}
	deepPacked := "\x82\xa4type\xa7message\xa1x" + strings.Repeat("\x91", 10_000) + "\xc0"
	kinds := []bad{
		{kind: "no data", fields: []any{"payload", whole}},
		{kind: "empty", fields: data("")},
		{kind: "white space", fields: data(" \n\t")},
		{kind: "JSON, a list", fields: data(`[` + whole + `]`)},
		{kind: "JSON, a string", fields: data(`"hello"`)},
		{kind: "JSON, cut off", fields: data(whole[:len(whole)-5])},
		{kind: "JSON, two of them", fields: data(whole + whole)},
		{kind: "JSON, invalid UTF-8", fields: data(strings.Replace(whole, "never", "n\xffver", 1))},
		{kind: "JSON, 10,000 levels deep", fields: data(deepJSON(10_000))},
		{kind: "JSON, 65 levels deep", fields: data(deepJSON(64))},
		{kind: "text", fields: data("hello")},
		{kind: "MessagePack, a list", fields: pack(t, []string{"type", "message"})},
		{kind: "MessagePack, cut off", fields: data(packed[:len(packed)-3])},
		{kind: "MessagePack, invalid UTF-8", fields: data(strings.Replace(packed, "never", "n\xffver", 1))},
		{kind: "MessagePack, 10,000 levels deep in an unknown field", fields: data(deepPacked)},
		{kind: "MessagePack, promises 4 GiB", fields: data("\x81\xa4text\xdb\xff\xff\xff\xff")},
	}
	for i := range kinds {
		kinds[i].code = "undecodable"
	}
	return kinds
}

// invalidKinds are well-formed and break the contract in one field.
func invalidKinds(t *testing.T) []bad {
	type e = harness.Envelope
	var kinds []bad
	add := func(kind, field string, changes e) {
		kinds = append(kinds, bad{kind: kind, fields: with(t, changes), code: "invalid", field: field})
	}
	add("unknown type", "type", e{"type": "telegram"})
	add("type missing", "type", e{"type": nil})
	add("another platform's", "platform", e{"platform": "discord"})
	add("nothing to say", "text", e{"text": nil})
	add("edit of nothing", "message_id", e{"type": "edit"})
	add("edit without content", "text", e{"type": "edit", "message_id": "1", "text": nil})
	add("delete of nothing", "message_id", e{"type": "delete", "text": nil})
	add("reaction without emoji", "emoji", e{"type": "reaction", "message_id": "1", "text": nil})
	add("file without medium", "data", e{"type": "file", "text": nil})
	add("buttons without view", "view", e{"type": "buttons"})
	add("stream without stream_id", "stream_id", e{"type": "stream", "seq": 1})
	add("stream without seq", "seq", e{"type": "stream", "stream_id": "s"})
	add("presence without status", "status", e{"type": "presence", "text": nil})
	add("RPC without request_id", "request_id", e{"type": "rpc", "method": "identity", "reply_queue": "postern:reply:1", "text": nil})
	add("RPC without method", "method", e{"type": "rpc", "request_id": "r1", "reply_queue": "postern:reply:1", "text": nil})
	add("RPC without reply_queue", "reply_queue", e{"type": "rpc", "request_id": "r2", "method": "identity", "text": nil})
	add("RPC with a forbidden reply_queue", "reply_queue", e{"type": "rpc", "request_id": "r3", "method": "identity", "reply_queue": "elsewhere", "text": nil})
	add("key of 257 bytes", "message_key", e{"message_key": strings.Repeat("k", 257)})
	add("typing for an hour", "ttl", e{"type": "typing", "ttl": 3600, "text": nil})
	add("on_conflict of another world", "on_conflict", e{"on_conflict": "overwrite"})
	add("on_unknown of another world", "on_unknown", e{"on_unknown": "pray"})
	add("medium with two sources", "attachments[0].url", e{"attachments": []any{e{"data": "aGk=", "url": "https://example.org/a"}}})
	add("medium whose data is no base64", "attachments[0].data", e{"attachments": []any{e{"data": "*"}}})
	for _, typ := range []string{"message", "edit", "delete", "reaction", "typing", "file", "buttons", "stream"} {
		changes := e{"type": typ, "channel_id": nil, "message_id": "1", "emoji": "x", "stream_id": "c" + typ, "seq": 1, "data": "aGk=", "view": []any{[]any{e{"label": "l", "custom_id": "c"}}}}
		for field, only := range map[string]string{"message_id": "edit delete reaction", "emoji": "reaction", "stream_id": "stream", "seq": "stream", "data": "file", "view": "buttons"} {
			if !strings.Contains(only, typ) {
				delete(changes, field)
			}
		}
		add(typ+" without channel_id", "channel_id", changes)
	}
	return append(kinds, wrongTypes(t)...)
}

// wrongTypes have one field of another type than the contract says.
func wrongTypes(t *testing.T) []bad {
	var kinds []bad
	wrong := func(value any, base harness.Envelope, fields ...string) {
		for _, f := range fields {
			changes := harness.Envelope{f: value}
			for k, v := range base {
				if _, ok := changes[k]; !ok {
					changes[k] = v
				}
			}
			kinds = append(kinds, bad{kind: fmt.Sprintf("%s is a %T", f, value), fields: with(t, changes), code: "invalid", field: f})
		}
	}
	wrong(7, nil, "type", "platform", "channel_id", "thread_id", "message_key", "on_conflict", "on_unknown", "receipt_to",
		"trace_id", "traceparent", "text", "format", "reply_to", "mentions", "interaction_id")
	wrong("yes", nil, "silent", "ephemeral", "not_before", "expires_at", "native", "attachments", "view", "requires")
	edit := harness.Envelope{"type": "edit", "message_id": "1"}
	wrong(7, edit, "message_id", "target_key")
	wrong("7", harness.Envelope{"type": "stream", "stream_id": "s", "seq": 1}, "seq", "final")
	rpc := harness.Envelope{"type": "rpc", "request_id": "w", "method": "identity", "reply_queue": "postern:reply:w", "text": nil}
	wrong(7, rpc, "request_id", "method", "params", "reply_queue")
	wrong("7", rpc, "timeout_ms", "deadline")
	return kinds
}

func otherKinds(t *testing.T) []bad {
	return []bad{
		{"2 MiB", with(t, harness.Envelope{"text": strings.Repeat("x", 2<<20)}), "too_large", "data"},
		{"2 MiB, packed", pack(t, map[string]any{"type": "message", "channel_id": "bad", "text": "x", "extra": bytes.Repeat([]byte{1}, 2<<20)}), "too_large", "data"},
		{"insists on the unknown", with(t, harness.Envelope{"requires": []string{"hologram"}, "hologram": true}), "unsupported", ""},
	}
}

// Every kind of bad entry becomes a dead letter that says what is wrong, with
// its bytes untouched, and the entry after it, in the same channel, is
// delivered.
func TestBadEntriesBecomeDeadLetters(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	scene.Serve(t, "gw-1")
	kinds := append(append(undecodableKinds(t), invalidKinds(t)...), otherKinds(t)...)
	ids := make([]string, len(kinds))
	for i, k := range kinds {
		ids[i] = scene.PublishFields(t, k.fields...)
		scene.PublishText(t, "bad", "after "+k.kind)
	}
	scene.Sink.AwaitCount(t, len(kinds), 30*time.Second)
	harness.Await(t, 10*time.Second, "stream and pending list are empty", func() (bool, string) {
		left, err := scene.Left(t.Context())
		return err == nil && left.Stream == 0 && left.Pending == 0, fmt.Sprintf("left: %+v, %v", left, err)
	})

	letters := make(map[string]harness.DeadLetter)
	for _, d := range scene.Dead(t) {
		if _, twice := letters[d.OriginalID]; twice {
			t.Errorf("entry %s has two dead letters", d.OriginalID)
		}
		letters[d.OriginalID] = d
	}
	if len(letters) != len(kinds) {
		t.Errorf("%d dead letters, expected %d", len(letters), len(kinds))
	}
	delivered := make(map[string]bool)
	for _, r := range scene.Sink.Requests() {
		delivered[r.Text] = true
	}
	for i, k := range kinds {
		t.Run(k.kind, func(t *testing.T) {
			d, ok := letters[ids[i]]
			switch {
			case !ok:
				t.Fatalf("no dead letter for entry %s", ids[i])
			case d.Code != k.code || d.Field == "" || (k.field != "" && d.Field != k.field):
				t.Errorf("dead letter: code %q, field %q, error %q; expected code %q, field %q", d.Code, d.Field, d.Error, k.code, k.field)
			case d.Error == "":
				t.Error("the dead letter does not say what is wrong")
			}
			if d.Stream != scene.Stream || (k.fields[0] == "data" && d.Data != k.fields[1]) {
				t.Errorf("the dead letter does not keep the entry as it was: stream %q, %d bytes", d.Stream, len(d.Data))
			}
			if !delivered["after "+k.kind] {
				t.Error("the next envelope was not delivered")
			}
		})
	}
	if delivered["never seen"] {
		t.Error("a bad envelope was delivered")
	}
}
