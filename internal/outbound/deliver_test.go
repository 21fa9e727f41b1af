package outbound

import (
	"context"
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

// awaitEmpty waits until the stream is empty.
func (b *bench) awaitEmpty() {
	b.t.Helper()
	deadline := time.After(15 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for b.client.XLen(b.t.Context(), b.stream).Val() > 0 {
		select {
		case <-tick.C:
		case <-deadline:
			b.empty()
			return
		}
	}
	b.empty()
}

func TestASecondPublishIsADuplicateWithTheFirstIDs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, second := b.say("c", "k", "one"), b.say("c", "k", "another")
	b.consumer("n1")
	one, two := b.receipt(first), b.receipt(second)
	if one.Status != envelope.StatusDelivered || two.Status != envelope.StatusDuplicate {
		t.Fatalf("%s, then %s", one.Status, two.Status)
	}
	if len(two.MessageIDs) != 1 || two.MessageIDs[0] != one.MessageIDs[0] {
		t.Errorf("ids %v, then %v", one.MessageIDs, two.MessageIDs)
	}
	if len(two.Warnings) != 1 || !strings.Contains(two.Warnings[0], "other content") {
		t.Errorf("no word about the other content: %v", two.Warnings)
	}
}

func TestTheSameKeyWithOtherContentIsDeadIfAsked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.say("c", "k", "one")
	r := func() envelope.Receipt {
		list := b.say("c", "k", "another", "on_conflict", "dead")
		b.consumer("n1")
		return b.receipt(list)
	}()
	if r.Status != envelope.StatusDead || r.Error.Code != envelope.CodeConflict {
		t.Errorf("receipt %+v", r)
	}
	if n := len(b.platform.await(t, 1)); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// A part's answer is lost. With a native key the same part is sent again
// under the same key; without, on_unknown decides.
func TestAnAnswerThatWasLost(t *testing.T) {
	t.Parallel()
	lost := func(_ platform.Part, nth int) error {
		if nth == 0 {
			return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentUnknown, Message: "the line went dead"}
		}
		return nil
	}
	for _, c := range []struct {
		name      string
		nativeKey bool
		onUnknown string
		status    envelope.Status
		times     int
		flagged   bool
	}{
		{"native key", true, "resend", envelope.StatusDelivered, 1, false},
		{"resend", false, "resend", envelope.StatusDelivered, 2, true},
		{"park", false, "park", envelope.StatusParked, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.platform.caps.NativeKey = c.nativeKey
			b.platform.after = lost
			list := b.say("c", "k", "hello", "on_unknown", c.onUnknown)
			b.consumer("n1")
			r := b.receipt(list)
			if r.Status != c.status || r.PossibleDuplicate != c.flagged {
				t.Errorf("receipt %+v", r)
			}
			if got := b.platform.await(t, c.times); len(got) != c.times {
				t.Errorf("accepted %d times, want %d", len(got), c.times)
			}
			if parked := b.client.XLen(t.Context(), envelope.Beside(b.stream, "parked")).Val(); (parked == 1) != (c.status == envelope.StatusParked) {
				t.Errorf("%d parked records", parked)
			}
			b.empty()
		})
	}
}

func TestWhatAPlatformRefusesIsDeadAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(part platform.Part, _ int) error {
		if string(part.Body) == "no" {
			return platform.Refused(envelope.CodeForbidden, "channel_id", "not a member of it")
		}
		return nil
	}
	dead, after := b.say("c", "k1", "no"), b.say("c", "k2", "yes")
	b.consumer("n1")
	r := b.receipt(dead)
	if r.Status != envelope.StatusDead || r.Error == nil || r.Error.Code != envelope.CodeForbidden || r.Error.Field != "channel_id" {
		t.Errorf("receipt %+v %+v", r, r.Error)
	}
	if r := b.receipt(after); r.Status != envelope.StatusDelivered {
		t.Errorf("the next one: %+v", r)
	}
	letters, err := b.consumerStream().Letters(t.Context(), envelope.Beside(b.stream, "dead"), "", 10)
	if err != nil || len(letters) != 1 {
		t.Fatalf("dead letters %v, %v", letters, err)
	}
	l := letters[0]
	if l.Code != "forbidden" || l.Field != "channel_id" || l.MessageKey != "k1" || l.Stream != b.stream || !strings.Contains(string(l.Data), `"no"`) || l.TS == "" {
		t.Errorf("dead letter %+v", l)
	}
}

func TestExpired(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	list := b.say("c", "k", "late", "expires_at", float64(time.Now().Add(-time.Minute).Unix()))
	b.consumer("n1")
	if r := b.receipt(list); r.Status != envelope.StatusExpired || r.Error.Code != envelope.CodeExpired {
		t.Errorf("receipt %+v", r)
	}
}

func TestRequiresAndWarnings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	warned := b.say("c", "k1", "a", "silent", true)
	refused := b.say("c", "k2", "b", "silent", true, "requires", []string{"silent"})
	thread := b.say("c", "k3", "c", "thread_id", "t")
	file := b.say("c", "k4", "d", "attachments", []any{map[string]any{"filename": "a.txt", "data": "aGk="}})
	b.consumer("n1")
	if r := b.receipt(warned); r.Status != envelope.StatusDelivered || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "silent") {
		t.Errorf("not honoured: %+v", r)
	}
	for field, list := range map[string]string{"silent": refused, "thread_id": thread, "attachments[0].data": file} {
		if r := b.receipt(list); r.Status != envelope.StatusDead || r.Error.Code != envelope.CodeUnsupported || r.Error.Field != field {
			t.Errorf("%s: %+v %+v", field, r, r.Error)
		}
	}
}

// An edit by target_key finds the platform's id, waits for its target, and
// dies with it.
func TestTargetKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(part platform.Part, _ int) error {
		if string(part.Body) == "doomed" {
			return platform.Refused(envelope.CodeInvalid, "text", "no")
		}
		return nil
	}
	edit := func(target string) string {
		list := envelope.Beside(b.stream, "reply:edit-"+target)
		b.publish(map[string]any{"type": "edit", "channel_id": "c", "target_key": target, "text": "edited", "receipt_to": list})
		return list
	}
	b.say("c", "good", "first")
	b.say("c", "bad", "doomed")
	good, bad, never := edit("good"), edit("bad"), edit("never")
	b.consumer("n1")
	if r := b.receipt(good); r.Status != envelope.StatusDelivered {
		t.Errorf("edit of what was delivered: %+v %+v", r, r.Error)
	}
	if r := b.receipt(bad); r.Status != envelope.StatusDead || r.Error.Code != envelope.CodeTargetFailed {
		t.Errorf("edit of what died: %+v", r)
	}
	if r := b.receipt(never); r.Status != envelope.StatusDead || r.Error.Code != envelope.CodeNotFound {
		t.Errorf("edit of what never was: %+v", r)
	}
}

// The same key in two channels: the second waits behind the first, which is
// in backoff, and ends as its duplicate.
func TestTheSameKeyElsewhereWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(part platform.Part, nth int) error {
		if nth < 2 {
			return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo, Message: "not now"}
		}
		return nil
	}
	first, second := b.say("c1", "k", "x"), b.say("c2", "k", "x")
	b.consumer("n1")
	statuses := map[envelope.Status]int{}
	statuses[b.receipt(first).Status]++
	statuses[b.receipt(second).Status]++
	if statuses[envelope.StatusDelivered] != 1 || statuses[envelope.StatusDuplicate] != 1 {
		t.Errorf("ends: %v", statuses)
	}
	if got := b.platform.await(t, 1); len(got) != 1 {
		t.Errorf("accepted: %v", got)
	}
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

func TestAnOutageWaitsAndCountsNoAttempt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(_ platform.Part, nth int) error {
		if nth < 2 {
			return &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "connection refused"}
		}
		return nil
	}
	list := b.say("c", "k", "hello")
	b.consumer("n1")
	if r := b.receipt(list); r.Status != envelope.StatusDelivered || r.Attempts != 1 {
		t.Errorf("receipt %+v", r)
	}
}

func TestNothingIsSentBeforeReady(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ready := make(chan *Consumer, 1)
	list := b.say("c", "k", "hello")
	c := b.consumer("n1", func(*Config) {})
	c.SetReady(false)
	ready <- c
	c.SetReady(true)
	if r := b.receipt(list); r.Status != envelope.StatusDelivered || r.Attempts != 1 {
		t.Errorf("receipt %+v", r)
	}
}

func TestReceiptsThatCannotBePushedCostNothingElse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := &countingMeter{lost: make(chan string, 4)}
	foreign := envelope.Beside(b.stream, "reply:string")
	if err := b.client.Set(t.Context(), foreign, "mine", 0).Err(); err != nil {
		t.Fatal(err)
	}
	b.publish(map[string]any{"type": "message", "channel_id": "c", "text": "1", "receipt_to": foreign})
	b.publish(map[string]any{"type": "message", "channel_id": "c", "text": "2", "receipt_to": "elsewhere"})
	b.consumer("n1", func(c *Config) { c.Meter = m })
	b.platform.await(t, 2)
	reasons := map[string]bool{<-m.lost: true, <-m.lost: true}
	if !reasons["not_a_list"] || !reasons["forbidden"] {
		t.Errorf("reasons %v", reasons)
	}
	if v := b.client.Get(t.Context(), foreign).Val(); v != "mine" {
		t.Errorf("the foreign key became %q", v)
	}
	b.awaitEmpty()
}

type countingMeter struct {
	noMeter
	lost chan string
}

func (m *countingMeter) ReceiptLost(reason string) { m.lost <- reason }

func TestRPCIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	queue := "postern:reply:worker-1"
	call := map[string]any{"type": "rpc", "request_id": "r1", "method": "identity", "reply_queue": queue}
	b.publish(call)
	b.publish(call)
	late := map[string]any{"type": "rpc", "request_id": "r2", "method": "identity", "reply_queue": queue, "deadline": 1.0}
	b.publish(late)
	b.publish(map[string]any{"type": "rpc", "request_id": "r3", "method": "identity", "reply_queue": "elsewhere"})
	b.consumer("n1")
	got := map[string]envelope.Reply{}
	for range 2 {
		var r envelope.Reply
		b.answer(queue, &r)
		got[r.RequestID] = r
	}
	if r := got["r1"]; !r.OK || r.Result.(map[string]any)["user_id"] != "U1" {
		t.Errorf("r1: %+v", r)
	}
	if r := got["r2"]; r.OK || r.Error.Code != envelope.CodeTimeout {
		t.Errorf("r2: %+v", r)
	}
	b.awaitEmpty()
	if n := b.client.LLen(t.Context(), queue).Val(); n != 0 {
		t.Errorf("%d replies too many", n)
	}
	if n := b.client.XLen(t.Context(), envelope.Beside(b.stream, "dead")).Val(); n != 1 {
		t.Errorf("%d dead letters, want the one with the forbidden queue", n)
	}
}

func TestTypingOvertaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	gate := make(chan struct{})
	b.platform.hang = func(ctx context.Context, part platform.Part) {
		if string(part.Body) == "first" {
			select {
			case <-gate:
			case <-ctx.Done():
			}
		}
	}
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
	close(gate)
	if r := b.receipt(newer); r.Status != envelope.StatusDelivered {
		t.Errorf("the newer: %+v", r)
	}
}
