package worker_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/worker"
)

func Example() {
	ctx := context.Background()
	client, err := worker.Open(ctx, worker.Options{URL: "redis://127.0.0.1:6379/0"})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	err = client.Receive(ctx, func(ctx context.Context, m *worker.Message) error {
		return m.Reply(ctx, "echo: "+m.Content)
	}, worker.ReceiveOptions{Events: []envelope.EventType{envelope.EventMessage}})
	if err != nil {
		log.Fatal(err)
	}
}

func ExampleClient_Publish() {
	ctx, client := opened()
	lobby := envelope.Address{Platform: "chat", ChannelID: "lobby"}
	id, err := client.Publish(ctx, worker.Text(lobby, "Good **morning**"))
	fmt.Println(id, err)

	poll := worker.Text(lobby, "Lunch?")
	poll.MessageKey = "lunch-2026-11-23" // delivered once, however often it is published
	poll.ExpiresAt = float64(time.Now().Add(time.Hour).Unix())
	poll.View = envelope.View{{{Label: "Yes", CustomID: "yes"}, {Label: "No", CustomID: "no"}}}
	_, err = client.Publish(ctx, poll)
	fmt.Println(err)
}

func ExampleClient_PublishAndWait() {
	ctx, client := opened()
	lobby := envelope.Address{Platform: "chat", ChannelID: "lobby"}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	receipt, err := client.PublishAndWait(ctx, worker.Text(lobby, "hello"))
	var undelivered *worker.DeliveryError
	switch {
	case errors.As(err, &undelivered):
		fmt.Println("dead, expired or parked:", undelivered.Receipt.Error)
	case err != nil:
		fmt.Println("no receipt yet:", err)
	default:
		fmt.Println("delivered as", receipt.MessageIDs)
	}
}

func ExampleClient_Wait() {
	ctx, client := opened()
	out := worker.Text(envelope.Address{Platform: "chat", ChannelID: "lobby"}, "Your order is on its way")
	out.MessageKey = "order-17"
	out.ReceiptTo = "postern:reply:order-17"
	if _, err := client.Publish(ctx, out); err != nil {
		log.Fatal(err)
	}
	// … also after a restart, for 24 hours:
	receipt, err := client.Wait(ctx, "postern:reply:order-17")
	fmt.Println(receipt.Status, err)
}

func ExampleClient_Call() {
	ctx, client := opened()
	var dice struct {
		Structured struct{ Rolls []int }
	}
	err := client.Call(ctx, "chat", "execute_tool", map[string]any{
		"name": "roll_dice", "arguments": map[string]any{"count": 2},
	}, &dice)
	var refused *worker.RPCError
	if errors.As(err, &refused) {
		fmt.Println(refused.Code, refused.Message)
	}
}

func ExampleClient_StreamTokens() {
	ctx, client := opened()
	lobby := envelope.Address{Platform: "chat", ChannelID: "lobby"}
	tokens := make(chan string)
	go func() {
		defer close(tokens)
		for _, token := range []string{"It ", "grows."} {
			tokens <- token
		}
	}()
	receipt, err := client.StreamTokens(ctx, lobby, tokens, worker.StreamOptions{})
	fmt.Println(receipt.MessageIDs, err)
}

func ExampleMessage_Stream() {
	ctx, client := opened()
	var model io.Reader = os.Stdin
	_ = client.Receive(ctx, func(ctx context.Context, m *worker.Message) error {
		stream := m.Stream(ctx, worker.StreamOptions{})
		if _, err := io.Copy(stream, model); err != nil {
			stream.Abandon() // the next attempt goes on in the same message
			return err
		}
		return stream.Close(ctx)
	}, worker.ReceiveOptions{})
}

func ExampleMessage_ReplyWith() {
	ctx, client := opened()
	_ = client.Receive(ctx, func(ctx context.Context, m *worker.Message) error {
		if m.Event.Event == envelope.EventButton {
			return m.Reply(ctx, m.UserID+" chose "+m.CustomID)
		}
		for _, file := range m.Attachments {
			again := envelope.Media{Filename: file.Filename, Blob: file.Blob}
			if again.Blob == "" {
				again.URL = file.URL // a webhook gives an address
			}
			if _, err := m.ReplyWith(ctx, worker.File(m.Address, again, "Here it is again")); err != nil {
				return err
			}
		}
		return nil
	}, worker.ReceiveOptions{Events: []envelope.EventType{envelope.EventMessage, envelope.EventButton}})
}

func ExampleMessage_Key() {
	ctx, client := opened()
	weather := func() (string, error) { return "sunny", nil }
	_ = client.Receive(ctx, func(ctx context.Context, m *worker.Message) error {
		forecast, err := weather()
		if err != nil {
			return err // tried again, by any worker
		}
		if forecast == "sunny" {
			advice := worker.Text(m.Address, "Take a hat")
			advice.MessageKey = m.Key("advice") // the same, whether or not it is sunny next time
			if _, err := client.Publish(ctx, advice); err != nil {
				return err
			}
		}
		return m.Reply(ctx, "It is "+forecast)
	}, worker.ReceiveOptions{})
}

func ExamplePermanent() {
	ctx, client := opened()
	_ = client.Receive(ctx, func(ctx context.Context, m *worker.Message) error {
		if len(m.Content) > 4000 {
			return worker.Permanent(errors.New("too long for the model")) // no use trying again
		}
		return m.Reply(ctx, "ok")
	}, worker.ReceiveOptions{Concurrency: 4, MaxAttempts: 3})
}

func ExampleBacklogError() {
	ctx, client := opened()
	_, err := client.Publish(ctx, worker.Text(envelope.Address{Platform: "chat", ChannelID: "lobby"}, "news"))
	var full *worker.BacklogError
	if errors.As(err, &full) {
		fmt.Printf("%d of %d wait for %s\n", full.Waiting, full.Cap, full.Platform)
	}
}

func opened() (context.Context, *worker.Client) {
	ctx := context.Background()
	client, err := worker.Open(ctx, worker.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return ctx, client
}
