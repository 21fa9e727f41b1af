package worker

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/redistest"
)

type history struct {
	Channel string `json:"channel"`
	Limit   int64  `json:"limit"`
}

func TestCall(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c, g := open(t, s.URL()), newGateway(t, s.Client())
	const big = 1<<53 + 1
	done := make(chan error, 1)
	var result struct {
		Messages []string
		Next     int64
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	go func() { done <- c.Call(ctx, "chat", "fetch_history", history{"lobby", big}, &result) }()
	a := g.next()
	if a.Type != envelope.TypeRPC || a.Method != "fetch_history" || a.RequestID == "" || a.TimeoutMS <= 5000 || a.TimeoutMS > 10000 {
		t.Errorf("called %+v", a)
	}
	if a.Params["channel"] != "lobby" || a.Params["limit"] != int64(big) {
		t.Errorf("params %v", a.Params)
	}
	g.push(a.ReplyQueue, envelope.Reply{RequestID: "somebody else's", OK: true})
	g.push(a.ReplyQueue, envelope.Reply{RequestID: a.RequestID, OK: true, Result: map[string]any{"messages": []any{"a", "b"}, "next": int64(big)}})
	if err := await(t, done, "the reply"); err != nil || len(result.Messages) != 2 || result.Next != big {
		t.Errorf("%+v, %v", result, err)
	}

	go func() { done <- c.Call(ctx, "chat", "channel", map[string]any{"id": 7}, nil) }()
	a = g.next()
	g.push(a.ReplyQueue, envelope.Reply{RequestID: a.RequestID, Error: &envelope.Error{Code: envelope.CodeInvalid, Message: "expected text", Field: "id", RetryAfter: 1.5}})
	var refused *RPCError
	if err := await(t, done, "the refusal"); !errors.As(err, &refused) ||
		*refused != (RPCError{"chat", "channel", envelope.CodeInvalid, "expected text", "id", 1500 * time.Millisecond}) {
		t.Errorf("%#v, %v", refused, err)
	}
}

func TestCallThatIsNotAnswered(t *testing.T) {
	t.Parallel()
	c := open(t, redistest.Start(t).URL())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := c.Call(ctx, "chat", "identity", nil, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	if err := c.Call(t.Context(), "chat", "identity", 7, nil); err == nil {
		t.Error("7 was taken for parameters")
	}
}
