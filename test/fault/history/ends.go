package history

import (
	"fmt"
	"slices"

	"github.com/posternhq/postern/envelope"
)

// ends holds every entry of an operation to its one end: what its receipt
// says, or, without one, what else shows where it went.
func (j *judge) ends(a *act) {
	for _, entry := range a.entries {
		switch {
		case j.left[entry]:
			j.broken(Loss, j.tell(a), fmt.Sprintf("entry %s is still in the stream when nothing moves any more", entry))
		case a.Type == envelope.TypeRPC: // its reply tells
		case a.Receipt:
			j.receipt(a, entry)
		default:
			j.traceless(a, entry)
		}
		if records := count(a.dead, entry) + count(a.parked, entry); records > 1 {
			j.broken(Truth, j.tell(a), fmt.Sprintf("entry %s has %d dead letters and parked records", entry, records))
		}
	}
	j.oneDelivery(a)
}

// oneDelivery: one of the entries that say the same is delivered, and the
// others are its duplicates.
func (j *judge) oneDelivery(a *act) {
	delivered := make(map[string]bool)
	for _, r := range a.receipts {
		if r.Status == envelope.StatusDelivered {
			delivered[r.EntryID] = true
		}
	}
	if len(delivered) > 1 && a.Key != "" {
		j.broken(Truth, j.tell(a), fmt.Sprintf("%d entries of %s are receipted as delivered", len(delivered), name(a)))
	}
}

// receipt checks the one receipt of an entry.
func (j *judge) receipt(a *act, entry string) {
	var got []Receipt
	for _, r := range a.receipts {
		if r.EntryID == entry {
			got = append(got, r)
		}
	}
	switch {
	case len(got) > 0 && got[0].MessageKey != a.Key:
		j.broken(Truth, j.tell(a), fmt.Sprintf("the receipt of entry %s names the key %q", entry, got[0].MessageKey))
	case len(got) > 0 && !a.askedFor(got[0].EntryID, got[0].List):
		j.broken(Truth, j.tell(a), fmt.Sprintf("the receipt of entry %s is in the list %q, which is another's", entry, got[0].List))
	case len(got) == 0:
		j.broken(Loss, j.tell(a), fmt.Sprintf("entry %s asked for a receipt and got none", entry))
		return
	case len(got) > 1 && (!j.promise.AtLeastOnceReceipts || slices.ContainsFunc(got, func(r Receipt) bool { return !same(r, got[0]) })):
		j.broken(Truth, j.tell(a), fmt.Sprintf("entry %s got %d receipts", entry, len(got)))
	}
	if lie := j.lie(a, got[0]); lie != "" {
		j.broken(Truth, j.tell(a), fmt.Sprintf("the receipt of entry %s says %s, and %s", entry, got[0].Status, lie))
	}
}

// askedFor reports whether a receipt of an entry is to be in a list.
func (a *act) askedFor(entry, list string) bool {
	return slices.ContainsFunc(a.said, func(s Said) bool { return s.Entry == entry && s.List == list })
}

func same(a, b Receipt) bool {
	return a.List == b.List && a.Status == b.Status && a.PossibleDuplicate == b.PossibleDuplicate && slices.Equal(a.MessageIDs, b.MessageIDs)
}

// lie says how a receipt differs from what happened; "" if it does not.
func (j *judge) lie(a *act, r Receipt) string {
	dead, parked := find(a.dead, r.EntryID), find(a.parked, r.EntryID)
	if r.Status != envelope.StatusDead && r.Status != envelope.StatusExpired && dead != nil {
		return "there is a dead letter of it"
	}
	if r.Status != envelope.StatusParked && parked != nil {
		return "there is a parked record of it"
	}
	switch r.Status {
	case envelope.StatusDelivered:
		return j.undelivered(a, r)
	case envelope.StatusDuplicate:
		return j.first(a, r)
	case envelope.StatusSuperseded:
		if !overtakable(a) {
			return "nothing can take its place"
		}
	case envelope.StatusParked:
		if parked == nil {
			return "there is no parked record"
		}
	case envelope.StatusExpired, envelope.StatusDead:
		return j.died(a, r, dead)
	default:
		return "there is no such status"
	}
	return ""
}

// undelivered says what of a delivered operation is not there.
func (j *judge) undelivered(a *act, r Receipt) string {
	if a.parts() > 0 && len(r.MessageIDs) != a.parts() {
		return fmt.Sprintf("it names %d message ids for %d parts", len(r.MessageIDs), a.parts())
	}
	for part := range a.parts() {
		ids := a.taken(part)
		if len(ids) == 0 {
			return fmt.Sprintf("part %d was never taken by the platform", part)
		}
		if !slices.Contains(ids, r.MessageIDs[part]) {
			return fmt.Sprintf("the platform gave part %d the id %q, not %q", part, ids[0], r.MessageIDs[part])
		}
	}
	return ""
}

// first says what is wrong with a duplicate: there must be one that came
// before it, and what it says is the first one's.
func (j *judge) first(a *act, r Receipt) string {
	if a.Key == "" {
		return "it has no key that another one could have had"
	}
	published := 0
	for _, other := range j.byKey[a.Key] {
		published += len(other.said)
	}
	if published < 2 {
		return "nothing else was published under its key"
	}
	if a.Type == envelope.TypeStream {
		return ""
	}
	why := "nothing of its key is there, or on record with that error"
	for _, other := range j.byKey[a.Key] {
		switch {
		case r.Error != nil && slices.ContainsFunc(other.records(), func(ended Record) bool { return ended.Code == "" || ended.Code == r.Error.Code }):
			return ""
		case r.Error == nil && other.any():
			if why = j.undelivered(other, r); why == "" {
				return ""
			}
		}
	}
	return why
}

// died says what is wrong with a dead or expired entry.
func (j *judge) died(a *act, r Receipt, letter *Record) string {
	switch {
	case letter == nil:
		return "there is no dead letter"
	case r.Error == nil:
		return "it does not say why"
	case r.Error.Code != letter.Code:
		return fmt.Sprintf("its code is %s, the dead letter's %s", r.Error.Code, letter.Code)
	}
	return j.unfounded(a, *letter)
}

// traceless accounts for an entry that asked for no receipt.
func (j *judge) traceless(a *act, entry string) {
	if letter := find(a.dead, entry); letter != nil {
		if lie := j.unfounded(a, *letter); lie != "" {
			j.broken(Truth, j.tell(a), fmt.Sprintf("entry %s is dead (%s), and %s", entry, letter.Code, lie))
		}
		return
	}
	if find(a.parked, entry) != nil || a.whole() || overtakable(a) {
		return
	}
	for _, other := range j.byKey[a.Key] {
		if a.Key != "" && (len(other.said) > 1 || other != a) && (other.whole() || len(other.records()) > 0) {
			return // a duplicate of that one
		}
	}
	j.broken(Loss, j.tell(a), fmt.Sprintf("entry %s is gone from the stream, and nothing shows where", entry))
}

// overtakable reports whether something newer may take its place.
func overtakable(a *act) bool {
	return a.Type == envelope.TypeTyping || a.Type == envelope.TypePresence || a.Type == envelope.TypeStream && !a.Final
}

func count(records []Record, entry string) (n int) {
	for _, r := range records {
		if r.Entry == entry {
			n++
		}
	}
	return n
}

func find(records []Record, entry string) *Record {
	for i := range records {
		if records[i].Entry == entry {
			return &records[i]
		}
	}
	return nil
}
