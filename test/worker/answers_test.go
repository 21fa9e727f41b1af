package worker

import (
	"context"
	"errors"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/harness"
	"github.com/posternhq/postern/worker"
)

var lobby = envelope.Address{Platform: harness.Platform, ChannelID: "lobby"}

func open(t *testing.T, scene *harness.Scene) *worker.Client {
	t.Helper()
	client, err := worker.Open(t.Context(), worker.Options{URL: scene.Redis.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

func TestReceipts(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	client := open(t, scene)
	out := worker.Text(lobby, "hello")
	out.MessageKey = "k1"
	r, err := client.PublishAndWait(t.Context(), out)
	if err != nil || r.Status != envelope.StatusDelivered || len(r.MessageIDs) != 1 || r.MessageKey != "k1" {
		t.Errorf("%+v, %v", r, err)
	}
	again, err := client.PublishAndWait(t.Context(), out)
	if err != nil || again.Status != envelope.StatusDuplicate || again.MessageIDs[0] != r.MessageIDs[0] {
		t.Errorf("once more: %+v, %v", again, err)
	}
	lost := worker.Edit(lobby, "", "x")
	lost.TargetKey = "never-sent"
	_, err = client.PublishAndWait(t.Context(), lost)
	var undelivered *worker.DeliveryError
	if !errors.As(err, &undelivered) || undelivered.Receipt.Status != envelope.StatusDead {
		t.Errorf("an edit of nothing: %v", err)
	}

	// The gateway dies before the receipt, and comes back.
	scene.Sink.Hold()
	done := make(chan error, 1)
	go func() {
		r, err := client.PublishAndWait(t.Context(), worker.Text(lobby, "over a restart"))
		if err == nil && r.Status != envelope.StatusDelivered {
			err = errors.New(string(r.Status))
		}
		done <- err
	}()
	harness.Await(t, soon, "the entry is published", func() (bool, string) {
		n, err := scene.RDB.XLen(t.Context(), scene.Stream).Result()
		return err == nil && n > 0, ""
	})
	node.Kill()
	scene.Sink.Release()
	node.Start()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	scene.Serve(t, "gw-1")
	client := open(t, scene)
	var capabilities map[string]any
	if err := client.Call(t.Context(), harness.Platform, "capabilities", nil, &capabilities); err != nil || len(capabilities) == 0 {
		t.Errorf("%v, %v", capabilities, err)
	}
	var refused *worker.RPCError
	err := client.Call(t.Context(), harness.Platform, "levitate", map[string]any{"high": true}, nil)
	if !errors.As(err, &refused) || refused.Code != envelope.CodeUnknownMethod || refused.Method != "levitate" {
		t.Errorf("%v", err)
	}
	p, err := client.Platform(t.Context(), harness.Platform)
	if err != nil || !p.Known || p.Kind != "webhook" || len(p.Capabilities) == 0 || p.Node == "" {
		t.Errorf("%+v, %v", p, err)
	}
}

// A token channel grows into one message, and its receipt has its id.
func TestStreamedAnswer(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	scene.Serve(t, "gw-1")
	client := open(t, scene)
	tokens := make(chan string)
	go func(ctx context.Context) {
		defer close(tokens)
		for _, token := range []string{"It ", "grows ", "and ", "grows."} {
			select {
			case tokens <- token:
			case <-ctx.Done():
			}
		}
	}(t.Context())
	r, err := client.StreamTokens(t.Context(), lobby, tokens, worker.StreamOptions{})
	if err != nil || r.Status != envelope.StatusDelivered || len(r.MessageIDs) == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	scene.Sink.AwaitText(t, "It grows and grows.", soon)
}
