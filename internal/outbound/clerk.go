package outbound

import (
	"context"
	"encoding/json"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/delivery"
	"github.com/posternhq/postern/internal/operation"
	"github.com/posternhq/postern/internal/tool"
	"github.com/posternhq/postern/platform"
)

// defaultTimeout is an RPC's, from when it was published or might be started.
const defaultTimeout = 30 * time.Second

// clerk answers RPCs, each once: its reply is pushed by the settlement that
// finishes its entry.
type clerk struct {
	*books
	adapter  platform.Adapter
	table    operation.Table
	tools    *tool.Registry
	dropping <-chan struct{} // closed: run nothing more
}

func newClerk(p parts, books *books, dropping <-chan struct{}) *clerk {
	return &clerk{books: books, adapter: p.cfg.Adapter, table: operation.New(), tools: p.cfg.Tools, dropping: dropping}
}

// answer runs one RPC and settles it. ctx ends with the tenure.
func (c *clerk) answer(ctx context.Context, e *entry) outcome {
	if out, done := c.begin(ctx, e); done {
		return out
	}
	env := e.letter.env
	if fault := e.letter.fault; fault != nil {
		return c.finish(ctx, e, ending{status: envelope.StatusDead, err: fault, part: -1, reply: refusal(env, fault)})
	}
	claim, now, err := c.take(ctx, e, false)
	if err != nil {
		return outcome{entry: e, end: endAbandoned}
	}
	call := operation.Call{Method: env.Method, Params: env.Params, Adapter: c.adapter, Tools: c.tools, Log: c.log}
	verdict := delivery.Judge(c.found(e, claim), delivery.Sender{Digest: e.letter.digest}, now)
	c.meter.Judged(verdict)
	switch verdict {
	case delivery.Duplicate:
		return c.again(ctx, e, claim, call, deadline(e).Sub(now))
	case delivery.Wait:
		return c.wait(e, claim)
	case delivery.Blocked:
		fault := &envelope.Error{Code: envelope.CodeInternal, Field: "request_id", Message: "the claim's key holds something else"}
		return c.finish(ctx, e, ending{status: envelope.StatusDead, err: fault, part: -1, reply: refusal(env, fault)})
	case delivery.Poison:
		return c.reply(ctx, e, nil, &envelope.Error{Code: envelope.CodePoison, Message: "several nodes in a row ended while they ran it"})
	case delivery.Resend, delivery.Park:
		if !c.table.Safe(ctx, call) {
			return c.reply(ctx, e, nil, &envelope.Error{
				Code:    envelope.CodeInterrupted,
				Message: "the node that ran it ended in the middle; whether it had its effect is not known",
			})
		}
	}
	return c.run(ctx, e, call, deadline(e).Sub(now))
}

// deadline is when nobody waits for the answer any more, by Redis' clock.
func deadline(e *entry) time.Time {
	env := e.letter.env
	switch {
	case env.Deadline > 0:
		return time.UnixMilli(int64(env.Deadline * 1000))
	case env.TimeoutMS > 0:
		return e.since().Add(time.Duration(env.TimeoutMS) * time.Millisecond)
	default:
		return e.since().Add(defaultTimeout)
	}
}

// run carries the method out within what is left of its time.
func (c *clerk) run(ctx context.Context, e *entry, call operation.Call, left time.Duration) outcome {
	if left <= 0 {
		return c.reply(ctx, e, nil, late())
	}
	if closed(c.dropping) {
		return outcome{entry: e, end: endAbandoned}
	}
	e.trial.attempts++
	e.trial.claim.Parts = 1
	if _, ok := c.mark(c.life, e, bus.MarkRequest{State: bus.ClaimSending}); !ok { // what a stop leaves unanswered would be in doubt
		return outcome{entry: e, end: endAbandoned}
	}
	if ctx.Err() != nil {
		c.rest(c.life, e, true)
		return outcome{entry: e, end: endAbandoned}
	}
	result, fault := c.within(ctx, call, left)
	if ctx.Err() != nil && fault != nil { // it was ended with us, and that is no crash
		c.rest(c.life, e, false)
		return outcome{entry: e, end: endAbandoned}
	}
	return c.reply(ctx, e, result, fault)
}

// within runs a method until its time is over.
func (c *clerk) within(ctx context.Context, call operation.Call, left time.Duration) (result any, fault *envelope.Error) {
	if left <= 0 {
		return nil, late()
	}
	limited, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	if result, fault = c.table.Run(limited, call); fault != nil && limited.Err() != nil {
		fault = late()
	}
	return result, fault
}

func late() *envelope.Error {
	return &envelope.Error{Code: envelope.CodeTimeout, Message: "its deadline has passed"}
}

// reply finishes an RPC with its one reply. What was only read is not kept in its
// claim for the dedupe window if it is large: pages of a channel's past would fill
// Redis.
func (c *clerk) reply(ctx context.Context, e *entry, result any, fault *envelope.Error) outcome {
	env := e.letter.env
	reads := fault == nil && c.table.Reads(operation.Call{Method: env.Method})
	return c.finish(ctx, e, ending{
		status: envelope.StatusDelivered, part: -1, err: fault, reply: c.answerTo(env, result, fault), answers: true, forgets: reads,
	})
}

// answerTo is a reply as it leaves, and counted.
func (c *clerk) answerTo(env *envelope.Outbound, result any, fault *envelope.Error) *envelope.Reply {
	c.meter.Replied(env.Method, fault == nil)
	if fault != nil {
		return refusal(env, fault)
	}
	return &envelope.Reply{RequestID: env.RequestID, OK: true, Result: result}
}

// again ends the second publication of a request. The first one was answered,
// once; who asks on another queue is told the same there, or, of what was read and
// was too large to keep, what it reads now.
func (c *clerk) again(ctx context.Context, e *entry, claim bus.Claim, call operation.Call, left time.Duration) outcome {
	var first answered
	if len(claim.Reply) > 0 {
		if err := json.Unmarshal(claim.Reply, &first); err != nil {
			c.log.Warn("the first reply to a request cannot be read", "entry", claim.Entry, "error", err)
		}
	}
	e.trial.attempts = claim.Attempts
	how := ending{status: envelope.StatusDuplicate, part: -1, keepClaim: true}
	switch {
	case first.Queue == e.letter.env.ReplyQueue:
	case first.Queue != "" && first.Reply == nil && !(c.table.Reads(call) && envelope.SameDigest(claim.Digest, e.letter.digest)):
		how.reply = c.answerTo(e.letter.env, nil, &envelope.Error{
			Code: envelope.CodeConflict, Field: "request_id", Message: "another call had this request_id, and its reply was too large to keep: use a new one for each call",
		})
	case first.Queue != "" && first.Reply == nil && closed(c.dropping):
		return outcome{entry: e, end: endAbandoned}
	case first.Queue != "" && first.Reply == nil:
		result, fault := c.within(ctx, call, left)
		if ctx.Err() != nil && fault != nil {
			return outcome{entry: e, end: endAbandoned}
		}
		how.reply = c.answerTo(e.letter.env, result, fault)
	default:
		how.reply = first.Reply
	}
	return c.finish(ctx, e, how)
}

// answered is what a request's claim keeps of its reply.
type answered struct {
	Queue string          `json:"queue"`
	Reply *envelope.Reply `json:"reply,omitempty"` // nil: it was only read, and large
}

func refusal(env *envelope.Outbound, fault *envelope.Error) *envelope.Reply {
	return &envelope.Reply{RequestID: env.RequestID, OK: false, Error: fault}
}
