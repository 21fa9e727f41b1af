package history

import (
	"fmt"

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
	if j.policy(a) != park || !j.guess() || a.Type == envelope.TypeStream {
		return
	}
	for part := range a.Shows {
		var open *Seen
		for i, s := range a.seen {
			if a.part(s) != part {
				continue
			}
			if open != nil && !j.fromTheFrozen(*open, s) {
				j.broken(Parking, j.tell(a), fmt.Sprintf("part %d of %s was sent again after a request that may have been taken", part, name(a)))
				return
			}
			if unanswered(s) {
				open = &a.seen[i]
			}
		}
		if open != nil && len(a.parked) == 0 && !j.parkedUnder(a) {
			j.broken(Parking, j.tell(a), fmt.Sprintf("nobody can tell whether part %d of %s was taken, and it is not parked", part, name(a)))
			return
		}
	}
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
