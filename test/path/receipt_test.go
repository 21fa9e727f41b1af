package path

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/harness"
)

const list = "postern:reply:worker-1"

// awaitReceipt takes the next receipt or reply off a list.
func awaitReceipt(t *testing.T, scene *harness.Scene, list string) []byte {
	t.Helper()
	got, err := scene.RDB.BLPop(t.Context(), 10*time.Second, list).Result()
	if err != nil {
		t.Fatalf("BLPOP %s: %v", list, err)
	}
	return []byte(got[1])
}

func TestReceiptComesInTheEnvelopesEncoding(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	scene.Serve(t, "gw-1")
	said := harness.Envelope{"type": "message", "channel_id": "lobby", "text": "hello", "message_key": "k1", "receipt_to": list, "colour": "red"}
	id := scene.PublishJSON(t, said)
	var r envelope.Receipt
	if err := json.Unmarshal(awaitReceipt(t, scene, list), &r); err != nil {
		t.Fatalf("the receipt is no JSON: %v", err)
	}
	if r.EntryID != id || r.MessageKey != "k1" || r.Status != envelope.StatusDelivered || len(r.MessageIDs) != 1 || r.Error != nil {
		t.Errorf("receipt: %+v", r)
	}
	if !strings.HasPrefix(r.MessageIDs[0], "seen-") {
		t.Errorf("message_ids %v; expected what the receiver answered", r.MessageIDs)
	}
	if len(r.Warnings) == 0 || !strings.Contains(strings.Join(r.Warnings, " "), "colour") {
		t.Errorf("warnings %q; expected the unknown field colour", r.Warnings)
	}

	if err := scene.Publish(t.Context(), harness.MessagePack, said); err != nil {
		t.Fatal(err)
	}
	var again struct {
		Status     string   `msgpack:"status"`
		MessageIDs []string `msgpack:"message_ids"`
	}
	if err := msgpack.Unmarshal(awaitReceipt(t, scene, list), &again); err != nil {
		t.Fatalf("the receipt is no MessagePack: %v", err)
	}
	if again.Status != "duplicate" || len(again.MessageIDs) != 1 || again.MessageIDs[0] != r.MessageIDs[0] {
		t.Errorf("receipt of the duplicate: %+v; expected the first one's ids %v", again, r.MessageIDs)
	}
	scene.AwaitSettled(t, time.Minute)
}

// A receipt that cannot be given costs only the receipt.
func TestReceiptNowhereCostsOnlyTheReceipt(t *testing.T) {
	t.Parallel()
	const noList = "postern:reply:no-list"
	for name, receiptTo := range map[string]string{
		"a key that is no list":        noList,
		"a name outside the prefixes":  "somebody:elses",
		"the outbound stream itself":   "postern:outbound:hook",
		"a prefix and nothing after":   "postern:reply:",
		"a thing that the gateway has": "{postern:outbound:hook}:epoch",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scene := harness.NewScene(t, program)
			node := scene.Serve(t, "gw-1")
			if err := scene.RDB.Set(t.Context(), noList, "a string", 0).Err(); err != nil {
				t.Fatal(err)
			}
			scene.PublishJSON(t, harness.Envelope{"type": "message", "channel_id": "lobby", "text": "hello", "receipt_to": receiptTo})
			scene.PublishText(t, "lobby", "next")
			scene.Sink.AwaitText(t, "next", time.Minute)
			scene.Sink.AwaitText(t, "hello", time.Minute)
			scene.AwaitSettled(t, time.Minute)
			if lost := node.Metric("postern_receipts_lost_total", `platform="hook"`); lost != 1 {
				t.Errorf("postern_receipts_lost_total: %v, expected 1", lost)
			}
			if !strings.Contains(node.Log(), receiptTo) {
				t.Errorf("the log does not name %q", receiptTo)
			}
			if v, err := scene.RDB.Get(t.Context(), noList).Result(); v != "a string" || err != nil {
				t.Errorf("the key that is no list was touched: %q, %v", v, err)
			}
			if kind, err := scene.RDB.Type(t.Context(), "somebody:elses").Result(); kind != "none" || err != nil {
				t.Errorf("a forbidden name was written to: %s, %v", kind, err)
			}
		})
	}
}

// An RPC gets one reply, however often it is published.
func TestRPCGetsOneReply(t *testing.T) {
	t.Parallel()
	scene := harness.NewScene(t, program)
	scene.Serve(t, "gw-1")
	call := harness.Envelope{"type": "rpc", "request_id": "r1", "method": "capabilities", "reply_queue": list}
	scene.PublishJSON(t, call)
	var reply envelope.Reply
	if err := json.Unmarshal(awaitReceipt(t, scene, list), &reply); err != nil {
		t.Fatal(err)
	}
	if reply.RequestID != "r1" || !reply.OK || reply.Error != nil {
		t.Errorf("reply: %+v", reply)
	}
	call["request_id"], call["method"] = "r2", "levitate"
	scene.PublishJSON(t, call)
	var refused envelope.Reply
	if err := json.Unmarshal(awaitReceipt(t, scene, list), &refused); err != nil {
		t.Fatal(err)
	}
	if refused.RequestID != "r2" || refused.OK || refused.Error == nil || refused.Error.Code != envelope.CodeUnknownMethod {
		t.Errorf("reply to an unknown method: %+v, %v", refused, refused.Error)
	}
	scene.AwaitSettled(t, time.Minute)
	if n, err := scene.RDB.LLen(t.Context(), list).Result(); n != 0 || (err != nil && err != redis.Nil) {
		t.Errorf("%d more replies, %v", n, err)
	}
}

// Who asks again under the same request_id, but waits elsewhere, is told what
// the first was told; the method runs once.
func TestRPCAskedAgainFromElsewhereGetsTheSameReply(t *testing.T) {
	t.Parallel()
	const elsewhere = "postern:reply:worker-2"
	scene := harness.NewScene(t, program)
	node := scene.Serve(t, "gw-1")
	call := harness.Envelope{"type": "rpc", "request_id": "r1", "method": "capabilities", "reply_queue": list}
	scene.PublishJSON(t, call)
	first := awaitReceipt(t, scene, list)
	call["reply_queue"] = elsewhere
	scene.PublishJSON(t, call)
	if again := awaitReceipt(t, scene, elsewhere); string(again) != string(first) {
		t.Errorf("asked again: %s; expected the first reply, %s", again, first)
	}
	scene.AwaitSettled(t, time.Minute)
	if ran := node.Metric("postern_rpc_replies_total", `method="capabilities"`); ran != 1 {
		t.Errorf("it ran %v times, expected once", ran)
	}
	if n, err := scene.RDB.LLen(t.Context(), list).Result(); n != 0 || err != nil {
		t.Errorf("%d more replies where the first was asked, %v", n, err)
	}
}
