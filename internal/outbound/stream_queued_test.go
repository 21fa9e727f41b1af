package outbound

import (
	"fmt"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
)

// A stream whose next snapshot is queued beyond what is in memory is not quiet.
func TestAStreamWhoseSnapshotIsQueuedIsNotQuiet(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	entered, letGo := board.stall("0")
	walled, goOn := board.stall("wall")
	b.consumer("n1", on(board), patient, quietAfter(time.Hour))
	b.say("c", "k0", "0")
	<-entered
	const n = 2 * shareMost
	for i := 1; i < n; i++ {
		b.say("c", fmt.Sprint("k", i), fmt.Sprint(i))
	}
	first := b.snapshot("s", 0, "begun")
	b.say("c", "wall", "wall")
	for i := range 3 * shareMost {
		b.say("c", fmt.Sprint("m", i), fmt.Sprint("m", i))
	}
	final := b.snapshot("s", 1, "end", "final", true)
	b.goOn(letGo, n+1+1+3*shareMost+1)
	b.ends(first, envelope.StatusDelivered)
	<-walled
	b.fallQuiet("s")
	goOn()
	b.ends(final, envelope.StatusDelivered)
	b.awaitEmpty()
	if got := board.history(n); got != "begun end" {
		t.Errorf("it read %q", got)
	}
}
