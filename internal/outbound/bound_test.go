package outbound

import (
	"testing"

	"github.com/posternhq/postern/envelope"
)

// Who has to wait again keeps its letter while the window has room to spare, and
// leaves the room to the others when a quarter of it is taken; but for what the
// stream does not say: a warning, and the end of a quiet stream.
func TestLettersOfThoseThatWaitAgain(t *testing.T) {
	t.Parallel()
	d := &desk{window: newWindow(1)}
	waits := func(l letter, snap *snapshot) *entry {
		l.env = &envelope.Outbound{}
		return &entry{letter: &l, snap: snap}
	}
	first := waits(letter{}, nil)
	d.window.takes(first)
	if d.bound(first); first.letter == nil {
		t.Error("the only letter was let go of")
	}
	read := waits(letter{}, nil) // for its turn
	if d.bound(read); read.letter == nil || read.windowed == 0 {
		t.Error("one that was read again was not taken into the window")
	}
	for !d.window.crowded() {
		d.window.takes(waits(letter{}, nil))
	}
	taken := d.window.entries
	if taken != d.window.maxEntries/4+1 {
		t.Errorf("it is crowded with %d letters of %d", taken, d.window.maxEntries)
	}
	if d.bound(first); first.letter != nil || first.windowed != 0 || d.window.entries != taken-1 {
		t.Errorf("its letter has %d of %d bytes still", first.windowed, d.window.bytes)
	}
	d.window.takes(waits(letter{}, nil))
	warned := waits(letter{warnings: []string{"a field was left out"}}, nil)
	quiet := waits(letter{}, &snapshot{quiet: true})
	for what, e := range map[string]*entry{"with a warning": warned, "that ends a quiet stream": quiet} {
		d.window.takes(e)
		if d.bound(e); e.letter == nil {
			t.Errorf("the letter of one %s was let go of: nowhere does it stand again", what)
		}
	}
}
