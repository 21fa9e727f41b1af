package sdk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
	"github.com/posternhq/postern/test/harness"
	"github.com/posternhq/postern/worker"
)

// open returns a worker of a group, closed with the test.
func open(t *testing.T, server *redistest.Server, group string) *worker.Client {
	t.Helper()
	client, err := worker.Open(t.Context(), worker.Options{URL: server.URL(), Group: group})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// receiving runs a handler until the test, or what is called, ends it.
func receiving(t *testing.T, client *worker.Client, h worker.Handler) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- client.Receive(ctx, h, worker.ReceiveOptions{}) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func say(t *testing.T, rdb *redis.Client, fields map[string]any) string {
	t.Helper()
	id, err := rdb.XAdd(t.Context(), &redis.XAddArgs{Stream: "postern:inbound", Values: fields}).Result()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// keyCase is one key that a handler may make.
type keyCase struct {
	Group   string
	EventID string `json:"event_id"`
	Name    string
	Key     string
}

// The keys of a handler's answers are the same in the Go SDK.
func TestKeys(t *testing.T) {
	t.Parallel()
	var table struct{ Keys []keyCase }
	cases(t, "keys", &table)
	groups := make(map[string]map[string]keyCase) // by group and entry
	server := redistest.Start(t)
	rdb := server.Client()
	for i, c := range table.Keys {
		data, err := envelope.Encode(envelope.Event{
			Event: envelope.EventMessage, Platform: "chat", EventID: c.EventID,
			Address: envelope.Address{Platform: "chat", ChannelID: fmt.Sprint(i)},
		}, envelope.MessagePack)
		if err != nil {
			t.Fatal(err)
		}
		if groups[c.Group] == nil {
			groups[c.Group] = make(map[string]keyCase)
		}
		groups[c.Group][say(t, rdb, map[string]any{"data": data})] = c
	}
	for group, entries := range groups {
		holdKeys(t, open(t, server, group), entries)
	}
}

// holdKeys handles the entries, and those of other groups.
func holdKeys(t *testing.T, client *worker.Client, entries map[string]keyCase) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), within)
	defer stop()
	var mutex sync.Mutex
	err := client.Receive(ctx, func(_ context.Context, m *worker.Message) error {
		mutex.Lock()
		defer mutex.Unlock()
		if c, ours := entries[m.EntryID]; ours {
			if got := m.Key(c.Name); got != c.Key {
				t.Errorf("the key %s of event %s in %s is %q, expected %q", c.Name, c.EventID, c.Group, got, c.Key)
			}
			delete(entries, m.EntryID)
		}
		if len(entries) == 0 {
			stop()
		}
		return nil
	}, worker.ReceiveOptions{})
	if err != nil || len(entries) > 0 {
		t.Errorf("%d events were not handled, %v", len(entries), err)
	}
}

// The dead letters of the Go SDK have the same fields, and say the same.
func TestLetters(t *testing.T) {
	t.Parallel()
	var table struct {
		Letters []struct {
			What, Data, Permanent string
			Entry, Letter         map[string]string
		}
		Fields []string
	}
	cases(t, "letters", &table)
	server := redistest.Start(t)
	rdb := server.Client()
	client := open(t, server, "")
	var mutex sync.Mutex
	why := ""
	receiving(t, client, func(context.Context, *worker.Message) error {
		mutex.Lock()
		defer mutex.Unlock()
		return worker.Permanent(errors.New(why))
	})
	for i, c := range table.Letters {
		mutex.Lock()
		why = c.Permanent
		mutex.Unlock()
		entry := map[string]any{"data": c.Data}
		for name, value := range c.Entry {
			entry[name] = value
		}
		want := map[string]string{"original_stream": "postern:inbound", "original_msg_id": say(t, rdb, entry), "data": c.Data}
		for name, value := range c.Letter {
			want[name] = value
		}
		var letters []redis.XMessage
		harness.Await(t, within, c.What, func() (bool, string) {
			var err error
			letters, err = rdb.XRange(t.Context(), client.Dead(), "-", "+").Result()
			return len(letters) == i+1, fmt.Sprintf("%d letters, %v", len(letters), err)
		})
		letter := letters[i].Values
		if len(letter) != len(table.Fields) {
			t.Errorf("%s: the letter has %v, expected the fields %v", c.What, letter, table.Fields)
		}
		for _, name := range table.Fields {
			if _, there := letter[name]; !there {
				t.Errorf("%s: the letter has no %s", c.What, name)
			}
		}
		for name, value := range want {
			if letter[name] != value {
				t.Errorf("%s: %s is %q, expected %q", c.What, name, letter[name], value)
			}
		}
	}
}
