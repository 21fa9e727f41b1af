package outbound

import (
	"testing"

	"github.com/posternhq/postern/envelope"
)

// What waits in no lane takes nobody's place in memory, and has one again when it
// goes on.
func TestWhatWaitsInNoLaneTakesNoPlace(t *testing.T) {
	t.Parallel()
	d := &desk{window: newWindow(1), awake: 2, rpcsAwake: 1}
	e := &entry{letter: &letter{env: &envelope.Outbound{}}}
	d.window.takes(e)
	d.part(e)
	if d.awake != 1 || d.apart != 1 || d.window.entries != 0 || e.letter != nil {
		t.Errorf("%d awake, %d apart, %d letters; want its place free", d.awake, d.apart, d.window.entries)
	}
	for range 2 { // an entry that was never apart rejoins nothing
		d.rejoin(e)
		if d.awake != 2 || d.apart != 0 {
			t.Errorf("%d awake, %d apart; want it back", d.awake, d.apart)
		}
	}
	call := &entry{rpc: true, letter: e.letter}
	if d.part(call); d.awake != 2 || d.rpcsAwake != 0 || d.crowded() {
		t.Errorf("%d awake, %d RPCs; want one RPC less", d.awake, d.rpcsAwake)
	}
	if d.apart = apartMost; !d.crowded() {
		t.Error("there is room for any number")
	}
}
