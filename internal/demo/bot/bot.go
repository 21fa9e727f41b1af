// Package bot is the demo's worker: it echoes, and shows one at a time what a
// worker can do. It keeps nothing. All it knows is in the event it answers, and
// all it does is publish, so it does not notice when the gateway dies.
package bot

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/worker"
)

// endWithin is how long an answer may go on after the bot is told to end.
const endWithin = 500 * time.Millisecond

// Run answers until ctx ends. It fails if Redis does not answer at its start.
func Run(ctx context.Context, client redis.UniversalClient, names envelope.Names, log *slog.Logger) error {
	w, err := worker.Open(ctx, worker.Options{Redis: client, Names: names, Consumer: "bot", Log: log})
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // the connection is not its own
	b := bot{client: w, topics: topics()}
	return w.Receive(ctx, b.answer, worker.ReceiveOptions{
		Events: []envelope.EventType{envelope.EventMessage, envelope.EventEdit, envelope.EventButton, envelope.EventReaction},
		Drain:  endWithin,
	})
}

type bot struct {
	client *worker.Client
	topics []topic
}

// answer answers one event.
func (b bot) answer(ctx context.Context, m *worker.Message) error {
	switch m.Event.Event {
	case envelope.EventReaction:
		return mirror(ctx, m)
	case envelope.EventEdit:
		return echoAgain(ctx, m)
	case envelope.EventButton:
		if name, ok := strings.CutPrefix(m.CustomID, showID); ok {
			return b.show(ctx, m, name)
		}
		return pressed(ctx, m)
	}
	switch name, ok := strings.CutPrefix(strings.TrimSpace(m.Content), "/"); {
	case ok:
		return b.show(ctx, m, strings.ToLower(name))
	case len(m.Attachments) > 0:
		return received(ctx, m)
	}
	return echo(ctx, m)
}

// show shows a topic.
func (b bot) show(ctx context.Context, m *worker.Message, name string) error {
	for _, t := range b.topics {
		if t.name == name {
			return t.show(ctx, b.client, m)
		}
	}
	if name == "help" || name == "" {
		return help(ctx, m, b.topics)
	}
	return m.Reply(ctx, "There is no `/"+strings.ReplaceAll(name, "`", "'")+"`. `/help` lists what there is.")
}
