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
	"github.com/posternhq/postern/internal/platform/slack/slacktest"
	"github.com/posternhq/postern/test/harness"
)

// slackScene is a scene whose nodes have an app, slack, and whose publishing goes
// to it.
func slackScene(t *testing.T, settings string) (*harness.Scene, *slacktest.Server) {
	t.Helper()
	s := slacktest.New(t)
	dir := t.TempDir()
	for name, secret := range map[string]string{"token": slacktest.Token, "app": slacktest.AppToken} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(secret), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	scene := harness.NewScene(t, program)
	scene.More = fmt.Sprintf("  - { name: slack, kind: slack, token_file: %q, app_token_file: %q, api_url: %q, groups: all%s }\n",
		filepath.Join(dir, "token"), filepath.Join(dir, "app"), s.URL, settings)
	names := envelope.NewNames("postern")
	scene.Stream, scene.Group = names.Outbound("slack"), names.Group("slack")
	return scene, s
}

// addChannels makes channels C0N0, C0N1, … that the app is in.
func addChannels(s *slacktest.Server, many int) {
	for n := range many {
		s.AddChannel(slacktest.Channel{ID: fmt.Sprintf("C0N%d", n), Name: fmt.Sprintf("n%d", n), Members: []string{slacktest.BotUID, "U0ANN"}})
	}
}

// TestSlackBurst: 500 messages to 20 channels at once, at Slack's published
// limits: all of them arrive, in order, none is refused, and they take little
// longer than the limits do.
func TestSlackBurst(t *testing.T) {
	t.Parallel()
	const channels, each = 20, 25
	scene, s := slackScene(t, "")
	addChannels(s, channels)
	s.Limit(slacktest.Published())
	scene.Serve(t, "gw-1")
	for n := range each {
		for c := range channels {
			scene.PublishJSON(t, harness.Envelope{
				"type": "message", "channel_id": fmt.Sprintf("C0N%d", c), "text": strconv.Itoa(n), "message_key": fmt.Sprintf("%d-%d", c, n),
			})
		}
	}
	harness.Await(t, 120*time.Second, "all messages arrive", func() (bool, string) {
		n := len(s.Effects())
		return n >= channels*each, fmt.Sprintf("%d of %d, %d refused", n, channels*each, s.Refused())
	})
	scene.AwaitSettled(t, 20*time.Second)
	effects := s.Effects()
	next := map[string]int{}
	for _, e := range effects {
		if e.Text != strconv.Itoa(next[e.Channel]) {
			t.Errorf("channel %s got %s, and %d was next", e.Channel, e.Text, next[e.Channel])
		}
		next[e.Channel]++
	}
	if s.Refused() != 0 {
		t.Errorf("%d were refused by a limit that is published", s.Refused())
	}
	took := effects[len(effects)-1].At.Sub(effects[0].At)
	ideal := time.Duration(each-1) * time.Second // one a second to each
	t.Logf("%d messages to %d channels took %v, the limits alone %v: %.3f", channels*each, channels, took, ideal, took.Seconds()/ideal.Seconds())
}

// TestSlackStream: an answer of 20 s at 30 snapshots a second is one message,
// edited as often as Slack lets it, and exact at its end.
func TestSlackStream(t *testing.T) {
	t.Parallel()
	scene, s := slackScene(t, "")
	s.Limit(slacktest.Published())
	scene.Serve(t, "gw-1")
	const long, every = 20 * time.Second, time.Second / 30
	text := func(n int) string { return "**Answer.** " + strings.Repeat("word ", n) + "`end`" }
	seq := 0
	tick := time.NewTicker(every)
	defer tick.Stop()
	for begin := time.Now(); time.Since(begin) < long; seq++ {
		scene.PublishJSON(t, harness.Envelope{"type": "stream", "channel_id": "D0ANN", "stream_id": "answer", "seq": seq, "text": text(seq)})
		<-tick.C
	}
	scene.PublishJSON(t, harness.Envelope{"type": "stream", "channel_id": "D0ANN", "stream_id": "answer", "seq": seq, "text": text(seq), "final": true})
	scene.AwaitSettled(t, 30*time.Second)
	made, edits := 0, 0
	for _, e := range s.Effects() {
		if e.Method == "chat.postMessage" {
			made++
		} else {
			edits++
		}
	}
	want := "Answer. " + strings.Repeat("word ", seq) + "end"
	messages := s.Messages("D0ANN")
	if made != 1 || len(messages) != 1 || messages[0].Shown() != want || s.Refused() != 0 {
		t.Errorf("%d messages, %d refused, the text is exact: %v", made, s.Refused(), messages[0].Shown() == want)
	}
	t.Logf("%d snapshots became one message and %d edits", seq+1, edits)
}

// TestSlackStreamOutgrows: an answer longer than one message goes on in further
// ones, and the final text is exact over all of them.
func TestSlackStreamOutgrows(t *testing.T) {
	t.Parallel()
	scene, s := slackScene(t, "")
	scene.Serve(t, "gw-1")
	words := func(n int) string { return strings.TrimSpace(strings.Repeat("word ", n)) }
	for seq := range 6 {
		scene.PublishJSON(t, harness.Envelope{
			"type": "stream", "channel_id": "C0CREW", "stream_id": "answer", "seq": seq, "text": words(400 * (seq + 1)), "final": seq == 5,
		})
	}
	scene.AwaitSettled(t, 60*time.Second)
	whole := ""
	for _, m := range s.Messages("C0CREW") {
		whole = strings.TrimSpace(whole + " " + m.Shown())
	}
	if whole != words(2400) {
		t.Errorf("%d words are shown of 2400", len(strings.Fields(whole)))
	}
}

// TestSlackLosesAnswers: Slack takes messages and files and never answers, and
// the node is killed meanwhile: each is looked for, and there once.
func TestSlackLosesAnswers(t *testing.T) {
	t.Parallel()
	const messages = 12
	scene, s := slackScene(t, "")
	addChannels(s, messages)
	node := scene.Serve(t, "gw-1")
	receipts := "postern:reply:slack"
	for n := range messages {
		e := harness.Envelope{
			"type": "message", "channel_id": fmt.Sprintf("C0N%d", n), "text": "t" + strconv.Itoa(n), "message_key": "k" + strconv.Itoa(n), "receipt_to": receipts,
		}
		if n == 8 {
			e["attachments"] = []any{map[string]any{"filename": "a.txt", "data": "YQ=="}}
		}
		if n%4 == 0 {
			s.Fail(slacktest.Lost, map[bool]string{true: "files.completeUploadExternal", false: "chat.postMessage"}[n == 8])
		}
		scene.PublishJSON(t, e)
		harness.Await(t, 20*time.Second, "it was sent", func() (bool, string) {
			n2 := len(s.Effects())
			return n2 > n, fmt.Sprintf("%d effects", n2)
		})
		if n == 4 {
			node.Kill()
			node.Start()
		}
	}
	delivered, flagged := map[string]string{}, 0
	harness.Await(t, 90*time.Second, "every message has its end", func() (bool, string) {
		for {
			raw, err := scene.RDB.LPop(t.Context(), receipts).Bytes()
			if err == redis.Nil {
				break
			}
			var r struct {
				Key      string   `json:"message_key"`
				Status   string   `json:"status"`
				Possible bool     `json:"possible_duplicate"`
				IDs      []string `json:"message_ids"`
			}
			if err != nil || json.Unmarshal(raw, &r) != nil {
				t.Fatalf("a receipt %q: %v", raw, err)
			}
			if r.Status == "delivered" && len(r.IDs) == 1 {
				delivered[r.Key] = r.IDs[0]
			}
			if r.Possible {
				flagged++
			}
		}
		return len(delivered) == messages, fmt.Sprint(delivered)
	})
	if n := len(s.Effects()); n != messages || flagged != 0 {
		t.Errorf("%d messages are there of %d, %d flagged; want each once, and no doubt", n, messages, flagged)
	}
	for n := range messages {
		m, ok := s.Message(fmt.Sprintf("C0N%d", n), delivered["k"+strconv.Itoa(n)])
		if !ok || m.Shown() != "t"+strconv.Itoa(n) {
			t.Errorf("the receipt of t%d names %q, which is %q", n, delivered["k"+strconv.Itoa(n)], m.Shown())
		}
	}
}

// TestSlackHandOver: people write while nodes are killed and Slack ends
// connections: each message comes in once, and each conversation's in order as
// long as Slack brings nothing again.
func TestSlackHandOver(t *testing.T) {
	t.Parallel()
	scene, s := slackScene(t, "")
	s.Echo(false)
	one, two := scene.Serve(t, "gw-1"), scene.Serve(t, "gw-2")
	const messages = 60
	for n := range messages {
		s.Say("C0CREW", "U0ANN", "m"+strconv.Itoa(n), nil)
		switch n {
		case 10:
			s.Refresh()
		case 20:
			one.Kill()
		case 40:
			one.Start()
			one.AwaitReady(20 * time.Second)
			two.Kill()
		}
		time.Sleep(20 * time.Millisecond) // as people write
	}
	harness.Await(t, 60*time.Second, "all is acknowledged", func() (bool, string) {
		return s.Pending() == 0, fmt.Sprintf("%d wait", s.Pending())
	})
	entries, err := scene.RDB.XRange(t.Context(), "postern:inbound", "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for _, e := range entries {
		event, err := envelope.DecodeEvent([]byte(e.Values["data"].(string)))
		if err != nil {
			t.Fatal(err)
		}
		if event.Event == envelope.EventMessage {
			times[event.Content]++
		}
	}
	for n := range messages {
		if got := times["m"+strconv.Itoa(n)]; got != 1 {
			t.Errorf("m%d came %d times", n, got)
		}
	}
}
