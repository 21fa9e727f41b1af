package outbound

import (
	"slices"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// rpcCase is one way for an RPC to end. An answer that says no is one, too.
type rpcCase struct {
	endCase
	silent bool // no reply
}

func rpcCases() []rpcCase {
	call := func(name, method string, more fields) endCase {
		f := fields{"type": "rpc", "method": method, "channel_id": nil, "text": nil, "message_key": nil, "request_id": name}
		for k, v := range more {
			f[k] = v
		}
		return endCase{name: name, more: f, status: envelope.StatusDelivered, attempts: 1, state: bus.ClaimDone}
	}
	fails := func(c endCase, code envelope.Code, field string) endCase {
		c.code, c.field = code, field
		return c
	}
	unasked := func(c endCase) endCase { c.attempts = 0; return c }
	twice := func(c endCase) endCase { c.attempts = 2; return c }
	dead := func(c endCase) endCase {
		c.status, c.left, c.state = envelope.StatusDead, "dead", bus.ClaimFree
		return unasked(c)
	}
	crashed := func(c endCase, before string) endCase { c.claim = sentByAnother(before); return c }
	again := call("again", "identity", nil)
	again.status = envelope.StatusDuplicate
	foreign := call("foreign", "identity", nil)
	foreign.claim = []any{"somebody's string"}
	tool := fields{"params": map[string]any{"name": "no such tool"}}

	return []rpcCase{
		{endCase: call("identity", "identity", nil)},
		{endCase: again},
		{endCase: fails(call("unknown", "levitate", nil), envelope.CodeUnknownMethod, "method")},
		{endCase: fails(call("not here", "open_dm", nil), envelope.CodeUnsupported, "method")},
		{endCase: fails(call("wrong", "execute_tool", fields{"params": map[string]any{"name": 7}}), envelope.CodeInvalid, "params.name")},
		{endCase: fails(call("no tools", "execute_tool", tool), envelope.CodeUnavailable, "")},
		{endCase: unasked(fails(call("late", "identity", fields{"deadline": 1}), envelope.CodeTimeout, ""))},
		{endCase: crashed(twice(call("reads, after a crash", "identity", nil)), "0")},
		{endCase: crashed(fails(call("acts, after a crash", "execute_tool", tool), envelope.CodeInterrupted, ""), "0")},
		{endCase: crashed(fails(call("poison", "identity", nil), envelope.CodePoison, ""), "2")},
		{endCase: dead(fails(foreign, envelope.CodeInternal, "request_id"))},
		{endCase: dead(fails(call("no method", "", fields{"method": nil}), envelope.CodeInvalid, "method"))},
		{endCase: dead(fails(call("no queue of ours", "identity", fields{"reply_queue": "elsewhere"}), envelope.CodeInvalid, "reply_queue")), silent: true},
	}
}

// Every RPC ends once, is told of as any entry is, and gets one reply, in its
// envelope's encoding, that goes by itself after two minutes.
func TestEveryEndOfAnRPC(t *testing.T) {
	t.Parallel()
	for _, encoding := range []envelope.Encoding{envelope.JSON, envelope.MessagePack} {
		t.Run(encoding.String(), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			first := b.consumer("n1")
			b.ask("again") // which waits elsewhere for its answer
			b.stop(first)
			told := b.listen()
			var all []published
			cases := rpcCases()
			for i := range cases {
				c := &cases[i]
				if _, set := c.more["reply_queue"]; !set {
					c.more["reply_queue"] = b.replies(c.name)
				}
				all = append(all, b.stage(c.endCase, encoding))
			}
			b.consumer("n2")
			receipts := told(all)
			for i, p := range all {
				t.Run(p.name, func(t *testing.T) {
					b := b.on(t)
					b.endsAsTold(p, receipts[p.id])
					b.repliesAsTold(p, cases[i].silent, receipts[p.id])
				})
			}
			b.awaitEmpty()
		})
	}
}

func (b *bench) replies(request string) (list string) {
	return envelope.Beside(b.stream, "reply:answer to "+request)
}

// repliesAsTold holds an RPC's one reply against its case.
func (b *bench) repliesAsTold(p published, silent bool, receipt envelope.Receipt) {
	b.t.Helper()
	list := b.replies(p.name)
	got := b.client.LRange(b.t.Context(), list, 0, -1).Val()
	if silent != (len(got) == 0) || len(got) > 1 {
		b.t.Fatalf("%d replies", len(got))
	}
	if silent {
		return
	}
	var r envelope.Reply
	names := unpack(b.t, p.encoding, []byte(got[0]), &r)
	outcome := "result"
	if p.code != "" {
		outcome = "error"
		if r.Error == nil || *r.Error != *receipt.Error {
			b.t.Errorf("the reply's error is %+v, the receipt's %+v", r.Error, receipt.Error)
		}
	}
	want := []string{"ok", "request_id", outcome}
	if slices.Sort(want); !slices.Equal(names, want) {
		b.t.Errorf("the reply's fields are %v; want %v", names, want)
	}
	if r.RequestID != p.name || r.OK != (p.code == "") {
		b.t.Errorf("reply %+v", r)
	}
	b.lasts(list, 120*time.Second)
}
