package history

import (
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
)

// thawing is one message that n2 sent while n1 was frozen in it, and n1 when it
// woke. Times are seconds after the start.
type thawing struct{ History }

func (*thawing) at(s float64) time.Time {
	return time.Unix(1_800_000_000, 0).Add(time.Duration(s * float64(time.Second)))
}

func (h *thawing) sent(node string, when float64, text, id string) {
	h.Seen = append(h.Seen, Seen{
		At: h.at(when), Node: node, Key: "p", Type: envelope.TypeMessage, Channel: "c", Show: text, Count: 1,
		Taken: true, Effect: true, Status: 200, Answer: Given, MessageID: id,
	})
}

func (h *thawing) said(key, entry, id string) {
	op := &Operation{Type: envelope.TypeMessage, Channel: "c", Key: key, Shows: []string{key}, Receipt: true}
	h.Said = append(h.Said, Said{Entry: entry, At: h.at(0), Operation: op})
	h.Receipts = append(h.Receipts, Receipt{Receipt: envelope.Receipt{
		MessageKey: key, EntryID: entry, Status: envelope.StatusDelivered, MessageIDs: []string{id}, PossibleDuplicate: true,
		At: float64(h.at(6).Unix()),
	}})
}

func (h *thawing) frozen(node string, from, to float64) {
	h.Faults = append(h.Faults, Fault{Kind: Frozen, Node: node, From: h.at(from), To: h.at(to)})
}

// TestTheResidue: what a frozen process writes when it wakes is told apart, but
// only if the evidence shows that it was frozen for longer than its lease.
func TestTheResidue(t *testing.T) {
	t.Parallel()
	parks := Promise{OnUnknown: park, Lease: time.Second}
	for _, c := range []struct {
		name             string
		freeze           func(*thawing)
		promise          Promise
		residue, violate int
	}{
		{"frozen", func(h *thawing) { h.frozen("n1", 1, 5) }, parks, 1, 0},
		{"frozen, read back", func(h *thawing) { h.frozen("n1", 1, 5) }, Promise{ReadBack: true, Lease: time.Second}, 1, 0},
		{"frozen for less than its lease", func(h *thawing) { h.frozen("n1", 1, 5) }, Promise{OnUnknown: park, Lease: 5 * time.Second}, 0, 1},
		{"another was frozen", func(h *thawing) { h.frozen("n3", 1, 5) }, parks, 0, 1},
		{"frozen after the other one wrote", func(h *thawing) { h.frozen("n1", 4, 5) }, Promise{OnUnknown: park, Lease: time.Second / 2}, 0, 1},
		{"a platform with a key", func(h *thawing) { h.frozen("n1", 1, 5) }, Promise{NativeKey: true, Lease: time.Second}, 0, 1},
		{"the other one wrote when it had long woken", func(h *thawing) { h.frozen("n1", 1, 2.5) }, parks, 0, 1},
		{"it had taken the lease anew", func(h *thawing) {
			h.frozen("n1", 1, 4)
			h.Tenures = []Tenure{{"n1", h.at(0)}, {"n2", h.at(2)}, {"n1", h.at(4.5)}}
		}, parks, 0, 1},
		{"another one had", func(h *thawing) {
			h.frozen("n1", 1, 4)
			h.Tenures = []Tenure{{"n1", h.at(0)}, {"n2", h.at(2)}, {"n3", h.at(4.5)}}
		}, parks, 1, 0},
		{"twice in one conversation", func(h *thawing) {
			h.frozen("n1", 1, 5)
			h.said("behind", "1800000000001-0", "m3")
			h.Seen = h.Seen[:0]
			h.sent("n2", 3, "k", "m1")
			h.sent("n2", 3.5, "behind", "m3")
			h.sent("n1", 5.1, "k", "m2")
			h.sent("n1", 5.2, "behind", "m4")
		}, parks, 2, 1}, // the first is one twice over: there twice, and behind what stands behind it
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var h thawing
			h.said("k", "1800000000000-0", "m1")
			h.sent("n2", 3, "k", "m1")
			h.sent("n1", 5, "k", "m2")
			c.freeze(&h)
			r := Check(h.History, c.promise)
			var once int
			for _, v := range r.Broken {
				if v.Promise != Truth { // a flag without a reason to doubt
					once++
				}
			}
			if len(r.Residue) != c.residue || once != c.violate {
				t.Errorf("residue %v, broken %v; want %d and %d", r.Residue, r.Broken, c.residue, c.violate)
			}
		})
	}
}

// TestTheHolderThatSlept: a connection is forgiven that stood while its node was
// frozen, if it was let go of at the thaw; and who holds it longest counts, not
// who came last.
func TestTheHolderThatSlept(t *testing.T) {
	t.Parallel()
	var h thawing
	held := func(node string, from, to float64) Holding {
		out := Holding{Node: node, From: h.at(from)}
		if to > 0 {
			out.To = h.at(to)
		}
		return out
	}
	for _, c := range []struct {
		name             string
		held             []Holding
		residue, violate int
	}{
		{"let go of at the thaw", []Holding{held("n1", 0, 5.5), held("n2", 3, 0)}, 1, 0},
		{"let go of soon after", []Holding{held("n1", 0, 6.5), held("n2", 3, 5.6), held("n2", 5.7, 0)}, 2, 0},
		{"never let go of", []Holding{held("n1", 0, 0), held("n2", 3, 0)}, 0, 1},
		{"let go of long after", []Holding{held("n1", 0, 60), held("n2", 3, 0)}, 0, 1},
		{"opened when it had woken", []Holding{held("n1", 5.2, 6), held("n2", 5.4, 0)}, 0, 1},
		{"one that is over, between", []Holding{held("n3", 0, 60), held("n2", 1, 2), held("n2", 10, 0)}, 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := History{Held: c.held, Faults: []Fault{{Kind: Frozen, Node: "n1", From: h.at(1), To: h.at(5)}}}
			r := Check(h, Promise{Lease: time.Second})
			if len(r.Residue) != c.residue || len(r.Broken) != c.violate {
				t.Errorf("residue %v, broken %v; want %d and %d", r.Residue, r.Broken, c.residue, c.violate)
			}
		})
	}
}
