package outbound

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// backlog fills a channel with more than one lane has in memory, behind its
// first message, which is on its way until it is let go.
func (b *bench) backlog(board *board, n int, change ...func(*Config)) (letGo func()) {
	b.t.Helper()
	entered, letGo := board.stall("0")
	b.consumer("n1", append(change, on(board), patient)...)
	b.say("c", "k0", "0")
	<-entered
	for i := 1; i < n; i++ {
		b.say("c", fmt.Sprint("k", i), fmt.Sprint(i))
	}
	return letGo
}

// patient has a lease that a loaded machine does not lose.
func patient(c *Config) { c.Limits.Lease = time.Minute }

// goOn waits until so many entries have been read, and lets the lane go on.
func (b *bench) goOn(letGo func(), pending int) {
	b.t.Helper()
	b.until("all are read", func() bool { return b.pending() == int64(pending) })
	letGo()
}

// What is queued beyond memory keeps its order, and what targets it finds its
// lane from another one.
func TestWhatIsQueuedKeepsItsOrder(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	const n = 4 * shareMost
	letGo := b.backlog(board, n)
	elsewhere := b.change(fmt.Sprint("k", n-1), "edited", "channel_id", "d")
	last := b.say("c", "last", "last")
	b.goOn(letGo, n+2)
	b.ends(elsewhere, envelope.StatusDelivered)
	b.ends(last, envelope.StatusDelivered)
	b.awaitEmpty()
	for i, p := range board.posts[:n-1] {
		if p.texts[0] != fmt.Sprint(i) {
			t.Fatalf("%q came as number %d", p.texts, i)
		}
	}
	if got := board.history(n-1) + " " + board.history(n); got != fmt.Sprint(n-1)+" edited last" {
		t.Errorf("the last two read %q", got)
	}
}

// Snapshots that are queued, too, end as the final one says, and most of them
// are never shown.
func TestAStreamIsQueued(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	const n = 2 * shareMost
	letGo := b.backlog(board, n)
	const snapshots = 20
	for i := range snapshots {
		b.snapshot("s", i, fmt.Sprint("text", i))
	}
	final := b.snapshot("s", snapshots, "final", "final", true)
	b.goOn(letGo, n+snapshots+1)
	b.ends(final, envelope.StatusDelivered)
	b.awaitEmpty()
	texts := board.posts[n].texts
	if len(texts) > snapshots/2 || texts[len(texts)-1] != "final" {
		t.Errorf("the stream's message read %q", texts)
	}
}

// Somebody trims the stream behind what is queued: what is left is delivered,
// and what is for an entry that is gone does not wait for it.
func TestWhatIsQueuedIsTrimmed(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	const n = 2 * shareMost
	letGo := b.backlog(board, n)
	b.until("all are read", func() bool { return b.pending() == n })
	gone := b.publish(map[string]any{"type": "message", "channel_id": "c", "message_key": "gone", "text": "gone"})
	edit := b.change("gone", "edited", "channel_id", "d")
	last := b.say("c", "last", "last")
	b.until("all are read", func() bool { return b.pending() == n+3 })
	if err := b.client.XDel(t.Context(), b.stream, gone).Err(); err != nil {
		t.Fatal(err)
	}
	letGo()
	b.ends(edit, envelope.StatusDead)
	b.ends(last, envelope.StatusDelivered)
	b.awaitEmpty()
}

// What is queued is trimmed, and a sweep takes it off the pending list before its
// turn comes: it is counted as lost all the same, once.
func TestWhatIsQueuedIsTrimmedAndSwept(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	m := newLossMeter()
	const n = 2 * shareMost
	letGo := b.backlog(board, n, metered(m))
	gone := b.publish(map[string]any{"type": "message", "channel_id": "c", "text": "gone"})
	last := b.say("c", "last", "last")
	b.until("all are read", func() bool { return b.pending() == n+2 })
	if err := b.client.XDel(t.Context(), b.stream, gone).Err(); err != nil {
		t.Fatal(err)
	}
	if err := b.client.Do(t.Context(), "XAUTOCLAIM", b.stream, b.names.Group("fake"), "n1", 3_600_000, "-").Err(); err != nil {
		t.Fatal(err)
	}
	letGo()
	b.ends(last, envelope.StatusDelivered)
	if n := <-m.entries; n != 1 {
		t.Errorf("%d lost", n)
	}
	b.awaitEmpty()
}

// More RPCs than are held in memory are answered, each once.
func TestRPCsAreQueued(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const n = rpcsMost + rpcsMost/4
	lists := []string{envelope.Beside(b.stream, "reply:even"), envelope.Beside(b.stream, "reply:odd")} // each holds a thousand
	for i := range n {
		b.publish(map[string]any{
			"type": "rpc", "request_id": fmt.Sprint("r", i), "method": "identity", "reply_queue": lists[i%2],
		})
	}
	b.consumer("n1", patient)
	b.until("all are answered", func() bool {
		return b.client.LLen(t.Context(), lists[0]).Val()+b.client.LLen(t.Context(), lists[1]).Val() == n
	})
	b.awaitEmpty()
}

// More conversations than there is room for fail, and then hang: one that does
// neither waits for none of them.
func TestNobodyWaitsForThoseThatHang(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.platform.fail = func(part platform.Part, nth int) error {
		if nth == 0 && part.ChannelID != "well" {
			return hiccup()
		}
		return nil
	}
	b.platform.hang = func(ctx context.Context, part platform.Part) {
		b.platform.mutex.Lock()
		again := b.platform.calls[part.Key] > 0
		b.platform.mutex.Unlock()
		if again {
			<-ctx.Done()
		}
	}
	channels := make([]string, awakeMost+shareMost)
	for i := range channels {
		channels[i] = fmt.Sprint("c", i)
	}
	b.publishMany(len(channels), channels...)
	b.consumer("n1", patient, func(c *Config) { c.Limits.Drain = time.Second })
	b.until("as many have failed as there is room for", func() bool {
		b.platform.mutex.Lock()
		defer b.platform.mutex.Unlock()
		return len(b.platform.calls) >= awakeMost
	})
	b.ends(b.say("well", "k", "well"), envelope.StatusDelivered)
}
