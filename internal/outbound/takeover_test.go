package outbound

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// publishMany adds n messages, in turn to as many channels as there are.
func (b *bench) publishMany(n int, channels ...string) {
	b.t.Helper()
	pipe := b.client.Pipeline()
	for i := range n {
		data := fmt.Sprintf(`{"type":"message","channel_id":%q,"text":"%d"}`, channels[i%len(channels)], i/len(channels))
		pipe.XAdd(b.t.Context(), &redis.XAddArgs{Stream: b.stream, Values: []any{"data", data}})
	}
	if _, err := pipe.Exec(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// leaveAmong leaves all there is pending, in turn at some consumers that are no
// more: entry by entry, and every third once more, at the next of them.
func (b *bench) leaveAmong(dead ...string) {
	b.t.Helper()
	group := b.names.Group("fake")
	if err := b.client.XGroupCreateMkStream(b.t.Context(), b.stream, group, "0").Err(); err != nil {
		b.t.Fatal(err)
	}
	all, err := b.client.XRange(b.t.Context(), b.stream, "-", "+").Result()
	if err != nil {
		b.t.Fatal(err)
	}
	pipe := b.client.Pipeline()
	for i, m := range all {
		pipe.Do(b.t.Context(), "XREADGROUP", "GROUP", group, dead[i%len(dead)], "COUNT", 1, "STREAMS", b.stream, ">")
		if i%3 == 0 {
			pipe.Do(b.t.Context(), "XCLAIM", b.stream, group, dead[(i+1)%len(dead)], 0, m.ID)
		}
	}
	if _, err := pipe.Exec(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// inOrder asserts that a channel has seen n messages of publishMany, each once
// and in order.
func (b *bench) inOrder(channel string, n int) {
	b.t.Helper()
	want := ""
	for i := range n {
		want += fmt.Sprint(i, " ")
	}
	if got := b.platform.seen(channel) + " "; got != want {
		b.t.Errorf("%s: the platform saw %q", channel, got)
	}
}

// What a take-over finds is delivered page by page: the first one is, while the
// second has not been asked for. It was redelivered between three owners, and
// keeps its order; what is new comes behind the last page.
func TestATakeOverDeliversPageByPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.NativeKey = false
	const pages, channels = 3, 4
	b.publishMany(pages*pageEntries, "a", "b", "c", "d")
	b.leaveAmong("x", "y", "z")
	w := newWire(b)
	second := w.holdSecond(b.script("takeover"))
	b.consumer("n1", through(w), patient)
	<-second.held
	b.platform.awaitLong(t, pageEntries, time.Minute)
	b.publish(map[string]any{"type": "message", "channel_id": "a", "text": fmt.Sprint(pages * pageEntries / channels)})
	second.letGo()
	b.awaitEmpty()
	b.inOrder("a", pages*pageEntries/channels+1)
	for _, channel := range []string{"b", "c", "d"} {
		b.inOrder(channel, pages*pageEntries/channels)
	}
}

// The answer with the second page is lost, after the first was delivered: it is
// asked for again, and nothing of it is missing, twice, or behind the third.
func TestATakeOverLosesAPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.caps.NativeKey = false
	const pages = 3
	b.publishMany(pages*pageEntries, "a", "b")
	b.leaveAmong("x", "y")
	w := newWire(b)
	second := w.holdSecond(b.script("takeover"))
	second.answer = true
	b.consumer("n1", through(w), patient)
	<-second.held
	b.platform.awaitLong(t, pageEntries, time.Minute)
	second.lose()
	b.awaitEmpty()
	b.inOrder("a", pages*pageEntries/2)
	b.inOrder("b", pages*pageEntries/2)
}

// Of the first page, one entry is for what was put aside and is due, which has
// its place on the last page, and the claim of one's key is held by an entry of
// the last page: all come to their ends, in order.
func TestAPageWaitsForALaterOne(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	due := b.at(2 * time.Second)
	aside := b.say("c", "aside", "due", "not_before", due)
	first := b.consumer("n1", on(board))
	b.until("it is put aside", func() bool { return b.delayed() == 1 })
	b.stop(first)
	before := b.say("c", "before", "before")
	edit := b.change("aside", "edited", "channel_id", "e")
	twin := b.say("d", "twin", "twin")
	b.crowd(2 * pageEntries)
	b.due(due)
	after := b.say("c", "after", "after")
	holder := b.publish(map[string]any{"type": "message", "channel_id": "f", "message_key": "twin", "text": "twin"})
	held := b.operator().MessageClaim("twin")
	if err := b.client.HSet(t.Context(), held, "state", "claimed", "entry", holder, "owner", "gone", "lane", laneOf("f", ""), "attempts", 0, "takeovers", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := b.client.Do(t.Context(), "XREADGROUP", "GROUP", b.names.Group("fake"), "n0", "STREAMS", b.stream, ">").Err(); err != nil {
		t.Fatal(err)
	}
	w := newWire(b)
	second := w.holdSecond(b.script("takeover"))
	asks := w.hold(b.script("claim"), holder) // that is to be asked for again
	b.consumer("n2", on(board), through(w), patient)
	<-second.held
	b.ends(before, envelope.StatusDelivered)
	<-asks.held
	asks.letGo()
	second.letGo()
	for _, list := range []string{aside, edit, after} {
		b.ends(list, envelope.StatusDelivered)
	}
	b.ends(twin, envelope.StatusDuplicate)
	b.awaitEmpty()
}
