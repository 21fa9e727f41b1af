package history

import (
	"slices"
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
)

// carrying is a stream's second snapshot, begun by n1 and overtaken, a message
// behind it, and n2 that comes to the third and ends the second first.
type carrying struct {
	History
	second, third *Operation
}

// The requests, by their place in Seen.
const (
	asked   = 1 // for the second snapshot, by n1
	carried = 3 // the same, by n2, behind the message
)

func newCarrying() *carrying {
	start := time.Unix(1_800_000_000, 0)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	snapshot := func(seq int64, text string) *Operation {
		return &Operation{Type: envelope.TypeStream, Channel: "c", Key: "s", Seq: seq, Shows: []string{text}}
	}
	seen := func(ms int, node string, kind envelope.Type, text, id string) Seen {
		return Seen{At: at(ms), Node: node, Type: kind, Channel: "c", Show: text, Count: 1, Taken: true, Effect: true, Status: 200, Answer: Given, MessageID: id}
	}
	first, second, third := snapshot(0, "one"), snapshot(1, "two"), snapshot(2, "three")
	message := &Operation{Type: envelope.TypeMessage, Channel: "c", Key: "k", Shows: []string{"behind"}}
	c := &carrying{second: second, third: third}
	c.Said = []Said{
		{Entry: "1800000000001-0", At: at(1), Operation: first},
		{Entry: "1800000000002-0", At: at(2), Operation: second},
		{Entry: "1800000000003-0", At: at(3), Operation: message},
		{Entry: "1800000000004-0", At: at(4), Operation: third},
	}
	c.Seen = []Seen{
		seen(10, "n1", envelope.TypeMessage, "one", "m1"),
		seen(20, "n1", envelope.TypeEdit, "two", "m1"),
		seen(30, "n2", envelope.TypeMessage, "behind", "m2"),
		seen(40, "n2", envelope.TypeEdit, "two", "m1"),
		seen(50, "n2", envelope.TypeEdit, "three", "m1"),
	}
	c.Seen[asked].Answer = Lost
	c.says(envelope.StatusSuperseded)
	return c
}

// says makes this the second snapshot's receipt.
func (c *carrying) says(status envelope.Status) {
	c.second.Receipt = true
	c.Receipts = []Receipt{{Receipt: envelope.Receipt{MessageKey: "s", EntryID: "1800000000002-0", Status: status, MessageIDs: []string{"m1"}}}}
}

// A snapshot is carried on behind what came after it only where its text may
// have been there before.
func TestASnapshotThatWasBegunIsCarriedOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		change  func(*carrying)
		refused bool
	}{
		{"it was taken, and its answer lost", func(*carrying) {}, false},
		{"nobody can tell whether it was taken", func(c *carrying) { c.Seen[asked].Taken, c.Seen[asked].Effect = false, false }, false},
		{"the third one is final", func(c *carrying) { c.third.Final = true }, false},
		{"it was never begun", func(c *carrying) { c.Seen = append(c.Seen[:asked], c.Seen[asked+1:]...) }, true},
		{"it was refused", func(c *carrying) {
			s := &c.Seen[asked]
			s.Taken, s.Effect, s.Answer, s.Status, s.MessageID = false, false, Given, 429, ""
		}, true},
		{"it had been delivered", func(c *carrying) { c.says(envelope.StatusDelivered) }, true},
		{"it is the final one", func(c *carrying) {
			c.second.Final, c.second.Receipt, c.Receipts = true, false, nil
			c.Seen = c.Seen[:carried+1]
		}, true},
		{"the third one came later", func(c *carrying) { c.Said[3].At = c.Seen[carried].At.Add(time.Millisecond) }, true},
		{"the third one is of another stream", func(c *carrying) { c.third.Key = "another" }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newCarrying()
			c.change(h)
			broken := Check(h.History, Promise{OnUnknown: resend, Lease: time.Second}).Broken
			if refused := slices.ContainsFunc(broken, func(v Violation) bool { return v.Promise == Order }); refused != c.refused {
				t.Errorf("refused: %v; want %v: %v", refused, c.refused, broken)
			}
		})
	}
}
