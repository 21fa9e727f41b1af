package history

import "github.com/posternhq/postern/envelope"

// tally counts what was judged.
func (j *judge) tally() {
	t := &j.report.Tally
	t.Operations, t.Requests = len(j.acts), len(j.Seen)
	for _, s := range j.Said {
		if s.Entry == "" {
			t.Unknown++
		} else {
			t.Entries++
		}
	}
	for _, s := range j.Seen {
		if s.Effect {
			t.Effects++
		}
	}
	for _, r := range j.Receipts {
		switch r.Status {
		case envelope.StatusDelivered:
			t.Delivered++
		case envelope.StatusDuplicate:
			t.Duplicate++
		case envelope.StatusSuperseded:
			t.Superseded++
		case envelope.StatusExpired:
			t.Expired++
		}
		if r.PossibleDuplicate {
			t.Flagged++
		}
	}
	t.Dead, t.Parked = len(j.Dead), len(j.Parked)
}
