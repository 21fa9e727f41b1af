// Package worker is what a bot is written with: it publishes envelopes to
// chat platforms through a Postern gateway, and handles the events that come
// back, one conversation at a time over all workers.
//
//	client, err := worker.Open(ctx, worker.Options{URL: "redis://127.0.0.1:6379/0"})
//	…
//	err = client.Receive(ctx, func(ctx context.Context, m *worker.Message) error {
//		return m.Reply(ctx, "echo: "+m.Content)
//	}, worker.ReceiveOptions{Events: []envelope.EventType{envelope.EventMessage}})
//
// Nothing of it talks to the gateway but through Redis, so either may be
// restarted without the other.
package worker
