package world

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// Left is what is unfinished: in the stream, pending, and in the outbox of
// receipts. An error means that Redis did not say.
func (w *World) Left(ctx context.Context) (stream, pending, outbox int64, err error) {
	p := w.RDB.Pipeline()
	length, out := p.XLen(ctx, w.Stream), p.XLen(ctx, envelope.Beside(w.Stream, "outbox"))
	if _, err := p.Exec(ctx); err != nil {
		return 0, 0, 0, fmt.Errorf("ask what is left: %w", err)
	}
	of, err := w.RDB.XPending(ctx, w.Stream, w.Group).Result()
	if err != nil {
		return 0, 0, 0, fmt.Errorf("ask what is pending: %w", err)
	}
	return length.Val(), of.Count, out.Val(), nil
}

// patience is how long nothing may change before what is left is called stuck:
// a backoff is at most a minute.
const patience = 75 * time.Second

// Drain waits until nothing is left. It returns "" then, and else, what is
// stuck, if for too long nothing was finished and the platform was asked
// nothing.
func (w *World) Drain(ctx context.Context) string {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	last, state := time.Now(), ""
	for {
		stream, pending, outbox, err := w.Left(ctx)
		if err == nil && stream+pending+outbox == 0 {
			return ""
		}
		now := fmt.Sprintf("stream %d, pending %d, outbox %d, %d requests (%v)", stream, pending, outbox, len(w.setting.Sink.Seen()), err)
		if now != state {
			last, state = time.Now(), now
		}
		if time.Since(last) > patience {
			return fmt.Sprintf("nothing has moved for %v: %s\n%s", patience, state, w.diagnose(ctx))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return state + ", and no time is left\n" + w.diagnose(context.WithoutCancel(ctx))
		}
	}
}

// diagnose says what may help to see why something is stuck.
func (w *World) diagnose(ctx context.Context) string {
	var b strings.Builder
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, "  "+format+"\n", args...) }
	if lease, err := w.RDB.Get(ctx, envelope.Beside(w.Stream, "lease")).Result(); err != nil {
		say("lease: %v", err)
	} else {
		say("lease: %q", lease)
	}
	pending, err := w.RDB.XPendingExt(ctx, &redis.XPendingExtArgs{Stream: w.Stream, Group: w.Group, Start: "-", End: "+", Count: 10}).Result()
	say("pending, the first: %+v (%v)", pending, err)
	entries, err := w.RDB.XRangeN(ctx, w.Stream, "-", "+", 10).Result()
	for _, e := range entries {
		say("%s: %q", e.ID, e.Values["data"])
	}
	if err != nil {
		say("the stream: %v", err)
	}
	for _, n := range w.Nodes {
		status, body, err := n.Get("/readyz")
		say("%s: running %v, /readyz: %d %s %v", n.ID, n.Running(), status, strings.TrimSpace(body), err)
	}
	return b.String()
}
