package platforms

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/discord/discordtest"
	"github.com/posternhq/postern/test/harness"
)

// discordScene is a scene whose nodes have a bot, dc, and whose publishing goes
// to it.
func discordScene(t *testing.T, settings string) (*harness.Scene, *discordtest.Server) {
	t.Helper()
	s := discordtest.New(t)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(discordtest.Token), 0o600); err != nil {
		t.Fatal(err)
	}
	scene := harness.NewScene(t, program)
	scene.More = fmt.Sprintf("  - { name: dc, kind: discord, token_file: %q, api_url: %q%s }\n", token, s.URL, settings)
	names := envelope.NewNames("postern")
	scene.Stream, scene.Group = names.Outbound("dc"), names.Group("dc")
	return scene, s
}

func discordRoom(n int) string { return strconv.Itoa(320_000_000_000_000_000 + n) }

// posted are the messages that were made, oldest first.
func posted(s *discordtest.Server) (out []discordtest.Effect) {
	for _, e := range s.Effects() {
		if e.What == "POST" {
			out = append(out, e)
		}
	}
	return out
}

// TestDiscordBurst: 500 messages to 20 channels at once, at Discord's limits:
// all of them arrive, in order, none is refused by a limit that was announced,
// and they take little longer than the limits do.
func TestDiscordBurst(t *testing.T) {
	t.Parallel()
	const channels, each = 20, 25
	scene, s := discordScene(t, "")
	for n := range channels {
		s.AddPlace(discordtest.Place{ID: discordRoom(n), Guild: discordtest.GuildID, Name: "room"})
	}
	s.Limit(discordtest.Published())
	scene.Serve(t, "gw-1")
	for n := range each {
		for c := range channels {
			scene.PublishJSON(t, harness.Envelope{
				"type": "message", "channel_id": discordRoom(c), "text": strconv.Itoa(n), "message_key": fmt.Sprintf("%d-%d", c, n),
			})
		}
	}
	harness.Await(t, 120*time.Second, "all messages arrive", func() (bool, string) {
		n := len(posted(s))
		all, announced := s.Refused()
		return n >= channels*each, fmt.Sprintf("%d of %d, %d refused, %d of them announced", n, channels*each, all, announced)
	})
	scene.AwaitSettled(t, 20*time.Second)
	effects := posted(s)
	next := map[string]int{}
	for _, e := range effects {
		if e.Text != strconv.Itoa(next[e.Channel]) {
			t.Errorf("channel %s got %s, and %d was next", e.Channel, e.Text, next[e.Channel])
		}
		next[e.Channel]++
	}
	if all, announced := s.Refused(); all != 0 {
		t.Errorf("%d were refused, %d of them by a limit that was announced", all, announced)
	}
	took := effects[len(effects)-1].At.Sub(effects[0].At)
	// Five in five seconds in each channel, and of the last hundred 50 in a second.
	ideal := time.Duration((each-1)/5)*5*time.Second + time.Duration((channels*5-1)/50)*time.Second
	t.Logf("%d messages to %d channels took %v, the limits alone %v: %.3f", channels*each, channels, took, ideal, took.Seconds()/ideal.Seconds())
}

// TestDiscordStream: an answer of 20 s at 30 snapshots a second is one message,
// edited as often as Discord lets it, and exact at its end.
func TestDiscordStream(t *testing.T) {
	t.Parallel()
	scene, s := discordScene(t, "")
	s.Limit(discordtest.Published())
	scene.Serve(t, "gw-1")
	const long, every = 20 * time.Second, time.Second / 30
	text := func(n int) string { return "**Answer.** " + strings.Repeat("w ", n) + "`end`" }
	seq := 0
	tick := time.NewTicker(every)
	defer tick.Stop()
	for begin := time.Now(); time.Since(begin) < long; seq++ {
		scene.PublishJSON(t, harness.Envelope{"type": "stream", "channel_id": discordtest.Channel, "stream_id": "answer", "seq": seq, "text": text(seq)})
		<-tick.C
	}
	scene.PublishJSON(t, harness.Envelope{"type": "stream", "channel_id": discordtest.Channel, "stream_id": "answer", "seq": seq, "text": text(seq), "final": true})
	scene.AwaitSettled(t, 30*time.Second)
	edits := len(s.Effects()) - len(posted(s))
	all := s.Messages(discordtest.Channel)
	refused, _ := s.Refused()
	if len(all) != 1 || all[0].Content != text(seq) || refused != 0 {
		t.Errorf("%d messages, %d refused, the text is exact: %v", len(all), refused, all[0].Content == text(seq))
	}
	if edits < 10 {
		t.Errorf("it was edited %d times in %v", edits, long)
	}
	t.Logf("%d snapshots became one message and %d edits", seq+1, edits)
}

// TestDiscordStreamOutgrows: an answer longer than one message goes on in
// further ones, and the final text is exact over all of them.
func TestDiscordStreamOutgrows(t *testing.T) {
	t.Parallel()
	scene, s := discordScene(t, "")
	scene.Serve(t, "gw-1")
	words := func(n int) string { return strings.TrimSpace(strings.Repeat("word ", n)) }
	for seq, n := range []int{300, 700, 200, 900, 1300} { // it shrinks once
		scene.PublishJSON(t, harness.Envelope{
			"type": "stream", "channel_id": discordtest.Channel, "stream_id": "answer", "seq": seq, "text": words(n), "final": seq == 4,
		})
		harness.Await(t, 20*time.Second, "it is shown", func() (bool, string) {
			whole := ""
			for _, m := range s.Messages(discordtest.Channel) {
				if m.Content != "…" {
					whole = strings.TrimSpace(whole + " " + m.Content)
				}
			}
			return whole == words(n), fmt.Sprintf("%d words of %d", len(strings.Fields(whole)), n)
		})
	}
	scene.AwaitSettled(t, 60*time.Second)
}

// TestDiscordLosesAnswers: Discord takes messages and never answers, and the
// node is killed meanwhile: each is there once, and nothing is in doubt.
func TestDiscordLosesAnswers(t *testing.T) {
	t.Parallel()
	const messages = 12
	scene, s := discordScene(t, "")
	for n := range messages {
		s.AddPlace(discordtest.Place{ID: discordRoom(n), Guild: discordtest.GuildID, Name: "room"})
	}
	node := scene.Serve(t, "gw-1")
	receipts := "postern:reply:discord"
	for n := range messages {
		if n%4 == 0 {
			s.Fail(discordtest.Lost, "POST /channels/")
		}
		scene.PublishJSON(t, harness.Envelope{
			"type": "message", "channel_id": discordRoom(n), "text": "t" + strconv.Itoa(n), "message_key": "k" + strconv.Itoa(n), "receipt_to": receipts,
		})
		harness.Await(t, 20*time.Second, "it was sent", func() (bool, string) {
			sent := len(posted(s))
			return sent > n, fmt.Sprintf("%d were made", sent)
		})
		if n == 4 { // its answer was lost
			node.Kill()
			node.Start()
		}
	}
	delivered, flagged := 0, 0
	harness.Await(t, 60*time.Second, "every message has its end", func() (bool, string) {
		for {
			raw, err := scene.RDB.LPop(t.Context(), receipts).Bytes()
			if err == redis.Nil {
				break
			}
			var r struct {
				Status   string   `json:"status"`
				Possible bool     `json:"possible_duplicate"`
				IDs      []string `json:"message_ids"`
			}
			if err != nil || json.Unmarshal(raw, &r) != nil {
				t.Fatalf("a receipt %q: %v", raw, err)
			}
			if r.Status == "delivered" && len(r.IDs) == 1 && r.IDs[0] != "" {
				delivered++
			}
			if r.Possible {
				flagged++
			}
		}
		return delivered == messages, fmt.Sprint(delivered)
	})
	for n := range messages {
		if all := s.Messages(discordRoom(n)); len(all) != 1 {
			t.Errorf("t%d is there %d times", n, len(all))
		}
	}
	if flagged != 0 {
		t.Errorf("%d are flagged", flagged)
	}
}

// TestDiscordHandOver: people write while the node that is connected is killed
// or stopped, and another one takes over: the session goes on, and each message
// comes in once and in order.
func TestDiscordHandOver(t *testing.T) {
	t.Parallel()
	scene, s := discordScene(t, "")
	one, two := scene.Serve(t, "gw-1"), scene.Serve(t, "gw-2")
	const inbound = "postern:inbound"
	const messages = 60
	for n := range messages {
		s.Say(discordtest.Says{Channel: discordtest.AnnDM, Text: "m" + strconv.Itoa(n)})
		switch n {
		case 20:
			one.Kill()
		case 40:
			one.Start()
			one.AwaitReady(20 * time.Second)
			two.Kill()
		}
		time.Sleep(20 * time.Millisecond) // as people write
	}
	var contents []string
	harness.Await(t, 60*time.Second, "all have come in", func() (bool, string) {
		entries, err := scene.RDB.XRange(t.Context(), inbound, "-", "+").Result()
		if err != nil {
			t.Fatal(err)
		}
		contents = nil
		for _, e := range entries {
			event, err := envelope.DecodeEvent([]byte(e.Values["data"].(string)))
			if err != nil {
				t.Fatal(err)
			}
			if event.Event == envelope.EventMessage {
				contents = append(contents, event.Content)
			}
		}
		return len(contents) >= messages, fmt.Sprintf("%d of %d", len(contents), messages)
	})
	for n, content := range contents {
		if content != "m"+strconv.Itoa(n) {
			t.Errorf("%q came, and m%d was next", content, n)
		}
	}
	if open, resumed := s.Sessions(); open != 1 || resumed < 1 {
		t.Errorf("%d sessions, resumed %d times; want one that was resumed", open, resumed)
	}
}

// TestDiscordAnswersAClick: a worker that knows nothing of Discord answers a
// command by copying the event's address and interaction_id.
func TestDiscordAnswersAClick(t *testing.T) {
	t.Parallel()
	scene, s := discordScene(t, askable)
	scene.Serve(t, "gw-1")
	id, event := ask(t, scene, s)
	scene.PublishJSON(t, harness.Envelope{
		"type": "message", "channel_id": event.Address.ChannelID, "thread_id": event.Address.ThreadID, "interaction_id": event.InteractionID, "text": "because", "ephemeral": true,
	})
	scene.AwaitSettled(t, 20*time.Second)
	i := s.Interaction(id)
	m, ok := s.Message(discordtest.Thread, i.Original)
	if !ok || m.Content != "because" || i.Waited() > 3*time.Second {
		t.Errorf("it was answered by type %d after %v: %+v", i.Acknowledged, i.Waited(), m)
	}
}

// TestDiscordAnswersFromTheNextNode: which answer was an interaction's first is
// known to a node that takes over from one that was killed, also where the next
// one says the same.
func TestDiscordAnswersFromTheNextNode(t *testing.T) {
	t.Parallel()
	scene, s := discordScene(t, askable)
	first := scene.Serve(t, "gw-1")
	_, event := ask(t, scene, s)
	answer := func(key string) {
		t.Helper()
		scene.PublishJSON(t, harness.Envelope{
			"type": "message", "channel_id": event.Address.ChannelID, "thread_id": event.Address.ThreadID, "interaction_id": event.InteractionID, "text": "because", "message_key": key,
		})
		scene.AwaitSettled(t, 40*time.Second)
	}
	answer("one")
	first.Kill()
	scene.Serve(t, "gw-2")
	answer("two")
	answer("two") // a duplicate is none
	var shown []string
	for _, m := range s.Messages(discordtest.Thread) {
		if m.Content == "because" {
			shown = append(shown, m.ID)
		}
	}
	if len(shown) != 2 {
		t.Errorf("the answers are %v; want one message for each", shown)
	}
}

// askable is a bot that can be asked by a command.
const askable = ", commands: [\"ask=Ask me\"]"

// ask has somebody use the command, and returns the interaction and its event.
func ask(t *testing.T, scene *harness.Scene, s *discordtest.Server) (id string, event envelope.Event) {
	t.Helper()
	harness.Await(t, 20*time.Second, "the bot is connected", func() (bool, string) { return s.Linked(), "" })
	id = s.Command(discordtest.Thread, "ask", discordtest.Option("question", 3, "why?"))
	harness.Await(t, 20*time.Second, "the command comes in", func() (bool, string) {
		entries, _ := scene.RDB.XRange(t.Context(), "postern:inbound", "-", "+").Result()
		for _, e := range entries {
			if got, err := envelope.DecodeEvent([]byte(e.Values["data"].(string))); err == nil && got.Event == envelope.EventCommand {
				event = got
				return true, ""
			}
		}
		return false, fmt.Sprintf("%d entries", len(entries))
	})
	return id, event
}
