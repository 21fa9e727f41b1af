package path

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/harness"
)

// postern runs a command beside a serving node, on the node's own config.
func postern(t *testing.T, node *harness.Node, args ...string) harness.Outcome {
	t.Helper()
	return program.Run(t, "", append(args, "--config", node.ConfigPath)...)
}

// mustPostern is postern for a command that is to succeed.
func mustPostern(t *testing.T, node *harness.Node, args ...string) string {
	t.Helper()
	out := postern(t, node, args...)
	if out.Exit != 0 {
		t.Fatalf("postern %s: status %d\nstdout: %s\nstderr: %s", strings.Join(args, " "), out.Exit, out.Stdout, out.Stderr)
	}
	return out.Stdout
}

func TestSendWaitsForTheReceipt(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	out := mustPostern(t, node, "send", "--platform", "hook", "--channel", "lobby", "--text", "hi", "--key", "k1", "--wait", "--json")
	var r envelope.Receipt
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("send --wait --json printed %q: %v", out, err)
	}
	if r.Status != envelope.StatusDelivered || r.MessageKey != "k1" || len(r.MessageIDs) != 1 {
		t.Errorf("receipt: %+v", r)
	}
	scene.Sink.AwaitText(t, "hi", time.Second)

	out = mustPostern(t, node, "send", "--channel", "lobby", "--text", "hi", "--key", "k1", "--wait")
	if !strings.Contains(out, "duplicate") {
		t.Errorf("the same again, for a person: %q; expected to read duplicate", out)
	}
	if out := postern(t, node, "send", "--platform", "nowhere", "--channel", "lobby", "--text", "hi"); out.Exit != 2 || !strings.Contains(out.Stderr, "hook") {
		t.Errorf("send to a platform that is not: status %d, %q; expected 2, and the platforms that are", out.Exit, out.Stderr)
	}
}

func TestCallPrintsTheReply(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	for _, method := range []string{"identity", "capabilities"} {
		out := mustPostern(t, node, "call", "hook", method, "--json")
		var r envelope.Reply
		if err := json.Unmarshal([]byte(out), &r); err != nil || !r.OK || r.Result == nil {
			t.Errorf("call hook %s printed %q (%v)", method, out, err)
		}
	}
	if out := postern(t, node, "call", "hook", "levitate"); out.Exit != 1 || !strings.Contains(out.Stderr, "unknown_method") {
		t.Errorf("call of an unknown method: status %d, %q", out.Exit, out.Stderr)
	}
}

// A dead letter is seen, its cause cured, and it is delivered after all.
func TestDeadLetterIsReplayed(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	scene.Sink.Answer(func(r harness.Request) int {
		if r.ChannelID == "gone" {
			return http.StatusNotFound
		}
		return http.StatusOK
	})
	scene.PublishJSON(t, harness.Envelope{"type": "message", "channel_id": "gone", "text": "hello", "message_key": "k1"})
	scene.PublishText(t, "lobby", "next")
	scene.Sink.AwaitText(t, "next", time.Minute)
	harness.Await(t, 10*time.Second, "one dead letter", func() (bool, string) {
		left, err := scene.Left(t.Context())
		return err == nil && left.Dead == 1, ""
	})
	letter := scene.Dead(t)[0]
	if letter.Code != "not_found" || letter.Key != "k1" || letter.Error == "" {
		t.Errorf("dead letter: %+v", letter)
	}
	if out := mustPostern(t, node, "dead", "list", "hook"); !strings.Contains(out, letter.ID) || !strings.Contains(out, "not_found") {
		t.Errorf("dead list: %q; expected id %s and its code", out, letter.ID)
	}
	if out := mustPostern(t, node, "dead", "show", "hook", letter.ID); !strings.Contains(out, "gone") {
		t.Errorf("dead show: %q; expected the envelope", out)
	}

	scene.Sink.Answer(func(harness.Request) int { return http.StatusOK })
	mustPostern(t, node, "dead", "replay", "hook", letter.ID)
	scene.Sink.AwaitText(t, "hello", time.Minute)
	scene.AwaitSettled(t, time.Minute)
	if n := len(scene.Dead(t)); n != 0 {
		t.Errorf("%d dead letters after the replay", n)
	}
	seen := scene.Sink.Requests()
	if harness.Resent(seen) != 1 {
		t.Errorf("the replay did not bear the first attempt's webhook-id: %+v", seen)
	}
}

func TestPauseHoldsAndResumeDelivers(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	mustPostern(t, node, "pause", "hook")
	harness.Await(t, 10*time.Second, "status says paused", func() (bool, string) {
		out := mustPostern(t, node, "status")
		return strings.Contains(out, "paused"), out
	})
	scene.PublishText(t, "lobby", "held")
	if status, body, err := node.Get("/readyz"); status != http.StatusOK {
		t.Errorf("/readyz while paused: %d %s %v; an operator's pause is no fault", status, body, err)
	}
	if n := len(scene.Sink.Requests()); n != 0 {
		t.Errorf("%d requests while paused", n)
	}
	mustPostern(t, node, "resume", "hook")
	scene.Sink.AwaitText(t, "held", time.Minute)
	scene.AwaitSettled(t, time.Minute)
}

func TestCheckSaysWhatIsRight(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	out := mustPostern(t, node, "check")
	for _, expected := range []string{"7.0", "hook"} {
		if !strings.Contains(out, expected) {
			t.Errorf("check printed no %q:\n%s", expected, out)
		}
	}
	scene.Redis.Stop()
	if out := postern(t, node, "check"); out.Exit != 1 {
		t.Errorf("check without Redis: status %d, expected 1\n%s%s", out.Exit, out.Stdout, out.Stderr)
	}
}
