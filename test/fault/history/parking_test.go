package history

import (
	"fmt"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
)

// A snapshot is parked for what an earlier one of its stream left open: its
// owner was lost as it sent that one, which the platform never saw.
func TestASnapshotIsParkedForAnEarlierOne(t *testing.T) {
	t.Parallel()
	start := time.UnixMilli(1_800_000_000_000)
	for _, c := range []struct {
		name    string
		lost    []Fault
		refused bool
	}{
		{"an owner was lost as the first was begun", []Fault{{Kind: Killed, Node: "n1", From: start.Add(50 * time.Millisecond)}}, false},
		{"nobody was", nil, true},
		{"one was lost before", []Fault{{Kind: Killed, Node: "n1", From: start.Add(-time.Hour)}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := &History{Faults: c.lost}
			for seq, after := range []time.Duration{0, time.Minute} {
				op := &Operation{Type: envelope.TypeStream, Channel: "c", Key: "s", Seq: int64(seq), Shows: []string{"text"}}
				at := start.Add(after)
				h.Said = append(h.Said, Said{Entry: fmt.Sprintf("%d-0", at.UnixMilli()), At: at, Operation: op})
			}
			parked := start.Add(time.Minute + 20*time.Millisecond)
			h.Parked = []Record{{ID: fmt.Sprintf("%d-0", parked.UnixMilli()), Entry: h.Said[1].Entry, Key: "s", Code: envelope.CodeUnknown}}
			broken := Check(*h, Promise{OnUnknown: park, Lease: time.Second}).Broken
			var refused bool
			for _, v := range broken {
				refused = refused || v.Promise == Parking
			}
			if refused != c.refused {
				t.Errorf("found %v", broken)
			}
		})
	}
}
