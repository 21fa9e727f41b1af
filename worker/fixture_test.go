package worker

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// onBoth runs a test against real Redis and against the embedded one that the
// demo has.
func onBoth(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		test(t, redistest.Start(t).URL())
	})
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		e, err := bus.StartEmbedded()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Close)
		test(t, e.URL())
	})
}

// open opens a client that is closed with the test, and logs to it.
func open(t testing.TB, url string, change ...func(*Options)) *Client {
	t.Helper()
	o := Options{URL: url, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, f := range change {
		f(&o)
	}
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// say publishes an inbound message as the gateway does, and returns its id.
func say(t testing.TB, c *Client, channel, text string) string {
	t.Helper()
	return sayEvent(t, c, envelope.MessagePack, message(channel, text))
}

func message(channel, text string) envelope.Event {
	return envelope.Event{
		Event: envelope.EventMessage, Platform: "chat", ChannelID: channel, EventID: channel + "/" + text,
		Address:        envelope.Address{Platform: "chat", ChannelID: channel},
		OutboundStream: "postern:outbound:chat", UserID: "ann", Content: text, TraceID: "trace-" + text,
	}
}

func sayEvent(t testing.TB, c *Client, enc envelope.Encoding, e envelope.Event) string {
	t.Helper()
	data, err := envelope.Encode(e, enc)
	if err != nil {
		t.Fatal(err)
	}
	return sayData(t, c, string(data))
}

func sayData(t testing.TB, c *Client, data string) string {
	t.Helper()
	id, err := c.redis.XAdd(context.Background(), &redis.XAddArgs{
		Stream: c.names.InboundStream, Values: []any{"data", data, "ts", time.Now().Unix(), "trace_id", "t"},
	}).Result()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// receiving runs Receive until the test or the returned function ends it, and
// waits for it.
func receiving(t testing.TB, c *Client, o ReceiveOptions, h Handler) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Receive(ctx, h, o) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Receive: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// await fails the test unless something comes out of the channel in time.
func await[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	timer := time.NewTimer(20 * time.Second)
	defer timer.Stop()
	select {
	case v := <-c:
		return v
	case <-timer.C:
		t.Fatalf("%s: not within 20s", what)
		panic("unreachable")
	}
}

// left says what is kept in Redis about unfinished events, "" if nothing is.
func left(t testing.TB, c *Client) string {
	t.Helper()
	turns := newTurns(c, time.Second, time.Hour, time.Minute)
	text := ""
	for _, key := range []string{turns.line, turns.turn, turns.holder, turns.attempt} {
		if n, err := c.redis.Exists(context.Background(), key).Result(); n != 0 || err != nil {
			text += fmt.Sprintf("%s is there (%v); ", key, err)
		}
	}
	pending, err := c.redis.XPending(context.Background(), turns.stream, turns.group).Result()
	if err != nil || pending.Count != 0 {
		text += fmt.Sprintf("%+v are pending (%v)", pending, err)
	}
	return text
}

func zadd(member string) redis.ZAddArgs {
	return redis.ZAddArgs{XX: true, Members: []redis.Z{{Score: 0, Member: member}}}
}

// readPlainly reads all events in the group as a worker without the recipe does.
func readPlainly(t testing.TB, c *Client) {
	t.Helper()
	err := c.redis.XReadGroup(t.Context(), &redis.XReadGroupArgs{
		Group: c.group, Consumer: "foreign", Streams: []string{c.names.InboundStream, ">"}, Block: -1,
	}).Err()
	if err != nil {
		t.Fatal(err)
	}
}
