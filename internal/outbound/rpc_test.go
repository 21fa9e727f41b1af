package outbound

import (
	"strings"
	"testing"

	"github.com/posternhq/postern/envelope"
)

func TestRPCIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	queue := "postern:reply:worker-1"
	call := map[string]any{"type": "rpc", "request_id": "r1", "method": "identity", "reply_queue": queue}
	b.publish(call)
	b.publish(call)
	late := map[string]any{"type": "rpc", "request_id": "r2", "method": "identity", "reply_queue": queue, "deadline": 1.0}
	b.publish(late)
	b.publish(map[string]any{"type": "rpc", "request_id": "r3", "method": "identity", "reply_queue": "elsewhere"})
	b.consumer("n1")
	got := map[string]envelope.Reply{}
	for range 2 {
		var r envelope.Reply
		b.answer(queue, &r)
		got[r.RequestID] = r
	}
	if r := got["r1"]; !r.OK || r.Result.(map[string]any)["user_id"] != "U1" {
		t.Errorf("r1: %+v", r)
	}
	if r := got["r2"]; r.OK || r.Error.Code != envelope.CodeTimeout {
		t.Errorf("r2: %+v", r)
	}
	b.awaitEmpty()
	if n := b.client.LLen(t.Context(), queue).Val(); n != 0 {
		t.Errorf("%d replies too many", n)
	}
	if n := b.client.XLen(t.Context(), envelope.Beside(b.stream, "dead")).Val(); n != 1 {
		t.Errorf("%d dead letters, want the one with the forbidden queue", n)
	}
}

// What a method read may be a page of a channel's past, and is remembered by
// nobody: who asks again on another queue has it read again. Its queue is, so
// that whoever asked there is told once.
func TestWhatWasReadIsNotKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.surname = strings.Repeat("!", keptMost) // a large answer
	first, second := envelope.Beside(b.stream, "reply:one"), envelope.Beside(b.stream, "reply:two")
	ask := func(queue string, more ...any) {
		call := map[string]any{"type": "rpc", "request_id": "r1", "method": "identity", "reply_queue": queue}
		for i := 0; i < len(more); i += 2 {
			call[more[i].(string)] = more[i+1]
		}
		b.publish(call)
	}
	b.consumer("n1")
	for _, queue := range []string{first, second} {
		ask(queue)
		var r envelope.Reply
		if b.answer(queue, &r); !r.OK || r.Result.(map[string]any)["user_id"] != "U1"+b.platform.surname {
			t.Errorf("on %s: %+v", queue, r)
		}
		b.awaitEmpty()
		claim := b.client.HGetAll(t.Context(), envelope.Beside(b.stream, "request:r1")).Val()
		if claim["state"] != "done" || strings.Contains(claim["reply"], "U1") {
			t.Errorf("after %s its claim keeps %v", queue, claim)
		}
	}
	ask(second, "method", "fetch_history", "params", map[string]any{"channel_id": "c"})
	var other envelope.Reply
	if b.answer(second, &other); other.OK || other.Error.Code != envelope.CodeConflict {
		t.Errorf("another call under its request_id: %+v", other)
	}
	ask(second, "deadline", 1.0)
	var late envelope.Reply
	if b.answer(second, &late); late.OK || late.Error.Code != envelope.CodeTimeout {
		t.Errorf("too late: %+v", late)
	}
	ask(first)
	b.awaitEmpty()
	if n := b.client.LLen(t.Context(), first).Val(); n != 0 {
		t.Errorf("%d replies too many", n)
	}
}

// A request's claim is deleted between being taken and being marked: it is
// taken again, and answered once.
func TestAnRPCWhoseClaimIsDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	w := newWire(b)
	mark := w.hold(b.script("mark"), "request:")
	list := envelope.Beside(b.stream, "reply:rpc")
	b.publish(map[string]any{"type": "rpc", "request_id": "r1", "method": "identity", "reply_queue": list})
	b.consumer("n1", through(w))
	<-mark.held
	if n := b.client.Del(t.Context(), envelope.Beside(b.stream, "request:r1")).Val(); n != 1 {
		t.Fatalf("%d claims deleted", n)
	}
	mark.letGo()
	var r envelope.Reply
	if b.answer(list, &r); !r.OK {
		t.Errorf("reply %+v", r)
	}
	b.awaitEmpty()
	if n := b.client.LLen(t.Context(), list).Val(); n != 0 {
		t.Errorf("%d replies too many", n)
	}
}
