package command

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/redistest"
)

// leave leaves a record of a message, as a settle does, and returns its id.
func leave(t *testing.T, client *redis.Client, where, key, channel string, code envelope.Code) string {
	t.Helper()
	data := `{"type":"message","channel_id":"` + channel + `","text":"` + key + `"}`
	fields := bus.RecordFields(chatStream, bus.ID{MS: 5, Seq: 1}, envelope.Beside(chatStream, "claim:"+key), bus.Letter{
		MessageKey: key, Code: string(code), Error: "why", Attempt: "1", Data: []byte(data), TS: "5", StartedAt: "6",
	})
	id, err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: envelope.Beside(chatStream, where), Values: fields}).Result()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// lines decodes one JSON value a line.
func lines[T any](t *testing.T, out string) (all []T) {
	t.Helper()
	for line := range strings.Lines(out) {
		var v T
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, v)
	}
	return all
}

// Records are chosen by key, code and channel, in lists and in bulk; what came
// of each is told as JSON, in order.
func TestRecordsAreChosenByFilters(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, client := newShell(t, server), server.Client()
	var ids []string
	for i, channel := range []string{"c", "d", "c", "d"} {
		code := []envelope.Code{envelope.CodeForbidden, envelope.CodeTransient}[i/2]
		ids = append(ids, leave(t, client, "dead", "k"+strconv.Itoa(i), channel, code))
	}
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{nil, "k0 k1 k2 k3"},
		{[]string{"--key", "k2"}, "k2"},
		{[]string{"--code", "forbidden"}, "k0 k1"},
		{[]string{"--channel", "d"}, "k1 k3"},
		{[]string{"--code", "forbidden", "--channel", "d"}, "k1"},
		{[]string{"--limit", "3"}, "k0 k1 k2"},
	} {
		var keys []string
		for _, r := range lines[record](t, s.must(append([]string{"dead", "list", "chat", "--json"}, c.flags...)...)) {
			keys = append(keys, r.MessageKey)
		}
		if got := strings.Join(keys, " "); got != c.want {
			t.Errorf("list %v: %s; want %s", c.flags, got, c.want)
		}
	}

	began := time.Now()
	replayed := lines[done](t, s.must("dead", "replay", "chat", "--all", "--channel", "d", "--rate", "10", "--json"))
	if took := time.Since(began); took < 100*time.Millisecond {
		t.Errorf("two at ten a second took %v", took)
	}
	entries := published(t, server, "chat")
	if len(replayed) != 2 || len(entries) != 2 {
		t.Fatalf("replayed %+v; the stream has %v", replayed, entries)
	}
	for i, want := range []string{ids[1], ids[3]} {
		if r := replayed[i]; r.ID != want || r.Done != "replayed" || r.Entry != entries[i].ID || r.Platform != "chat" {
			t.Errorf("replayed %+v; want %s as %s", r, want, entries[i].ID)
		}
	}
	again := s.run("dead", "replay", "chat", ids[1], "--json")
	if got := lines[done](t, again.out); again.code != ExitFailed || len(got) != 1 || got[0].Error == "" || got[0].Done != "" {
		t.Errorf("replayed again: exit %d, %s", again.code, again.out)
	}
	if n := len(published(t, server, "chat")); n != 2 {
		t.Errorf("the stream has %d entries after the second replay", n)
	}
	dropped := lines[done](t, s.must("dead", "drop", "chat", "--key", "k0", "--json"))
	if len(dropped) != 1 || dropped[0].ID != ids[0] || dropped[0].Done != "dropped" {
		t.Errorf("dropped %+v", dropped)
	}
}

// A parked record is sent again by its key, or dropped.
func TestParkedRecords(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, client := newShell(t, server), server.Client()
	leave(t, client, "parked", "a", "c", envelope.CodeUnknown)
	second := leave(t, client, "parked", "b", "c", envelope.CodeUnknown)
	if got := lines[record](t, s.must("parked", "show", "chat", second, "--json")); len(got) != 1 || got[0].StartedAt != "6" {
		t.Errorf("show: %+v", got)
	}
	if out := s.must("parked", "resend", "chat", "--key", "a"); !strings.Contains(out, "published again as ") {
		t.Errorf("resend: %s", out)
	}
	s.must("parked", "drop", "chat", second)
	if n := client.XLen(t.Context(), envelope.Beside(chatStream, "parked")).Val(); n != 0 {
		t.Errorf("%d parked records are left", n)
	}
}

// Nothing there, nothing like that, no such id, nothing chosen: each is said.
func TestNoSuchRecord(t *testing.T) {
	t.Parallel()
	s := newShell(t, redistest.Start(t))
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"dead", "list", "chat"}, ExitDone, "none"},
		{[]string{"parked", "list", "--code", "unknown"}, ExitDone, `none with code "unknown"`},
		{[]string{"dead", "replay", "chat", "--all"}, ExitDone, "nothing was done"},
		{[]string{"parked", "drop", "chat", "--key", "k"}, ExitDone, `none with key "k": nothing was done`},
		{[]string{"dead", "show", "chat", "5-0"}, ExitFailed, "list shows what there is"},
		{[]string{"dead", "drop", "chat", "5-0"}, ExitFailed, "list shows what there is"},
		{[]string{"parked", "resend", "chat", "five"}, ExitFailed, "five"},
		{[]string{"dead", "replay", "chat"}, ExitUsage, "--all"},
		{[]string{"dead", "replay", "chat", "5-0", "--all"}, ExitUsage, "--all"},
		{[]string{"dead", "replay", "chat", "--code", "forbidden"}, ExitUsage, "--all"},
	} {
		if r := s.run(c.args...); r.code != c.code || !strings.Contains(r.err, c.says) {
			t.Errorf("%v: exit %d, %q; want %d and %q", c.args, r.code, r.err, c.code, c.says)
		}
	}
}
