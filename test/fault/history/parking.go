package history

import (
	"fmt"
	"slices"
	"time"

	"github.com/posternhq/postern/envelope"
)

// parking: where nobody can tell and parking was asked, what may have been
// sent is never sent again, and stands in a parked record. Where it can be
// told, or resending was asked, nothing is parked.
func (j *judge) parking(a *act) {
	if a.setsState() || a.Type == envelope.TypeRPC {
		return
	}
	mayPark := j.policy(a) == park && (j.guess() || j.promise.Window > 0)
	if len(a.parked) > 0 && !mayPark {
		j.broken(Parking, j.tell(a), name(a)+" was parked, where that is not to happen")
	}
	if len(a.parked) > 0 && !j.doubted(a) {
		j.broken(Parking, j.tell(a), name(a)+" was parked, and nothing stood in the way of knowing")
	}
	if j.policy(a) != park || !j.guess() || a.Type == envelope.TypeStream {
		return
	}
	for part := range a.Shows {
		var tries []Seen
		for _, s := range a.seen {
			if a.part(s) == part {
				tries = append(tries, s)
			}
		}
		if !j.parksOpen([]*act{a}, fmt.Sprintf("part %d of %s", part, name(a)), tries) {
			return
		}
	}
}

// parksOpen holds the requests for one thing to it: none comes after one that
// may have been taken, and that one is parked.
func (j *judge) parksOpen(acts []*act, what string, tries []Seen) bool {
	var open *Seen
	for i, s := range tries {
		if open != nil && j.fromTheFrozen(s, *open) {
			j.residue(Parking, j.tell(acts...), what+" was sent by a process that was frozen, when it woke")
		} else if open != nil {
			j.broken(Parking, j.tell(acts...), what+" was sent again after a request that may have been taken")
			return false
		}
		if unanswered(s) {
			open = &tries[i]
		}
	}
	parked := slices.ContainsFunc(acts, func(a *act) bool { return len(a.parked) > 0 || j.parkedUnder(a) })
	if open != nil && !parked {
		j.broken(Parking, j.tell(acts...), "nobody can tell whether "+what+" was taken, and it is not parked")
		return false
	}
	return true
}

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
		if slices.ContainsFunc(a.seen, func(s Seen) bool { return s.Answer != Given || unanswered(s) }) {
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

// away reports whether the platform was gone in a time. A request that was cut
// off on its way there was never seen.
func (j *judge) away(from, to time.Time) bool {
	return slices.ContainsFunc(j.faults, func(f Fault) bool {
		return f.Kind == PlatformGone && !f.until().Before(from) && !f.From.After(to)
	})
}

// unanswered reports whether the gateway cannot know what became of a request.
// One that was answered late may have been answered in time all the same.
func unanswered(s Seen) bool {
	return s.Answer == Lost || s.Answer == Hung || s.Answer == Given && s.Status >= 500 && !s.Again
}

// parkedUnder reports whether something of the same key is parked, or, where
// its entry's id is not known, anything is.
func (j *judge) parkedUnder(a *act) bool {
	for _, r := range j.Parked {
		if a.Key != "" && r.Key == a.Key || a.Key == "" && a.maybe() && j.byEntry[r.Entry] == nil {
			return true
		}
	}
	return false
}
