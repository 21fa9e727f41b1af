package command

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/redistest"
)

const chatStream = "postern:outbound:chat"

// bury leaves a dead letter of a message, as a settle does, and returns its id.
func bury(t *testing.T, client *redis.Client, text string) string {
	t.Helper()
	data := `{"type":"message","channel_id":"c","text":"` + text + `"}`
	fields := bus.RecordFields(chatStream, bus.ID{MS: 5, Seq: 1}, "", bus.Letter{
		Code: string(envelope.CodeForbidden), Error: "no right", Attempt: "1", Data: []byte(data), TS: "5",
	})
	id, err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: envelope.Beside(chatStream, "dead"), Values: fields}).Result()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestPauseAndResumeSetTheFlag(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, client := newShell(t, server), server.Client()
	for command, want := range map[string]string{"pause": "1", "resume": ""} {
		s.must(command, "chat")
		if got := client.HGet(t.Context(), "postern:platform:chat", "paused").Val(); got != want {
			t.Errorf("after %s, paused = %q, want %q", command, got, want)
		}
	}
	if r := s.run("pause", "caht"); r.code != ExitUsage || !strings.Contains(r.err, `"chat"`) {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
}

func TestDeadLettersAreListedShownReplayedAndDropped(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, client := newShell(t, server), server.Client()
	first, second, third := bury(t, client, "one"), bury(t, client, "two"), bury(t, client, "three")

	if out := s.must("dead", "list"); strings.Count(out, "forbidden: no right") != 3 {
		t.Errorf("list:\n%s", out)
	}
	var shown record
	if err := json.Unmarshal([]byte(s.must("dead", "show", "chat", first, "--json")), &shown); err != nil {
		t.Fatal(err)
	}
	if shown.Code != envelope.CodeForbidden || !strings.Contains(string(shown.Data), `"one"`) || shown.Cure != cure(envelope.CodeForbidden) {
		t.Errorf("show = %+v", shown)
	}
	if out := s.must("dead", "show", "chat", first); !strings.Contains(out, `"text":"one"`) {
		t.Errorf("show:\n%s", out)
	}

	s.must("dead", "replay", "chat", first)
	if entries := published(t, server, "chat"); len(entries) != 1 || !strings.Contains(entries[0].Values["data"].(string), "one") {
		t.Errorf("after replay the stream holds %v", entries)
	}
	r := s.run("dead", "drop", "chat", first, second)
	if r.code != ExitFailed || !strings.Contains(r.err, first) || !strings.Contains(r.out, second+" dropped") {
		t.Errorf("drop of one that is gone and one that is there: exit %d\n%s%s", r.code, r.out, r.err)
	}
	s.must("dead", "drop", "chat", "--all")
	if out := s.must("dead", "list", "chat", "--json"); out != "" {
		t.Errorf("%s is left after drop --all:\n%s", third, out)
	}
}

func TestStatusCountsWhatWaits(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, client := newShell(t, server), server.Client()
	bury(t, client, "gone")
	s.must("send", "-p", "chat", "--channel", "c", "-t", "x")
	s.must("pause", "chat")
	client.HSet(t.Context(), envelope.Beside(chatStream, "lease"), "token", "t", "node", "gw-1", "epoch", "3")
	client.Set(t.Context(), "postern:node:gw-1", `{"id":"gw-1","host":"h","active":["chat"]}`, 0)
	client.SAdd(t.Context(), "postern:nodes", "gw-1")

	var st status
	if err := json.Unmarshal([]byte(s.must("status", "--json")), &st); err != nil {
		t.Fatal(err)
	}
	if len(st.Nodes) != 1 || len(st.Platforms) != 2 {
		t.Fatalf("status = %+v", st)
	}
	chat := st.Platforms[0]
	if chat.Backlog != 1 || chat.Dead != 1 || !chat.Paused || chat.Active != "gw-1" || chat.Epoch != "3" {
		t.Errorf("chat = %+v", chat)
	}
	out := s.must("status")
	if !strings.Contains(out, "gw-1") || !strings.Contains(out, "paused") || !strings.Contains(out, "hook") {
		t.Errorf("status:\n%s", out)
	}
}

// A key of another type spoils its own platform's line and no other, and what
// a node wrote that is gone is not shown as if it still held.
func TestStatusOutlivesOneBrokenStream(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, client := newShell(t, server), server.Client()
	client.Set(t.Context(), "postern:outbound:hook", "no stream", 0)
	client.HSet(t.Context(), "postern:platform:chat", "state", "ready", "node", "gw-1", "lanes_held", "7")
	out := s.must("status")
	if !strings.Contains(out, "WRONGTYPE") || !strings.Contains(out, "chat") || !strings.Contains(out, "no active node") || strings.Contains(out, "ready") {
		t.Errorf("status:\n%s", out)
	}
	client.Del(t.Context(), "postern:outbound:hook")
	client.HSet(t.Context(), envelope.Beside(chatStream, "lease"), "token", "t", "node", "gw-1", "epoch", "3")
	client.HSet(t.Context(), "postern:platform:chat", "state", "paused", "paused", "1")
	if out = s.must("status"); strings.Contains(out, "paused, paused") || !strings.Contains(out, "paused          gw-1") || !strings.Contains(out, " 7 ") {
		t.Errorf("status:\n%s", out)
	}
}

func TestTailFollowsEveryFeedUntilASignal(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, client := newShell(t, server), server.Client()
	event, err := envelope.Encode(envelope.Event{Event: envelope.EventMessage, Platform: "chat", ChannelID: "lobby", UserID: "ann", Content: "hi there"}, envelope.MessagePack)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: "postern:inbound", Values: []any{"data", event}}).Err(); err != nil {
		t.Fatal(err)
	}
	bury(t, client, "dead one")

	out := &sink{wrote: make(chan struct{})}
	var stderr sink
	code := make(chan int, 1)
	go func() { code <- s.start(out, &stderr, "tail", "--all", "-p", "chat") }()
	<-out.wrote
	<-out.wrote
	receipt := `{"entry_id":"1-1","status":"delivered","message_ids":["m1"],"warnings":[],"at":1}`
	for heard := int64(0); heard == 0; { // until tail has subscribed
		if heard, err = client.Publish(t.Context(), bus.FinishedChannel(chatStream), receipt).Result(); err != nil {
			t.Fatal(err)
		}
	}
	<-out.wrote
	s.signals <- os.Signal(syscall.SIGINT)
	if got := <-code; got != ExitDone {
		t.Errorf("exit %d: %s", got, stderr.String())
	}
	for _, want := range []string{"message in lobby by ann: hi there", "forbidden: no right", cure(envelope.CodeForbidden), "delivered 1-1 as m1"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("tail does not say %q:\n%s", want, out.String())
		}
	}
}

func TestTailTakesNoUnknownFeed(t *testing.T) {
	t.Parallel()
	if r := newShell(t, nil).run("tail", "inbond"); r.code != ExitUsage || !strings.Contains(r.err, "inbound") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
}

func TestStatusNamesStreamsThatNobodyReads(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, client := newShell(t, server), server.Client()
	for _, stream := range []string{"postern:outbound:caht", "postern:outbound:chat", "postern:outbound:chat:3"} {
		if err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: stream, Values: []any{"data", "{}"}}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	out := s.must("status")
	if _, said, _ := strings.Cut(out, "nobody reads "); !strings.HasPrefix(said, "postern:outbound:caht: 1 entries") || !strings.Contains(said, `did you mean "chat"?`) {
		t.Errorf("status:\n%s", out)
	}
	if strings.Count(out, "nobody reads") != 1 {
		t.Errorf("status names more than one:\n%s", out)
	}
}

func TestAPasswordThatRedisRefusesIsNamedAsSuch(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	if err := server.Client().ConfigSet(t.Context(), "requirepass", "right").Err(); err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{
		"":       "wants a password",
		":wrong": "refuses the user name or password",
	} {
		s := newShell(t, nil)
		if given != "" {
			given += "@"
		}
		s.environ = []string{"POSTERN_REDIS_URL=redis://" + given + server.Addr + "/0", "HOOK_SECRET=x"}
		for _, command := range []string{"status", "check"} {
			if r := s.run(command); r.code != ExitFailed || !strings.Contains(r.out+r.err, want) || strings.Contains(r.out+r.err, "wrong") {
				t.Errorf("%s with %q: exit %d: %s%s", command, given, r.code, r.out, r.err)
			}
		}
	}
}
