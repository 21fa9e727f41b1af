package worker

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/posternhq/postern/test/harness"
	"github.com/posternhq/postern/worker"
)

// mortalEnv makes this test binary a worker that answers in two messages, and
// the first time it is asked never comes to the second.
const (
	mortalEnv = "TEST_WORKER_REDIS"
	group     = "postern:workers"
)

func mortal() int {
	ctx := context.Background()
	client, err := worker.Open(ctx, worker.Options{
		URL: os.Getenv(mortalEnv), Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err == nil {
		err = client.Receive(ctx, func(ctx context.Context, m *worker.Message) error {
			if err := m.Reply(ctx, "one for "+m.Content); err != nil {
				return err
			}
			if m.Content == "first" && m.Attempt == 1 {
				select {}
			}
			return m.Reply(ctx, "two for "+m.Content)
		}, worker.ReceiveOptions{Lease: time.Second})
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// A worker is killed in the middle of an answer. Another goes on, nothing comes
// twice, and what was said meanwhile is answered after it.
func TestWorkerKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	victim := start(t, os.Args[0], mortalEnv+"="+scene.Redis.URL())
	hear(t, node, "lobby", "first")
	scene.Sink.AwaitText(t, "one for first", soon)
	hear(t, node, "lobby", "second")
	start(t, os.Args[0], mortalEnv+"="+scene.Redis.URL())
	hear(t, node, "elsewhere", "third")
	scene.Sink.AwaitText(t, "two for third", soon) // the other worker is at work
	victim.Kill()
	scene.Sink.AwaitText(t, "two for second", soon)
	scene.AwaitSettled(t, soon)

	var lobby []string
	for _, r := range scene.Sink.Requests() {
		if r.ChannelID == "lobby" {
			lobby = append(lobby, r.Text)
		}
	}
	want := []string{"one for first", "two for first", "one for second", "two for second"}
	if fmt.Sprint(lobby) != fmt.Sprint(want) {
		t.Errorf("the lobby saw %q, expected %q", lobby, want)
	}
	harness.Await(t, soon, "all events are acknowledged", func() (bool, string) {
		pending, err := scene.RDB.XPending(t.Context(), "postern:inbound", group).Result()
		return err == nil && pending.Count == 0, fmt.Sprintf("%+v, %v", pending, err)
	})
}
