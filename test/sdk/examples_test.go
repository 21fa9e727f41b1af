package sdk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/harness"
	"github.com/posternhq/postern/test/openai"
)

const within = 20 * time.Second // for anything, on a loaded machine

// ask posts a message at the platform's own door.
func ask(t *testing.T, node *harness.Node, eventID, text string) {
	t.Helper()
	tell(t, node, map[string]any{
		"event": "message", "channel_id": "lobby", "user_id": "ann", "event_id": eventID, "content": text,
	})
}

// tell posts any event there.
func tell(t *testing.T, node *harness.Node, event map[string]any) {
	t.Helper()
	body, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: within, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Post(node.URL("/hooks/"+harness.Platform), "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("an event was answered with %s", resp.Status)
	}
}

func TestEchoAnswersOnceInOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l language) {
		scene := harness.NewScene(t, program)
		node := scene.Serve(t, "gw-1")
		worker := start(t, l.example("echo"), "POSTERN_REDIS_URL="+scene.Redis.URL())
		var want []string
		for n := range 5 {
			text := fmt.Sprintf("question %d", n)
			ask(t, node, fmt.Sprintf("q%d", n), text)
			want = append(want, "echo: "+text)
		}
		ask(t, node, "q4", "question 4") // its sender did not hear of the 202
		scene.Sink.AwaitCount(t, len(want), within)
		scene.AwaitSettled(t, within)
		var got []string
		for i, r := range scene.Sink.Requests() {
			got = append(got, r.Text)
			if key := fmt.Sprintf("re:postern:workers:q%d:1", i); r.MessageKey != key {
				t.Errorf("%q has the key %q, expected %q", r.Text, r.MessageKey, key)
			}
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("the receiver saw %q, expected %q", got, want)
		}
		awaitFinished(t, scene)
		terminate(t, worker)
	})
}

// awaitFinished waits until no event is pending at any worker.
func awaitFinished(t *testing.T, scene *harness.Scene) {
	t.Helper()
	names := envelope.NewNames("postern")
	harness.Await(t, within, "every event is finished", func() (bool, string) {
		pending, err := scene.RDB.XPending(t.Context(), names.InboundStream, names.WorkerGroup).Result()
		return err == nil && pending.Count == 0, fmt.Sprintf("pending: %+v, %v", pending, err)
	})
}

func TestChatStreamsFromTheModel(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, l language) {
		scene := harness.NewScene(t, program)
		node := scene.Serve(t, "gw-1")
		model := openai.Start(t)
		worker := start(t, l.example("chat"), "POSTERN_REDIS_URL="+scene.Redis.URL(),
			"OPENAI_BASE_URL="+model.URL, "OPENAI_MODEL=llama3", "OPENAI_API_KEY=sesame")

		const answer = "Grüne Äpfel 🍏, and so on."
		model.Reply(
			openai.Reply{Status: http.StatusTooManyRequests, RetryAfter: time.Second},
			openai.Reply{Tokens: []string{"Red"}, Cut: true},
			openai.Reply{Tokens: strings.SplitAfter(answer, " "), Pace: 20 * time.Millisecond},
		)
		ask(t, node, "q1", "apples?")
		scene.Sink.AwaitText(t, answer, within)
		scene.AwaitSettled(t, within)

		requests := model.Requests()
		if len(requests) != 3 {
			t.Errorf("the model was asked %d times, expected 3", len(requests))
		}
		for _, q := range requests {
			if q.Authorization != "Bearer sesame" || q.Model != "llama3" || len(q.Messages) != 1 || q.Messages[0].Content != "apples?" {
				t.Errorf("the model was asked %+v", q)
			}
		}
		awaitFinished(t, scene)
		terminate(t, worker)
	})
}
