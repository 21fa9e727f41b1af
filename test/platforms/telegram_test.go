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
	"github.com/posternhq/postern/internal/platform/telegram/telegramtest"
	"github.com/posternhq/postern/test/harness"
)

// telegramScene is a scene whose nodes have a bot, tg, and whose publishing goes
// to it.
func telegramScene(t *testing.T, settings string) (*harness.Scene, *telegramtest.Server) {
	t.Helper()
	s := telegramtest.New(t)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(telegramtest.Token), 0o600); err != nil {
		t.Fatal(err)
	}
	scene := harness.NewScene(t, program)
	scene.More = fmt.Sprintf("  - { name: tg, kind: telegram, token_file: %q, api_url: %q%s }\n", token, s.URL, settings)
	names := envelope.NewNames("postern")
	scene.Stream, scene.Group = names.Outbound("tg"), names.Group("tg")
	return scene, s
}

// TestTelegramBurst: 500 messages to 20 people at once, at Telegram's published
// limits: all of them arrive, in order, none is refused, and they take little
// longer than the limits do.
func TestTelegramBurst(t *testing.T) {
	t.Parallel()
	const people, each = 20, 25
	scene, s := telegramScene(t, "")
	for n := range people {
		s.AddChat(telegramtest.Chat{ID: int64(2000 + n), Type: "private", Title: "Ann"})
	}
	s.Limit(telegramtest.Published())
	scene.Serve(t, "gw-1")
	for n := range each {
		for p := range people {
			scene.PublishJSON(t, harness.Envelope{
				"type": "message", "channel_id": strconv.Itoa(2000 + p), "text": strconv.Itoa(n), "message_key": fmt.Sprintf("%d-%d", p, n),
			})
		}
	}
	harness.Await(t, 120*time.Second, "all messages arrive", func() (bool, string) {
		n := len(s.Effects())
		return n >= people*each, fmt.Sprintf("%d of %d, %d refused", n, people*each, s.Refused())
	})
	scene.AwaitSettled(t, 20*time.Second)
	effects := s.Effects()
	next := map[string]int{}
	for _, e := range effects {
		if e.Text != strconv.Itoa(next[e.Chat]) {
			t.Errorf("chat %s got %s, and %d was next", e.Chat, e.Text, next[e.Chat])
		}
		next[e.Chat]++
	}
	if s.Refused() != 0 {
		t.Errorf("%d were refused by a limit that is published", s.Refused())
	}
	took := effects[len(effects)-1].At.Sub(effects[0].At)
	ideal := time.Duration(each-1) * time.Second // one a second to each; 30 a second in all would take less
	t.Logf("%d messages to %d people took %v, the limits alone %v: %.3f", people*each, people, took, ideal, took.Seconds()/ideal.Seconds())
}

// TestTelegramStream: an answer of 20 s at 30 snapshots a second is one message,
// edited as often as Telegram lets it, and exact at its end.
func TestTelegramStream(t *testing.T) {
	t.Parallel()
	scene, s := telegramScene(t, "")
	s.Limit(telegramtest.Published())
	scene.Serve(t, "gw-1")
	const long, every = 20 * time.Second, time.Second / 30
	text := func(n int) string { return "**Answer.** " + strings.Repeat("word ", n) + "`end`" }
	seq := 0
	tick := time.NewTicker(every)
	defer tick.Stop()
	for begin := time.Now(); time.Since(begin) < long; seq++ {
		scene.PublishJSON(t, harness.Envelope{"type": "stream", "channel_id": "1000", "stream_id": "answer", "seq": seq, "text": text(seq)})
		<-tick.C
	}
	scene.PublishJSON(t, harness.Envelope{"type": "stream", "channel_id": "1000", "stream_id": "answer", "seq": seq, "text": text(seq), "final": true})
	scene.AwaitSettled(t, 30*time.Second)
	made, edits := 0, 0
	for _, e := range s.Effects() {
		if e.Method == "sendMessage" {
			made++
		} else {
			edits++
		}
	}
	want := "Answer. " + strings.Repeat("word ", seq) + "end"
	m, _ := s.Message(1000, 1)
	if made != 1 || m.Text != want || s.Refused() != 0 {
		t.Errorf("%d messages, %d refused, the text is exact: %v", made, s.Refused(), m.Text == want)
	}
	if !strings.Contains(string(m.Entities), `"bold"`) {
		t.Errorf("its entities are %s", m.Entities)
	}
	t.Logf("%d snapshots became one message and %d edits", seq+1, edits)
}

// TestTelegramStreamOutgrows: an answer longer than one message goes on in
// further ones, and the final text is exact over all of them.
func TestTelegramStreamOutgrows(t *testing.T) {
	t.Parallel()
	scene, s := telegramScene(t, "")
	scene.Serve(t, "gw-1")
	words := func(n int) string { return strings.TrimSpace(strings.Repeat("word ", n)) }
	for seq := range 6 {
		scene.PublishJSON(t, harness.Envelope{
			"type": "stream", "channel_id": "1000", "stream_id": "answer", "seq": seq, "text": words(400 * (seq + 1)), "final": seq == 5,
		})
	}
	scene.AwaitSettled(t, 60*time.Second)
	whole := ""
	for id := int64(1); ; id++ {
		m, ok := s.Message(1000, id)
		if !ok {
			break
		}
		whole = strings.TrimSpace(whole + " " + m.Text)
	}
	if whole != words(2400) {
		t.Errorf("%d words are shown of 2400", len(strings.Fields(whole)))
	}
}

// TestTelegramLosesAnswers: Telegram takes messages and never answers, and the
// node is killed meanwhile. With park nothing is there twice, and what nobody
// can tell of is left to a person; with resend nothing is missing.
func TestTelegramLosesAnswers(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"park", "resend"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			const messages = 12
			scene, s := telegramScene(t, ", on_unknown: "+policy)
			for n := range messages {
				s.AddChat(telegramtest.Chat{ID: int64(2000 + n), Type: "private", Title: "Ann"})
			}
			node := scene.Serve(t, "gw-1")
			receipts := "postern:reply:telegram"
			for n := range messages {
				if n%4 == 0 {
					s.Fail(telegramtest.Lost, "sendMessage")
				}
				scene.PublishJSON(t, harness.Envelope{
					"type": "message", "channel_id": strconv.Itoa(2000 + n), "text": "t" + strconv.Itoa(n), "message_key": "k" + strconv.Itoa(n), "receipt_to": receipts,
				})
				harness.Await(t, 20*time.Second, "it was sent", func() (bool, string) {
					n2 := len(s.Effects())
					return n2 > n, fmt.Sprintf("%d effects", n2)
				})
				if n == 5 {
					node.Kill()
					node.Start()
				}
			}
			statuses := map[string]int{}
			flagged := 0
			harness.Await(t, 60*time.Second, "every message has its end", func() (bool, string) {
				for {
					raw, err := scene.RDB.LPop(t.Context(), receipts).Bytes()
					if err == redis.Nil {
						break
					}
					var r struct {
						Status   string `json:"status"`
						Possible bool   `json:"possible_duplicate"`
					}
					if err != nil || json.Unmarshal(raw, &r) != nil {
						t.Fatalf("a receipt %q: %v", raw, err)
					}
					statuses[r.Status]++
					if r.Possible {
						flagged++
					}
				}
				return statuses["delivered"]+statuses["parked"] == messages, fmt.Sprint(statuses)
			})
			times := map[string]int{}
			for _, e := range s.Effects() {
				times[e.Text]++
			}
			twice := 0
			for _, n := range times {
				twice += n - 1
			}
			if len(times) != messages {
				t.Errorf("%d messages of %d arrived", len(times), messages)
			}
			if policy == "park" && (twice > 0 || statuses["parked"] < 3) {
				t.Errorf("%d are there twice, %v; want none, and the three whose answers were lost parked", twice, statuses)
			}
			if policy == "resend" && (statuses["parked"] > 0 || flagged < twice || twice < 3) {
				t.Errorf("%d are there twice, %d flagged, %v; want the three whose answers were lost sent again and flagged", twice, flagged, statuses)
			}
		})
	}
}

// TestTelegramHandOver: people write while the node that polls is killed and
// another one takes over: each message comes in once.
func TestTelegramHandOver(t *testing.T) {
	t.Parallel()
	scene, s := telegramScene(t, "")
	one, two := scene.Serve(t, "gw-1"), scene.Serve(t, "gw-2")
	const inbound = "postern:inbound"
	const messages = 60
	for n := range messages {
		s.Say(1000, "m"+strconv.Itoa(n), nil)
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
	harness.Await(t, 60*time.Second, "all are confirmed", func() (bool, string) {
		return s.Pending() == 0, fmt.Sprintf("%d wait", s.Pending())
	})
	entries, err := scene.RDB.XRange(t.Context(), inbound, "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	next := 0
	for _, e := range entries {
		event, err := envelope.DecodeEvent([]byte(e.Values["data"].(string)))
		if err != nil {
			t.Fatal(err)
		}
		if event.Event != envelope.EventMessage {
			continue
		}
		if event.Content != "m"+strconv.Itoa(next) {
			t.Errorf("%q came, and m%d was next", event.Content, next)
		}
		next++
	}
	if next != messages {
		t.Errorf("%d messages came of %d", next, messages)
	}
}
