// Command echo is a worker, the smallest that is one: it answers each message
// with itself. Run as many of it as you like; of one conversation, one message
// at a time is answered.
package main

import (
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
		slog.Error("echo", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	client, err := worker.Open(ctx, worker.Options{URL: os.Getenv("POSTERN_REDIS_URL"), Log: slog.Default()})
	if err != nil {
		return err
	}
	defer client.Close()

	return client.Receive(ctx, func(ctx context.Context, m *worker.Message) error {
		return m.Reply(ctx, "echo: "+m.Content)
	}, worker.ReceiveOptions{Events: []envelope.EventType{envelope.EventMessage}})
}
