package worker

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

// Every SDK makes the same keys: a worker in one language may go on where one in
// another has died.
func TestKeysAreThoseOfAllSDKs(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../sdk/testdata/keys.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Keys []struct {
			Group   string
			EventID string `json:"event_id"`
			Name    string
			Key     string
		}
	}
	if err := json.Unmarshal(data, &table); err != nil || len(table.Keys) == 0 {
		t.Fatalf("%d keys, %v", len(table.Keys), err)
	}
	for _, k := range table.Keys {
		m := Message{Event: envelope.Event{EventID: k.EventID}, group: k.Group}
		if got := m.Key(k.Name); got != k.Key || len(got) > maxKey {
			t.Errorf("%s of %s: %s, expected %s", k.Name, k.EventID, got, k.Key)
		}
	}
}

// A handler that runs again repeats its keys, and everything goes to where the
// event came from.
func TestMessageAnswersWithTheSameKeys(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c, g := open(t, s.URL()), newGateway(t, s.Client())
	event := message("lobby", "hi")
	event.Address.ThreadID, event.MessageID, event.InteractionID = "t1", "m1", "i1"
	sayEvent(t, c, envelope.MessagePack, event)
	receiving(t, c, quick(), func(ctx context.Context, m *Message) error {
		err := errors.Join(m.Typing(ctx), m.React(ctx, "👍"), m.Reply(ctx, "one"))
		_, other := m.ReplyWith(ctx, envelope.Outbound{Type: envelope.TypeMessage, Text: "two", ChannelID: "elsewhere", MessageKey: "mine"})
		stream := m.Stream(ctx, StreamOptions{})
		_, written := stream.WriteString("three")
		err = errors.Join(err, other, written, stream.Close(ctx))
		if err == nil && m.Attempt == 1 {
			err = errors.New("once more")
		}
		return err
	})
	type sent struct{ what, channel, thread, key, interaction string }
	want := []sent{
		{"typing", "lobby", "t1", "re:postern:workers:lobby/hi:1", ""},
		{"reaction m1", "lobby", "t1", "re:postern:workers:lobby/hi:2", ""},
		{"message one", "lobby", "t1", "re:postern:workers:lobby/hi:3", "i1"},
		{"message two", "elsewhere", "", "mine", "i1"},
		{"stream three", "lobby", "t1", "re:postern:workers:lobby/hi:4", ""},
	}
	for attempt := 1; attempt <= 2; attempt++ {
		for _, w := range want {
			a := g.next()
			for a.Type == envelope.TypeStream && !a.Final {
				a = g.next()
			}
			got := sent{strings.TrimSpace(string(a.Type) + " " + a.Text + a.MessageID), a.ChannelID, a.ThreadID, a.MessageKey + a.StreamID, a.InteractionID}
			if got != w || a.TraceID != "trace-hi" || a.Platform != "chat" {
				t.Errorf("attempt %d: %+v, expected %+v", attempt, got, w)
			}
		}
	}
}

// An event without an address of its own is answered all the same.
func TestMessageWithoutAnAddress(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c, g := open(t, s.URL()), newGateway(t, s.Client())
	sayData(t, c, `{"event":"message","platform":"chat","channel_id":"lobby","content":"hi"}`)
	ids := make(chan string, 1)
	receiving(t, c, quick(), func(ctx context.Context, m *Message) error {
		ids <- m.EntryID
		return m.Reply(ctx, "heard")
	})
	if a, id := g.next(), <-ids; a.ChannelID != "lobby" || a.MessageKey != "re:postern:workers:"+id+":1" {
		t.Errorf("%+v, of event %s", a.Outbound, id)
	}
}
