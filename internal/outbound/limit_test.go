package outbound

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// What happens at the hard limit of a planned stop, with a lease of ten
// minutes: only what was recorded before the release helps the next node.
func atTheLimit(adapter platform.Adapter) func(*Config) {
	return func(c *Config) {
		c.Adapter, c.Limits.Lease, c.Limits.Drain = adapter, 10*time.Minute, 300*time.Millisecond
	}
}

// takenAtTheEnd hears the platform's answer when the right to send has ended,
// and the lease is still ours.
type takenAtTheEnd struct{ fakeAdapter }

func (a takenAtTheEnd) Do(ctx context.Context, part platform.Part) (platform.Result, error) {
	r, err := a.fakeAdapter.Do(ctx, part)
	<-ctx.Done()
	return r, err
}

// An answer that comes with the hard limit is recorded: the next node neither
// parks what was delivered nor sends it again.
func TestAnAnswerAtTheHardLimitIsRecorded(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"park", "resend"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.platform.caps.NativeKey = false
			list := b.say("c", "k", "x", "on_unknown", policy)
			c := b.consumer("n1", atTheLimit(takenAtTheEnd{fakeAdapter{b.platform}}))
			b.platform.await(t, 1)
			b.stop(c)
			b.consumer("n2")
			r := b.receipt(list)
			if got := b.platform.seen("c"); got != "x" || r.Status != envelope.StatusDelivered || r.PossibleDuplicate {
				t.Errorf("the platform saw %q; receipt %+v", got, r)
			}
		})
	}
}

// slowMethod is an adapter whose Channel method ends only with its context,
// while wait is set.
type slowMethod struct {
	fakeAdapter
	inside chan struct{}
	wait   bool
}

func (a slowMethod) Channel(ctx context.Context, _ string) (platform.Channel, error) {
	a.inside <- struct{}{}
	if a.wait {
		<-ctx.Done()
	}
	return platform.Channel{}, ctx.Err()
}

// Three planned stops end the same RPC in the middle: none of them is a
// crash, so it is no poison, and a method that only reads runs again.
func TestPlannedStopsPoisonNoRPC(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	list := envelope.Beside(b.stream, "reply:rpc")
	b.publish(map[string]any{
		"type": "rpc", "request_id": "r1", "method": "channel", "params": map[string]any{"channel_id": "c"}, "reply_queue": list,
	})
	inside := make(chan struct{}, 8)
	for i := range 3 {
		c := b.consumer("n"+strconv.Itoa(i), atTheLimit(slowMethod{fakeAdapter{b.platform}, inside, true}))
		<-inside
		b.stop(c)
	}
	b.consumer("last", atTheLimit(slowMethod{fakeAdapter{b.platform}, inside, false}))
	var r envelope.Reply
	if b.answer(list, &r); !r.OK {
		t.Errorf("reply %+v %+v", r, r.Error)
	}
}

// Keys that Postern keeps its counts under hold somebody else's: nothing that
// can be delivered waits for that.
func TestForeignSideKeysHoldNothingUp(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"tally", "gone", "outbox"} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if err := b.client.Set(t.Context(), envelope.Beside(b.stream, key), "mine", 0).Err(); err != nil {
				t.Fatal(err)
			}
			list := b.say("c", "k", "x")
			b.consumer("n1")
			if r := b.receipt(list); r.Status != envelope.StatusDelivered {
				t.Errorf("receipt %+v", r)
			}
		})
	}
}
