// Command chat is a worker that lets a language model answer: its tokens grow
// into one message as they come. It speaks to any endpoint that is compatible
// with OpenAI's: OPENAI_BASE_URL, OPENAI_MODEL, OPENAI_API_KEY.
package main

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/worker"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		slog.Error("chat", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	client, err := worker.Open(ctx, worker.Options{URL: os.Getenv("POSTERN_REDIS_URL"), Log: slog.Default()})
	if err != nil {
		return err
	}
	defer client.Close()

	m := model{
		base: cmp.Or(os.Getenv("OPENAI_BASE_URL"), "https://api.openai.com/v1"),
		name: cmp.Or(os.Getenv("OPENAI_MODEL"), "gpt-4o-mini"),
		key:  os.Getenv("OPENAI_API_KEY"),
	}
	return client.Receive(ctx, m.reply, worker.ReceiveOptions{Events: []envelope.EventType{envelope.EventMessage}})
}

// reply streams the model's answer. If it breaks off, the message is left as it
// stands, and the next attempt goes on in the same one.
func (m model) reply(ctx context.Context, msg *worker.Message) error {
	stream := msg.Stream(ctx, worker.StreamOptions{})
	if err := m.answer(ctx, msg.Content, stream); err != nil {
		stream.Abandon()
		return err
	}
	return stream.Close(ctx)
}
