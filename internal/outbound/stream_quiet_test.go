package outbound

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/posternhq/postern/envelope"
)

// fallQuiet makes a growing stream due as if it had stood without a snapshot
// for too long, and waits until the active consumer has seen that: it asks
// when an entry that was put aside is due.
func (b *bench) fallQuiet(stream string) {
	b.t.Helper()
	streams := envelope.Beside(b.stream, "streams")
	if err := b.client.ZAddXX(b.t.Context(), streams, redis.Z{Score: 1, Member: stream}).Err(); err != nil {
		b.t.Fatal(err)
	}
	seen := func() bool { return b.client.ZScore(b.t.Context(), streams, stream).Val() != 1 }
	for !seen() { // one that is due before it is read asks nothing
		list := b.say("due", "", "due", "not_before", b.at(200*time.Millisecond))
		b.until("the stream is seen to be due", func() bool {
			return seen() || b.client.LLen(b.t.Context(), list).Val() > 0
		})
	}
}

// A snapshot that was under way for longer than a stream may be quiet is
// applied while the reader looks at the streams that have been: before it has
// read the claim, after that, or after it has asked when the stream is due. The
// stream goes on.
func TestASnapshotComesAsItsStreamIsFoundQuiet(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]func(w *wire) *catch{
		"before its claim is read": func(w *wire) *catch { return w.hold(w.b.script("look"), "claim:s") },
		"after that":               func(w *wire) *catch { return w.holdAnswer(w.b.script("look"), "claim:s") },
		"after its due is read":    func(w *wire) *catch { return w.holdAnswer("zmscore") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, board := newBench(t), newBoard("edits")
			w := newWire(b)
			entered, letGo := board.stall("1")
			b.consumer("n1", on(board), quietAfter(time.Hour), through(w))
			b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
			one := b.snapshot("s", 1, "1")
			<-entered
			look := hold(w)
			b.fallQuiet("s")
			<-look.held
			letGo()
			b.ends(one, envelope.StatusDelivered)
			look.letGo()
			b.ends(b.say("c", "m", "behind"), envelope.StatusDelivered)
			b.ends(b.snapshot("s", 2, "end", "final", true), envelope.StatusDelivered)
			if got := board.history(0); got != "0 1 end" {
				t.Errorf("it read %q", got)
			}
			b.awaitEmpty()
		})
	}
}
