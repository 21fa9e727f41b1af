package worker

import (
	"context"
	"errors"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// gateway is a fake of one: it shows what was published to platform chat, and
// answers when it is told to. test/worker has the real one.
type gateway struct {
	t        testing.TB
	client   *redis.Client
	stream   string
	arrivals chan arrival
}

type arrival struct {
	id string
	envelope.Outbound
}

func newGateway(t testing.TB, client *redis.Client) *gateway {
	g := &gateway{t: t, client: client, stream: "postern:outbound:chat", arrivals: make(chan arrival, 9999)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for last := "0-0"; ctx.Err() == nil; {
			got, err := client.XRead(ctx, &redis.XReadArgs{Streams: []string{g.stream, last}, Block: pollEvery}).Result()
			if err != nil {
				if !errors.Is(err, redis.Nil) {
					pause(ctx, pollEvery)
				}
				continue
			}
			for _, m := range got[0].Messages {
				last = m.ID
				d, fault := envelope.DecodeOutbound([]byte(m.Values["data"].(string)), envelope.DefaultLimits())
				if fault != nil {
					t.Errorf("published: %v", fault)
				}
				g.arrivals <- arrival{m.ID, *d.Envelope}
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return g
}

// next is the next envelope that was published.
func (g *gateway) next() arrival {
	g.t.Helper()
	return await(g.t, g.arrivals, "an envelope")
}

func (g *gateway) push(list string, v any) {
	g.t.Helper()
	data, err := envelope.Encode(v, envelope.MessagePack)
	if err != nil {
		g.t.Fatal(err)
	}
	if err := g.client.RPush(context.Background(), list, data).Err(); err != nil {
		g.t.Fatal(err)
	}
}

func (g *gateway) deliver(a arrival, ids ...string) {
	g.t.Helper()
	g.push(a.ReceiptTo, envelope.Receipt{EntryID: a.id, MessageKey: a.MessageKey, Status: envelope.StatusDelivered, MessageIDs: ids})
}
