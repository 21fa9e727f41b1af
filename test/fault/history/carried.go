package history

import (
	"slices"

	"github.com/posternhq/postern/envelope"
)

// carriedTo is the last place at which a request may finish a snapshot that was
// begun and overtaken; its own place, if it may not. Whoever comes to a later
// snapshot of the stream ends what was begun first, and what people see does not
// change by it: the text may have been there all the time. So all of this must
// hold:
//
//   - The snapshot is not the final one: nothing overtakes that.
//   - It was asked for before, and the platform took it or nobody can tell.
//     Shown for the first time, it is an old text behind newer messages.
//   - No receipt calls it delivered: what was ended is not carried on.
//   - The later snapshot was published by then.
func (j *judge) carriedTo(a *act, s Seen) id {
	ended := slices.ContainsFunc(a.receipts, func(r Receipt) bool { return r.Status == envelope.StatusDelivered })
	begun := slices.ContainsFunc(a.seen, func(before Seen) bool {
		return before.At.Before(s.At) && (before.Taken || unanswered(before))
	})
	to := a.hi
	if a.Type != envelope.TypeStream || a.Final || ended || !begun {
		return to
	}
	for _, later := range j.byKey[a.Key] {
		said := slices.ContainsFunc(later.said, func(said Said) bool { return !said.At.After(s.At) })
		if said && a.Seq < later.Seq && to.before(later.hi) {
			to = later.hi
		}
	}
	return to
}
