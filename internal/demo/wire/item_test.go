package wire

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
)

func encode(t testing.TB, v any, enc envelope.Encoding) []byte {
	t.Helper()
	data, err := envelope.Encode(v, enc)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestItemsSayWhatTheyAreInAWord(t *testing.T) {
	t.Parallel()
	event := envelope.Event{Event: envelope.EventMessage, Platform: "chat", ChannelID: "lobby", UserID: "u1", DisplayName: "Ann", Content: "hello\n there"}
	stream := envelope.Outbound{Type: envelope.TypeStream, ChannelID: "lobby", ThreadID: "t", StreamID: "s", Seq: 12, Final: true, Text: "so far"}
	dead := envelope.Receipt{EntryID: "5-0", Status: envelope.StatusDead, Error: &envelope.Error{Code: envelope.CodeNotFound, Message: "no such message"}}
	for _, c := range []struct {
		name       string
		item       Item
		head, says string
		encoding   string
		fault      bool
	}{
		{"event", eventItem("i", "1500-0", encode(t, event, envelope.MessagePack)), "message", "Ann · lobby · hello there", "msgpack", false},
		{"envelope", envelopeItem("o", "1500-0", encode(t, stream, envelope.JSON)), "stream, final", "lobby/t · so far", "json", false},
		{"receipt", receiptItem("o", string(encode(t, dead, envelope.JSON))), "dead", "not_found: no such message", "json", true},
		{"garbage", envelopeItem("o", "1500-0", []byte("\xc1nope")), "unreadable", "", "msgpack", true},
		{"nothing", envelopeItem("o", "1500-0", nil), "unreadable", "", "msgpack", true},
	} {
		if c.item.Head != c.head || (c.says != "" && c.item.Says != c.says) || c.item.Encoding != c.encoding || c.item.Fault != c.fault {
			t.Errorf("%s: %+v", c.name, c.item)
		}
		if c.name != "receipt" && c.item.At != 1.5 {
			t.Errorf("%s: at %v, its id says 1.5 s", c.name, c.item.At)
		}
		if !json.Valid(c.item.Data) {
			t.Errorf("%s: data is no JSON: %s", c.name, c.item.Data)
		}
	}
}

func TestAFileIsShownInPart(t *testing.T) {
	t.Parallel()
	file := envelope.Outbound{
		Type: envelope.TypeMessage, ChannelID: "lobby", Text: strings.Repeat("é", dataMost),
		Attachments: []envelope.Media{{Filename: "a.png", Data: bytes.Repeat([]byte{7}, 600<<10)}},
	}
	item := envelopeItem("o", "1-0", encode(t, file, envelope.MessagePack))
	if !item.Cut || len(item.Data) > dataMost || !strings.Contains(string(item.Data), "a.png") {
		t.Errorf("cut %v, %d bytes", item.Cut, len(item.Data))
	}
	short := envelopeItem("o", "1-0", encode(t, envelope.Outbound{Type: envelope.TypeMessage, ChannelID: "c", Text: "hi"}, envelope.JSON))
	if short.Cut || string(short.Data) != `{"type":"message","channel_id":"c","text":"hi"}` {
		t.Errorf("%+v: %s", short, short.Data)
	}
}

// FuzzItem: whatever lies in a stream is shown as valid JSON of bounded size.
func FuzzItem(f *testing.F) {
	f.Add([]byte(`{"type":"message","channel_id":"c","text":"hi"}`))
	f.Add([]byte("\x81\xa4type\xa6stream"))
	f.Add([]byte(`{"event":"message"}`))
	f.Add(bytes.Repeat([]byte("<\"\\"), 9000))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, item := range []Item{eventItem("s", "1-1", data), envelopeItem("s", "1-1", data), receiptItem("s", string(data))} {
			text, err := json.Marshal(item)
			if err != nil {
				t.Fatalf("%+v: %v", item, err)
			}
			if len(text) > 2*dataMost {
				t.Fatalf("%d bytes", len(text))
			}
		}
	})
}
