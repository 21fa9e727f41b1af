package outbound

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// A dead letter is replayed: it is delivered after all, once.
func TestReplay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var allowed atomic.Bool
	b.platform.fail = refuseUntil(&allowed, "b")
	list := b.say("c", "k", "a|b")
	b.consumer("n1")
	b.receipt(list)
	allowed.Store(true)
	b.replay()
	if r := b.receipt(list); r.Status != envelope.StatusDelivered || len(r.MessageIDs) != 2 {
		t.Errorf("receipt %+v", r)
	}
	b.awaitEmpty()
	if got := b.platform.seen("c"); got != "a b" {
		t.Errorf("the platform saw %s", got)
	}
	if n := b.client.XLen(t.Context(), b.operator().Dead()).Val(); n != 0 {
		t.Errorf("%d dead letters are left", n)
	}
}

// A key dies while its second publication waits behind something slow, and is
// replayed: the claim is then the replay's, which stands at the end of the
// lane, and goes first: the one before it must not wait for what waits for it.
func TestAReplayBehindADuplicateOfItsOwnLane(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var allowed atomic.Bool
	b.platform.fail = refuseUntil(&allowed, "x")
	entered, letGo := b.platform.stall(t, "slow")
	b.consumer("n1")
	b.receipt(b.say("c", "k", "x"))
	b.say("c", "slow", "slow")
	<-entered
	again := b.say("c", "k", "x")
	allowed.Store(true)
	b.replay()
	letGo()
	if r := b.receipt(again); r.Status != envelope.StatusDuplicate || len(r.MessageIDs) != 1 {
		t.Errorf("receipt %+v", r)
	}
	b.awaitEmpty()
	if got := b.platform.seen("c"); got != "slow x" {
		t.Errorf("the platform saw %s", got)
	}
}

// A second publication of a key, with other content, is read far ahead of the
// replay that holds the key's claim. It may not take the claim of an entry that
// is still in the stream: it lets the replay go first, and is its duplicate.
func TestAReplayThatIsNotReadYetKeepsItsClaim(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var allowed atomic.Bool
	b.platform.fail = refuseUntil(&allowed, "one")
	first := b.say("c", "k", "one")
	c := b.consumer("n1")
	if r := b.receipt(first); r.Status != envelope.StatusDead {
		t.Fatalf("receipt %+v", r)
	}
	b.stop(c)
	allowed.Store(true)
	list := envelope.Beside(b.stream, "reply:again")
	again := b.publish(map[string]any{
		"type": "message", "channel_id": "c", "message_key": "k", "text": "two", "receipt_to": list,
	})
	b.crowd(600) // more than is read at once
	replay := b.replay()
	w := newWire(b)
	rest := w.holdSecond(b.script("read"))
	adoption := w.hold(b.script("claim"), again, replay)
	b.consumer("n2", through(w))
	<-rest.held
	<-adoption.held
	adoption.letGo()
	<-adoption.answered
	rest.letGo()
	if r := b.receipt(list); r.Status != envelope.StatusDuplicate {
		t.Errorf("the second publication: %+v", r)
	}
	if r := b.receipt(first); r.Status != envelope.StatusDelivered {
		t.Errorf("the replay: %+v", r)
	}
	if got := b.platform.seen("c"); got != "one" {
		t.Errorf("the platform saw %q", got)
	}
}

// crowd publishes n messages to other channels.
func (b *bench) crowd(n int) {
	b.t.Helper()
	pipe := b.client.Pipeline()
	for i := range n {
		data := fmt.Sprintf(`{"type":"message","channel_id":"d%d","text":"x"}`, i%50)
		pipe.XAdd(b.t.Context(), &redis.XAddArgs{Stream: b.stream, Values: []any{"data", data}})
	}
	if _, err := pipe.Exec(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}
