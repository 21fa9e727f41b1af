package bot

import (
	"bytes"
	"context"
	"image/png"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestThePictureIsAPNGThatFitsAnEnvelope(t *testing.T) {
	t.Parallel()
	data, err := picture()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil || img.Bounds().Dx() != 480 || len(data) > 300<<10 {
		t.Errorf("%v, %d bytes", err, len(data))
	}
}

func TestSizesForPeople(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1000: "1.0 kB", 24_600: "24.6 kB", 3_200_000: "3.2 MB"} {
		if got := size(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}

func TestTokensAreTheText(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	for token := range tokens(t.Context(), "one two\n\nthree  four ") {
		said.WriteString(token)
	}
	if said.String() != "one two\n\nthree  four " {
		t.Errorf("%q", said.String())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range tokens(ctx, tale) {
		t.Error("speaks on after its end")
	}
}

func TestTheTaleTakesItsTime(t *testing.T) {
	t.Parallel()
	takes := time.Duration(strings.Count(Tale(), " ")) * tokenEvery
	if takes < 8*time.Second || takes > 15*time.Second {
		t.Errorf("%v", takes)
	}
}

// The same event twice is answered under the same keys: delivered once.
func TestAnAnswerIsKeyedByItsQuestion(t *testing.T) {
	t.Parallel()
	server, err := bus.StartEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	names := envelope.NewNames("postern")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, client, names, slog.New(slog.DiscardHandler)) }()

	for _, content := range []string{"hello", "hello", "/help", "/help"} {
		event := envelope.Event{
			Event: envelope.EventMessage, Platform: "chat", ChannelID: "lobby", UserID: "u", EventID: content, MessageID: "m-" + content,
			Address: envelope.Address{Platform: "chat", ChannelID: "lobby"}, OutboundStream: names.Outbound("chat"), Content: content,
		}
		data, err := envelope.Encode(event, envelope.MessagePack)
		if err != nil {
			t.Fatal(err)
		}
		if err := client.XAdd(ctx, &redis.XAddArgs{Stream: names.InboundStream, Values: []any{"data", data}}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	for place := "0"; len(keys) < 4; {
		got, err := client.XRead(ctx, &redis.XReadArgs{Streams: []string{names.Outbound("chat"), place}, Block: 10 * time.Second}).Result()
		if err != nil {
			t.Fatalf("%d answers: %v", len(keys), err)
		}
		for _, m := range got[0].Messages {
			place = m.ID
			data, _ := m.Values["data"].(string)
			decoded, fault := envelope.DecodeOutbound([]byte(data), envelope.DefaultLimits())
			if fault != nil {
				t.Fatal(fault)
			}
			keys = append(keys, decoded.Envelope.MessageKey)
		}
	}
	if keys[0] == "" || keys[0] != keys[1] || keys[2] == "" || keys[2] != keys[3] || keys[0] == keys[2] {
		t.Errorf("%q", keys)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
