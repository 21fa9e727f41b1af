package coverage

import (
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/test/fault/history"
)

// History counts what a run's history shows.
func (c *Coverage) History(h history.History) {
	for _, r := range h.Dead {
		c.add(Row{Reasons, string(r.Code)}, 1)
	}
	for _, r := range h.Receipts {
		if r.PossibleDuplicate {
			c.add(Row{Parts, flagged}, 1)
		}
	}
	c.parts(h.Seen)
	c.waits(h)
	c.owners(h)
}

// parts counts how the parts of one message came.
func (c *Coverage) parts(seen []history.Seen) {
	type message struct{ channel, thread, key string }
	last := make(map[message]history.Seen)
	for _, s := range seen {
		if s.Taken && !s.Effect {
			c.add(Row{Parts, knownKey}, 1)
		}
		if s.Asked == "" || s.Count < 2 || !s.Taken {
			continue
		}
		m := message{s.Channel, s.Thread, s.Asked}
		if before, ok := last[m]; ok && s.Part == before.Part+1 {
			c.add(Row{Parts, next}, 1)
			if before.Node != s.Node {
				c.add(Row{Parts, resumed}, 1)
			}
		}
		last[m] = s
	}
}

// waits counts what was shown of streams behind their first snapshot, and what
// was not to be shown at once.
func (c *Coverage) waits(h history.History) {
	says := make(map[string]*history.Operation)
	for _, s := range h.Said {
		for _, what := range s.Shows {
			says[what] = s.Operation
		}
	}
	for _, s := range h.Seen {
		op := says[s.Show]
		if op == nil || !s.Effect {
			continue
		}
		if !op.NotBefore.IsZero() {
			c.add(Row{Waits, due}, 1)
		}
		if op.Type == envelope.TypeStream && s.Type == envelope.TypeEdit {
			c.add(Row{Waits, grew}, 1)
		}
	}
}

// owners counts each change of who sends, by what was done last to the one
// before. A node that was started again after a kill is another owner too.
func (c *Coverage) owners(h history.History) {
	counted := make(map[history.Fault]bool)
	var owner history.Seen
	for _, s := range h.Seen {
		if owner.Node != "" {
			if f, ok := lastFault(h.Faults, owner, s); ok && !counted[f] {
				counted[f] = true
				c.add(Row{Owners, taken(f.Kind)}, 1)
			}
		}
		owner = s
	}
}

// lastFault is what ended the ownership of who sent before, between its last
// request and the next one's.
func lastFault(faults []history.Fault, before, now history.Seen) (last history.Fault, ok bool) {
	for _, f := range faults {
		ends := f.Kind == history.Killed || f.Kind == history.Stopped ||
			before.Node != now.Node && (f.Kind == history.Frozen || f.Kind == history.CutOff)
		// A request may be on its way while its sender is already gone.
		if ends && f.Node == before.Node && !f.From.After(now.At) && f.From.After(before.At.Add(-time.Second)) && (!ok || f.From.After(last.From)) {
			last, ok = f, true
		}
	}
	return last, ok
}
