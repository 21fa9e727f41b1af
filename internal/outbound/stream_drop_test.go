package outbound

import (
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/bus"
)

// An operator drops the dead letter of a snapshot, final or not: the final one
// that comes then replaces the text of the message that is there.
func TestTheFinalSnapshotAfterADrop(t *testing.T) {
	t.Parallel()
	for name, final := range map[string]bool{"of a snapshot": false, "of a final one": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, board := newBench(t), newBoard("edits")
			b.consumer("n1", on(board))
			b.ends(b.snapshot("s", 0, "0"), envelope.StatusDelivered)
			b.ends(b.snapshot("s", 1, "unfit", "final", final), envelope.StatusDead)
			operator, err := bus.Open(bus.Options{URL: b.server.URL()})
			if err != nil {
				t.Fatal(err)
			}
			defer operator.Close()
			s := operator.Stream(b.names, "fake", "operator")
			letters, err := s.Letters(t.Context(), s.Dead(), "", 9)
			if err != nil || len(letters) != 1 {
				t.Fatalf("%d dead letters, %v", len(letters), err)
			}
			if err := s.Drop(t.Context(), s.Dead(), letters[0].ID); err != nil {
				t.Fatal(err)
			}
			b.ends(b.snapshot("s", 2, "end", "final", true), envelope.StatusDelivered)
			if got := board.history(0); got != "0 end" || board.reads("c") != "end" {
				t.Errorf("it read %q, the channel reads %q", got, board.reads("c"))
			}
			b.awaitEmpty()
		})
	}
}
