package history

import (
	"fmt"
	"slices"

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
