package wire

import (
	"context"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
	"github.com/posternhq/postern/internal/redistest"
)

func TestFollowShowsWhatPassesInOrderAndOnce(t *testing.T) {
	t.Parallel()
	embedded, err := bus.StartEmbedded()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(embedded.Close)
	for name, addr := range map[string]string{"redis": redistest.Start(t).Addr, "embedded": embedded.Addr()} {
		t.Run(name, func(t *testing.T) { followShows(t, addr) })
	}
}

func followShows(t *testing.T, addr string) {
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer client.Close() //nolint:errcheck // the test is over
	names, log := envelope.NewNames("postern"), NewLog()
	stream := names.Outbound("chat")
	add := func(stream string, v any) string {
		t.Helper()
		id, err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: stream, Values: []any{"data", encode(t, v, envelope.MessagePack)}}).Result()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	add(names.InboundStream, envelope.Event{Event: envelope.EventMessage, Content: "before anybody follows"})

	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Follow(ctx, client, names, "chat", log) }()
	await(t, log, 1)
	for range 3 {
		add(names.InboundStream, envelope.Event{Event: envelope.EventMessage, Content: "hello"})
		id := add(stream, envelope.Outbound{Type: envelope.TypeMessage, ChannelID: "lobby", Text: "echo"})
		receipt := encode(t, envelope.Receipt{EntryID: id, Status: envelope.StatusDelivered}, envelope.JSON)
		if err := client.Publish(t.Context(), bus.FinishedChannel(stream), receipt).Err(); err != nil {
			t.Fatal(err)
		}
	}
	items := await(t, log, 10)
	seen := map[Kind]int{}
	place := map[string]int{}
	for i, item := range items {
		seen[item.Kind]++
		if item.Kind == KindEnvelope {
			place[item.Entry] = i
		}
		if at, ok := place[item.Entry]; item.Kind == KindReceipt && (!ok || at > i) {
			t.Errorf("the receipt of %s stands before its envelope", item.Entry)
		}
	}
	if seen[KindEvent] != 4 || seen[KindEnvelope] != 3 || seen[KindReceipt] != 3 {
		t.Errorf("%v", seen)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("ended by its context, it returns %v", err)
	}
}

// await waits until the log has so many items.
func await(t *testing.T, log *Log, n int) []Item {
	t.Helper()
	for {
		items, more := log.After(0, 2*kept)
		if len(items) >= n {
			return items
		}
		select {
		case <-more:
		case <-t.Context().Done():
			t.Fatalf("%d items of %d", len(items), n)
		}
	}
}
