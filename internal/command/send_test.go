package command

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

// answerNext answers the next envelope on the chat stream, as a node would.
func answerNext(t *testing.T, server *redistest.Server, answer func(entry string, e *envelope.Outbound) (list string, v any)) {
	t.Helper()
	client := server.Client()
	done := make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	go func() { done <- answerOne(ctx, client, answer) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the gateway of this test: %v", err)
		}
	})
}

func answerOne(ctx context.Context, client *redis.Client, answer func(string, *envelope.Outbound) (string, any)) error {
	for ctx.Err() == nil {
		got, err := client.XRead(ctx, &redis.XReadArgs{Streams: []string{"postern:outbound:chat", "0"}, Count: 1, Block: 50 * time.Millisecond}).Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return err
		}
		m := got[0].Messages[0]
		data, _ := m.Values["data"].(string)
		decoded, fault := envelope.DecodeOutbound([]byte(data), envelope.DefaultLimits())
		if fault != nil {
			return fault
		}
		list, v := answer(m.ID, decoded.Envelope)
		bytes, err := envelope.Encode(v, decoded.Encoding)
		if err != nil {
			return err
		}
		return client.RPush(ctx, list, bytes).Err()
	}
	return ctx.Err()
}

func published(t *testing.T, server *redistest.Server, platform string) []redis.XMessage {
	t.Helper()
	entries, err := server.Client().XRange(t.Context(), "postern:outbound:"+platform, "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestSendPublishesWhatTheFlagsSay(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := newShell(t, server)
	id := strings.TrimSpace(s.must("send", "-p", "chat", "--channel", "lobby", "-t", "hello", "--key", "k1", "--trace-id", "tr"))
	entries := published(t, server, "chat")
	if len(entries) != 1 || entries[0].ID != id || entries[0].Values["trace_id"] != "tr" || entries[0].Values["ts"] == "" {
		t.Fatalf("printed %q, published %v", id, entries)
	}
	decoded, fault := envelope.DecodeOutbound([]byte(entries[0].Values["data"].(string)), envelope.DefaultLimits())
	if fault != nil || decoded.Envelope.Text != "hello" || decoded.Envelope.MessageKey != "k1" || decoded.Envelope.ChannelID != "lobby" {
		t.Errorf("envelope %+v, fault %v", decoded.Envelope, fault)
	}
}

func TestSendRefusesWhatIsNotValidAndPublishesNothing(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := newShell(t, server)
	for says, args := range map[string][]string{
		"channel_id":                   {"-p", "chat", "-t", "hello"},
		"which platform":               {"--channel", "c", "-t", "hello"},
		`did you mean "chat"?`:         {"-p", "caht", "--channel", "c", "-t", "hello"},
		"whole envelope":               {"-f", "-", "-t", "hello"},
		"the envelope's platform hook": {"-p", "chat", "-f", "-"},
		"is not UTF-8":                 {"-p", "chat", "--channel", "c", "-t", "caf\xe9"},
		"receipt_to":                   {"-f", "-", "--wait"},
	} {
		s.stdin = `{"type":"message","platform":"hook","channel_id":"c","text":"t","receipt_to":"postern:reply:x"}`
		r := s.run(append([]string{"send"}, args...)...)
		if r.code != ExitUsage || !strings.Contains(r.err, says) {
			t.Errorf("send %v: exit %d, want %q: %s", args, r.code, says, r.err)
		}
	}
	if n := len(published(t, server, "chat")) + len(published(t, server, "hook")); n != 0 {
		t.Errorf("%d entries were published", n)
	}
}

func TestSendTakesAnEnvelopeFromAFile(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := newShell(t, server)
	s.stdin = `{"type":"message","platform":"hook","channel_id":"c","text":"t","of_tomorrow":12345678901234567890}`
	r := s.run("send", "--file", "-")
	if r.code != ExitDone || !strings.Contains(r.err, "of_tomorrow") {
		t.Errorf("exit %d, no warning of the unknown field: %s", r.code, r.err)
	}
	if entries := published(t, server, "hook"); len(entries) != 1 || entries[0].Values["data"] != s.stdin {
		t.Errorf("published %v, want the bytes as they were", entries)
	}
}

func TestSendWaitsForTheReceipt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		receipt envelope.Receipt
		code    int
		says    string
	}{
		"delivered": {envelope.Receipt{Status: envelope.StatusDelivered, MessageIDs: []string{"m7"}}, ExitDone, "as m7"},
		"duplicate": {envelope.Receipt{Status: envelope.StatusDuplicate}, ExitDone, "duplicate"},
		"dead": {
			envelope.Receipt{Status: envelope.StatusDead, Error: &envelope.Error{Code: envelope.CodeForbidden, Message: "no right"}},
			ExitFailed, cure(envelope.CodeForbidden),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			answerNext(t, server, func(entry string, e *envelope.Outbound) (string, any) {
				tt.receipt.EntryID = entry
				return e.ReceiptTo, tt.receipt
			})
			r := newShell(t, server).run("send", "-p", "chat", "--channel", "c", "-t", "x", "--wait")
			if r.code != tt.code || !strings.Contains(r.out, tt.says) {
				t.Errorf("exit %d, want %d and %q:\n%s%s", r.code, tt.code, tt.says, r.out, r.err)
			}
		})
	}
}

func TestSendSaysThatNoReceiptCame(t *testing.T) {
	t.Parallel()
	r := newShell(t, redistest.Start(t)).run("send", "-p", "chat", "--channel", "c", "-t", "x", "--wait=50ms")
	if r.code != ExitFailed || !strings.Contains(r.err, "no receipt within 50ms") {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
}

func TestCallPrintsTheResult(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	answerNext(t, server, func(_ string, e *envelope.Outbound) (string, any) {
		return e.ReplyQueue, envelope.Reply{
			RequestID: e.RequestID, OK: true,
			Result: map[string]any{"method": e.Method, "id": e.Params["id"], "timeout": e.TimeoutMS},
		}
	})
	out := newShell(t, server).must("call", "chat", "channel", `{"id":"lobby"}`, "--timeout", "5s")
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil || got["method"] != "channel" || got["id"] != "lobby" || got["timeout"] != 5000.0 {
		t.Errorf("printed %s (%v)", out, err)
	}
}

func TestCallThatFailsSaysHow(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	answerNext(t, server, func(_ string, e *envelope.Outbound) (string, any) {
		return e.ReplyQueue, envelope.Reply{RequestID: e.RequestID, Error: &envelope.Error{Code: envelope.CodeUnknownMethod, Message: "no method idenity"}}
	})
	s := newShell(t, server)
	if r := s.run("call", "chat", "idenity"); r.code != ExitFailed || !strings.Contains(r.err, cure(envelope.CodeUnknownMethod)) {
		t.Errorf("exit %d: %s", r.code, r.err)
	}
	if r := s.run("call", "chat", "channel", "[1]"); r.code != ExitUsage {
		t.Errorf("a list for parameters: exit %d: %s", r.code, r.err)
	}
}
