package bot

import (
	"context"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/worker"
)

// wait waits, or returns why it could not.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// stream tells the tale. Run again after a crash of its own, it begins the
// text anew in the same message.
func stream(ctx context.Context, _ *worker.Client, m *worker.Message) error {
	s := m.Stream(ctx, worker.StreamOptions{})
	defer s.Abandon()
	for token := range tokens(ctx, Tale()) {
		if _, err := s.WriteString(token); err != nil {
			return err
		}
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return s.Close(ctx)
}

func edit(ctx context.Context, _ *worker.Client, m *worker.Message) error {
	key := m.Key("draft")
	_, err := m.ReplyWith(ctx, envelope.Outbound{Type: envelope.TypeMessage, Text: "Lunch is at **twelve**.", MessageKey: key})
	if err != nil {
		return err
	}
	if err := wait(ctx, 2*time.Second); err != nil {
		return err
	}
	_, err = m.ReplyWith(ctx, envelope.Outbound{
		Type: envelope.TypeEdit, TargetKey: key,
		Text: told("Lunch is at **one**: two seconds ago this message said twelve.", "a `message`, then an `edit` whose `target_key` is the key of the first: nobody had to ask for the platform's id", "keys.md"),
	})
	return err
}

func typing(ctx context.Context, _ *worker.Client, m *worker.Message) error {
	if _, err := m.ReplyWith(ctx, envelope.Outbound{Type: envelope.TypeTyping, TTL: 10}); err != nil {
		return err
	}
	if err := wait(ctx, 3*time.Second); err != nil {
		return err
	}
	return m.Reply(ctx, told("Thank you for waiting.", "`typing` is a lease of 10 s; the answer ended it early. Overtaken ones end as `superseded`", "envelope.md"))
}

// inFuture is how far ahead later sends.
const inFuture = 5 * time.Second

func later(ctx context.Context, _ *worker.Client, m *worker.Message) error {
	due := time.Now().Add(inFuture)
	_, err := m.ReplyWith(ctx, envelope.Outbound{
		Type: envelope.TypeMessage, NotBefore: float64(due.UnixMilli()) / 1000,
		Text: told("Five seconds are over.", "a `message` with `not_before`. It was in Redis all the while, kept nobody waiting, and would have outlived the gateway", "envelope.md"),
	})
	if err != nil {
		return err
	}
	return m.Reply(ctx, "I have sent you something that is due in five seconds. Talk on, or pull the plug: it comes.")
}
