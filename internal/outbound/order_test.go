package outbound

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

func TestOrderWithinAChannelAndOneInFlight(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const channels, each = 20, 50
	pipe := b.client.Pipeline()
	for i := range each {
		for c := range channels {
			data := fmt.Sprintf(`{"type":"message","channel_id":"c%d","text":"%d","message_key":"%d-%d"}`, c, i, c, i)
			for range 2 { // published twice
				pipe.XAdd(t.Context(), &redis.XAddArgs{Stream: b.stream, Values: []any{"data", data}})
			}
		}
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.platform.fail = func(part platform.Part, nth int) error {
		if part.ChannelID == "c3" && nth == 0 && string(part.Body) == "7" {
			return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo, Message: "hiccup"}
		}
		return nil
	}
	b.consumer("n1")
	last := b.say("c0", "last", "end")
	got := b.platform.await(t, channels*each+1)
	b.receipt(last)
	next := map[string]int{}
	for _, a := range got {
		if a.text == "end" {
			continue
		}
		if n, _ := strconv.Atoi(a.text); n != next[a.channel] {
			t.Fatalf("channel %s: %s came where %d was due", a.channel, a.text, next[a.channel])
		}
		next[a.channel]++
	}
	if b.platform.most != 1 {
		t.Errorf("%d operations at once in one channel", b.platform.most)
	}
	b.awaitEmpty()
}

func TestARateLimitHoldsOnlyItsChannel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(part platform.Part, nth int) error {
		if part.ChannelID == "slow" && nth == 0 && string(part.Body) == "1" {
			return &platform.Error{Code: envelope.CodeRateLimited, Sent: platform.SentNo, Message: "slow down", RetryAfter: 700 * time.Millisecond}
		}
		return nil
	}
	b.say("slow", "s1", "1")
	last := b.say("slow", "s2", "2")
	for i := range 20 {
		b.say("fast", "f"+strconv.Itoa(i), "f")
	}
	b.consumer("n1")
	r := b.receipt(last)
	var order []string
	for _, a := range b.platform.await(t, 22) {
		order = append(order, a.text)
	}
	if s := strings.Join(order, ""); s != strings.Repeat("f", 20)+"12" {
		t.Errorf("order %s", s)
	}
	if r.Attempts != 1 {
		t.Errorf("a rate limit counted as an attempt: %+v", r)
	}
}

func TestTypingOvertaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, letGo := b.platform.stall(t, "first")
	b.say("c", "k", "first")
	typing := func(n int) string {
		list := envelope.Beside(b.stream, "reply:typing-"+strconv.Itoa(n))
		b.publish(map[string]any{"type": "typing", "channel_id": "c", "receipt_to": list})
		return list
	}
	old, newer := typing(1), typing(2)
	b.consumer("n1")
	if r := b.receipt(old); r.Status != envelope.StatusSuperseded {
		t.Errorf("the older: %+v", r)
	}
	letGo()
	if r := b.receipt(newer); r.Status != envelope.StatusDelivered {
		t.Errorf("the newer: %+v", r)
	}
}
