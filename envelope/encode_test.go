package envelope

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Results come from tools and adapters: whatever JSON can say, in whatever Go
// form, reads the same in both encodings.
func TestResultsOfAnyGoTypeAreWrittenAsTheirJSON(t *testing.T) {
	t.Parallel()
	type channel struct {
		ID     string `json:"id"`
		Name   string `json:"name,omitempty"`
		Plain  int
		Hidden string  `json:"-"`
		Next   *string `json:"next"`
		hidden int
	}
	for name, c := range map[string]struct{ result, want any }{
		"struct":    {[]channel{{ID: "c", Hidden: "h", hidden: 1}}, []any{map[string]any{"id": "c", "Plain": int64(0), "next": nil}}},
		"pointer":   {&channel{ID: "c"}, map[string]any{"id": "c", "Plain": int64(0), "next": nil}},
		"raw":       {json.RawMessage(`{"b":[1,2.0,2.5],"a":null}`), map[string]any{"a": nil, "b": []any{int64(1), int64(2), 2.5}}},
		"number":    {json.Number("12"), int64(12)},
		"time":      {time.Unix(0, 0).UTC(), "1970-01-01T00:00:00Z"},
		"typed map": {map[string]int{"b": 2, "a": 1}, map[string]any{"a": int64(1), "b": int64(2)}},
		"array":     {[2]uint8{1, 2}, []any{int64(1), int64(2)}},
		"nil list":  {map[string][]string{"a": nil}, map[string]any{"a": []any{}}},
		"false":     {false, false},
		"zero":      {0, int64(0)},
		"nothing":   {"", ""},
		"not UTF-8": {"a\xffb", "a\ufffdb"},
		"huge":      {uint64(math.MaxUint64), uint64(math.MaxUint64)},
		"beyond":    {float64(1 << 60), float64(1 << 60)},
		"tiny":      {5e-324, 5e-324},
		"type text": {StatusDead, "dead"},
	} {
		for _, enc := range encodings {
			data := encoded(t, Reply{RequestID: "r", OK: true, Result: c.result}, enc)
			got, err := DecodeReply(data)
			if err != nil || !reflect.DeepEqual(got.Result, c.want) {
				t.Errorf("%s, %v: %q reads as %#v, %v", name, enc, data, got.Result, err)
			}
		}
	}
}

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	t.Parallel()
	loop := map[string]any{}
	loop["again"] = loop
	for name, v := range map[string]any{
		"NaN": math.NaN(), "a channel": make(chan int), "a function": func() {}, "a loop": loop,
		"a map by numbers": map[int]string{1: "a"}, "bad raw JSON": json.RawMessage(`{"a":`),
		"inside": []any{map[string]any{"a": []float64{math.Inf(1)}}},
	} {
		for _, enc := range encodings {
			if data, err := Encode(Reply{RequestID: "r", OK: true, Result: v}, enc); err == nil {
				t.Errorf("%s, %v: written as %q", name, enc, data)
			} else if !strings.Contains(err.Error(), "encode envelope.Reply: result: ") {
				t.Errorf("%s, %v: %v does not say where", name, enc, err)
			}
		}
	}
}

// TestReceiptAppendJSON: byte by byte what Encode writes.
func TestReceiptAppendJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := Receipt{
			MessageKey: rapid.String().Draw(t, "message_key"), EntryID: "1-0", Status: StatusDelivered,
			MessageIDs:        rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "message_ids"),
			PossibleDuplicate: rapid.Bool().Draw(t, "possible_duplicate"), Attempts: rapid.IntRange(0, 9).Draw(t, "attempts"),
			Warnings: rapid.SliceOfN(rapid.String(), 0, 1).Draw(t, "warnings"),
			At:       float64(rapid.Int64Range(0, 1<<41).Draw(t, "at in ms")) / 1000,
		}
		if rapid.Bool().Draw(t, "error") {
			r.Error = &Error{Code: CodeExpired, Message: rapid.String().Draw(t, "message")}
		}
		got, err := r.AppendJSON([]byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		if want := append([]byte("before"), encoded(t, &r, JSON)...); !bytes.Equal(got, want) {
			t.Errorf("got %s\nwant %s", got, want)
		}
	})
}

func TestReceiptListsAreNeverNull(t *testing.T) {
	t.Parallel()
	want := `{"entry_id":"1-0","status":"duplicate","message_ids":[],"possible_duplicate":false,"attempts":0,"warnings":[],"at":0}`
	if got := encoded(t, Receipt{EntryID: "1-0", Status: StatusDuplicate}, JSON); string(got) != want {
		t.Errorf("got %s", got)
	}
	r, err := DecodeReceipt(encoded(t, &Receipt{EntryID: "1-0", Status: StatusDuplicate}, MessagePack))
	if err != nil || r.MessageIDs == nil || r.Warnings == nil {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestTextOfAPlatformThatIsNotUTF8CanBePublished(t *testing.T) {
	t.Parallel()
	for _, enc := range encodings {
		e, err := DecodeEvent(encoded(t, Event{Event: EventMessage, Content: "caf\xe9", Raw: map[string]any{"k\xff": "\xff"}}, enc))
		if err != nil || e.Content != "caf\ufffd" || e.Raw["k\ufffd"] != "\ufffd" {
			t.Errorf("%v: %+v, %v", enc, e, err)
		}
	}
}

func TestClientsIgnoreUnknownFields(t *testing.T) {
	t.Parallel()
	more := map[string]any{
		"request_id": "r", "ok": true, "result": []any{1}, "entry_id": "1-0", "status": "delivered", "event": "message",
		"since_version_9": map[string]any{"a": []any{1}},
	}
	for _, enc := range encodings {
		data := encoded(t, more, enc)
		if r, err := DecodeReply(data); err != nil || r.RequestID != "r" || !r.OK {
			t.Errorf("%v: %+v, %v", enc, r, err)
		}
		if r, err := DecodeReceipt(data); err != nil || r.Status != StatusDelivered {
			t.Errorf("%v: %+v, %v", enc, r, err)
		}
		if e, err := DecodeEvent(data); err != nil || e.Event != EventMessage {
			t.Errorf("%v: %+v, %v", enc, e, err)
		}
	}
}

func TestClientsAreToldWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Code{
		``:                   CodeUndecodable,
		`{"request_id":"r`:   CodeUndecodable,
		`{"request_id":7}`:   CodeInvalid,
		"\x81\xa2ok\xa1x":    CodeInvalid,
		"\x80\x80":           CodeUndecodable,
		`{"result":[1e999]}`: CodeInvalid,
	} {
		_, err := DecodeReply([]byte(text))
		if e, ok := err.(*Error); !ok || e.Code != want || e.Message == "" {
			t.Errorf("%q: got %v", text, err)
		}
	}
}
