package outbound

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// operator is the stream as an operator's tools see it.
func (b *bench) operator() *bus.Stream {
	b.t.Helper()
	redisBus, err := bus.Open(bus.Options{URL: b.server.URL()})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { redisBus.Close() })
	return redisBus.Stream(b.names, "fake", "")
}

// pause pauses the platform, or resumes it.
func (b *bench) pause(paused bool) {
	b.t.Helper()
	if err := b.operator().SetPaused(b.t.Context(), b.names.Platform("fake"), paused); err != nil {
		b.t.Fatal(err)
	}
}

// replay publishes the one dead letter again, and returns its new entry's id.
func (b *bench) replay() string {
	b.t.Helper()
	op := b.operator()
	letters, err := op.Letters(b.t.Context(), op.Dead(), "", 10)
	if err != nil || len(letters) != 1 {
		b.t.Fatalf("dead letters %v, %v; want one", letters, err)
	}
	id, err := op.Replay(b.t.Context(), op.Dead(), letters[0].ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// resend has the one parked message sent again.
func (b *bench) resend() {
	b.t.Helper()
	op := b.operator()
	parked, err := op.Letters(b.t.Context(), op.Parked(), "", 10)
	if err != nil || len(parked) != 1 {
		b.t.Fatalf("parked %+v, %v; want one", parked, err)
	}
	if _, err := op.Replay(b.t.Context(), op.Parked(), parked[0].ID); err != nil {
		b.t.Fatal(err)
	}
}

// claim reads a field of a key's claim.
func (b *bench) claim(key, field string) string {
	return b.claimAt(envelope.Beside(b.stream, "claim:"+key), field)
}

// claimAt reads a field of the claim at a key of Redis'. Of one that is a string
// it knows the state and when it was begun.
func (b *bench) claimAt(key, field string) string {
	value, err := b.client.HGet(b.t.Context(), key, field).Result()
	if err == nil || errors.Is(err, redis.Nil) {
		return value
	}
	packed := strings.Fields(b.client.Get(b.t.Context(), key).Val())
	switch {
	case len(packed) < 2:
	case field == "state":
		return map[string]string{"s": "sending", "d": "done"}[packed[0]]
	case field == "started_at" && packed[0] == "s":
		return packed[1]
	}
	return ""
}

// beganAt has a key's claim, which is at sending, say when it was begun.
func (b *bench) beganAt(key string, at time.Time) (ms string) {
	b.t.Helper()
	ctx, claim := b.t.Context(), envelope.Beside(b.stream, "claim:"+key)
	ms = strconv.FormatInt(at.UnixMilli(), 10)
	err := b.client.HSet(ctx, claim, "started_at", ms).Err()
	if err != nil { // it is a string
		packed := strings.SplitN(b.client.Get(ctx, claim).Val(), " ", 3)
		err = b.client.Set(ctx, claim, "s "+ms+" "+packed[2], 0).Err()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return ms
}

func (b *bench) lease() string { return envelope.Beside(b.stream, "lease") }

// seize gives the lease to somebody else, as its owner finds it after a pause.
func (b *bench) seize() {
	b.t.Helper()
	if err := b.client.HSet(b.t.Context(), b.lease(), "token", "somebody-else", "node", "n9").Err(); err != nil {
		b.t.Fatal(err)
	}
}

// vacate frees the lease, and tells nobody.
func (b *bench) vacate() {
	b.t.Helper()
	if err := b.client.Del(b.t.Context(), b.lease()).Err(); err != nil {
		b.t.Fatal(err)
	}
}

// announce tells those who stand by that the lease is free.
func (b *bench) announce() {
	b.t.Helper()
	if err := b.client.Publish(b.t.Context(), b.lease(), bus.NoticeReleased).Err(); err != nil {
		b.t.Fatal(err)
	}
}

// crash ends a consumer as kill -9 would, as far as Redis can see: nothing
// is settled, nothing released.
func crash(c *Consumer) {
	c.mutex.Lock()
	abort := c.abort
	c.mutex.Unlock()
	abort()
	<-c.done
}

// stop stops a consumer as planned.
func (b *bench) stop(c *Consumer) {
	b.t.Helper()
	if err := c.Stop(context.Background()); err != nil {
		b.t.Fatal(err)
	}
}

// ask has an RPC answered, which needs no platform: what the consumer was to
// do with earlier entries, it has begun by then.
func (b *bench) ask(request string) envelope.Reply {
	b.t.Helper()
	queue := envelope.Beside(b.stream, "reply:"+request)
	b.publish(map[string]any{"type": "rpc", "request_id": request, "method": "identity", "reply_queue": queue})
	var r envelope.Reply
	b.answer(queue, &r)
	return r
}

// edit publishes an edit of a key with a receipt, and returns its list.
func (b *bench) edit(target string) (list string) {
	b.t.Helper()
	list = envelope.Beside(b.stream, "reply:edit-"+target)
	b.publish(map[string]any{"type": "edit", "channel_id": "c", "target_key": target, "text": "edited", "receipt_to": list})
	return list
}
