package outbound

import (
	"testing"

	"github.com/posternhq/postern/envelope"
)

// A message is edited again and again by its key: each text takes the place of
// all that the one before it left.
func TestEditsThatGrowAndShrink(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][]string{
		"grows":   {"a", "b|c", "d"},
		"shrinks": {"a|b", "c", "d|e"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, board := newBench(t), newBoard("edits")
			b.consumer("n1", on(board))
			b.ends(b.say("c", "k", texts[0]), envelope.StatusDelivered)
			for _, text := range texts[1:] {
				b.ends(b.change("k", text), envelope.StatusDelivered)
			}
			if got, want := board.reads("c"), map[string]string{"grows": "d", "shrinks": "d e"}[name]; got != want {
				t.Errorf("the channel reads %q; want %q", got, want)
			}
		})
	}
}

// A message between two others has gone: the edits after that know of both, and of
// what they made themselves.
func TestEditsAroundAMessageThatIsGone(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	b.consumer("n1", on(board))
	b.ends(b.say("c", "k", "a|b|file"), envelope.StatusDelivered)
	for _, c := range []struct{ text, reads string }{{"c", "c file"}, {"d|e|f", "d e f"}, {"g", "g file"}, {"h|i|j|k", "h i j k"}} {
		b.ends(b.change("k", c.text), envelope.StatusDelivered)
		if got := board.reads("c"); got != c.reads {
			t.Errorf("after %q the channel reads %q; want %q", c.text, got, c.reads)
		}
	}
}

// So it is in a stream.
func TestSnapshotsAroundAMessageThatIsGone(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	b.consumer("n1", on(board))
	for seq, c := range []struct{ text, reads string }{{"a|b|file", "a b file"}, {"c", "c file"}, {"d|e|f", "d e f"}, {"g", "g file"}, {"h|i|j|k", "h i j k"}} {
		b.ends(b.snapshot("s", seq+1, c.text), envelope.StatusDelivered)
		if got := board.reads("c"); got != c.reads {
			t.Errorf("after %q the channel reads %q; want %q", c.text, got, c.reads)
		}
	}
}

// The node dies over the part that an edit made, after it was written down and
// before the edit was: whoever finishes it tells the next edit all the same.
func TestAnEditThatGrewOverACrash(t *testing.T) {
	t.Parallel()
	b, board := newBench(t), newBoard("edits")
	entered, _ := board.stall("c")
	first := b.consumer("n1", on(board))
	b.ends(b.say("c", "k", "a"), envelope.StatusDelivered)
	grown := b.change("k", "b|made|c")
	<-entered
	crash(first)
	b.vacate()
	b.consumer("n2", on(board))
	b.ends(grown, envelope.StatusDelivered)
	b.ends(b.change("k", "d"), envelope.StatusDelivered)
	if got := board.reads("c"); got != "d" {
		t.Errorf("the channel reads %q", got)
	}
}
