package history

import (
	"fmt"
	"slices"
	"time"

	"github.com/posternhq/postern/envelope"
)

// doubted reports whether an answer may not have been had: of a request that
// was seen, or of one that an owner may have made when it was lost. A snapshot
// inherits what an earlier one of its stream left open.
func (j *judge) doubted(a *act) bool {
	return slices.ContainsFunc(a.parked, func(r Record) bool { return j.unsure(j.group(a), written(r)) })
}

// unsure reports whether by a moment of Redis' clock an answer about some
// operations may not have been had.
func (j *judge) unsure(acts []*act, by time.Time) bool {
	from := acts[0].said[0].At
	for _, a := range acts {
		if slices.ContainsFunc(a.seen, Seen.inDoubt) {
			return true
		}
		if at := a.said[0].At; at.Before(from) {
			from = at
		}
	}
	by = by.Add(j.promise.Skew + slack)
	return j.lost(from, by) || j.away(from, by)
}

// flags: what a receipt says may be there twice, there was a reason to doubt.
func (j *judge) flags(a *act) {
	acts := []*act{a}
	if a.Key != "" && a.Type != envelope.TypeRPC {
		acts = j.byKey[a.Key]
	}
	for _, r := range a.receipts {
		if r.PossibleDuplicate && !j.unsure(acts, moment(r.At)) {
			j.broken(Truth, j.tell(acts...), fmt.Sprintf("the receipt of entry %s says possible_duplicate, and nothing stood in the way of knowing", r.EntryID))
		}
	}
}

// inDoubt reports whether the gateway may not know what became of a request.
func (s Seen) inDoubt() bool { return s.Answer != Given || unanswered(s) }

// unanswered reports whether the gateway cannot know what became of a request.
// One that was answered late may have been answered in time all the same.
func unanswered(s Seen) bool {
	return s.Answer == Lost || s.Answer == Hung || s.Answer == Given && s.Status >= 500 && !s.Again
}
