package history

import (
	"cmp"
	"slices"

	"github.com/posternhq/postern/envelope"
)

// judge is a history, found again from every side.
type judge struct {
	History
	promise Promise
	report  Report

	acts    []*act
	byShow  map[show]*act
	byEntry map[string]*act
	byKey   map[string][]*act // RPCs are not among them
	maybes  map[string]bool   // keys, "" among them, of which an XADD's answer was lost
	left    map[string]bool
	faults  []Fault // by when they began

	forgiven map[waking]Seen // the one late write of each freeze in each conversation
}

// show is what a request shows, and where.
type show struct{ channel, thread, what string }

// act is one operation, however often it was published.
type act struct {
	*Operation
	said     []Said
	entries  []string // those known
	lo, hi   id       // where in the stream it stands: not before lo, not after hi
	seen     []Seen
	receipts []Receipt
	dead     []Record
	parked   []Record
}

func newJudge(h History, p Promise) *judge {
	j := &judge{
		History: h, promise: p,
		byShow: make(map[show]*act), byEntry: make(map[string]*act), byKey: make(map[string][]*act),
		maybes: make(map[string]bool), left: make(map[string]bool), forgiven: make(map[waking]Seen),
		faults: slices.SortedFunc(slices.Values(h.Faults), func(a, b Fault) int { return a.From.Compare(b.From) }),
	}
	for _, entry := range h.Left {
		j.left[entry] = true
	}
	j.indexSaid()
	for _, a := range j.acts {
		a.place()
	}
	for _, s := range h.Seen {
		if a := j.of(s); a != nil {
			a.seen = append(a.seen, s)
		}
	}
	for _, r := range h.Receipts {
		if a := j.byEntry[r.EntryID]; a != nil {
			a.receipts = append(a.receipts, r)
		}
	}
	for _, r := range h.Dead {
		if a := j.byEntry[r.Entry]; a != nil {
			a.dead = append(a.dead, r)
		}
	}
	for _, r := range h.Parked {
		if a := j.byEntry[r.Entry]; a != nil {
			a.parked = append(a.parked, r)
		}
	}
	for _, a := range j.acts {
		j.delay(a)
	}
	return j
}

func (j *judge) indexSaid() {
	known := make(map[*Operation]*act)
	for _, s := range j.Said {
		a := known[s.Operation]
		if a == nil {
			a = &act{Operation: s.Operation}
			known[s.Operation] = a
			j.acts = append(j.acts, a)
			if s.Key != "" && s.Type != envelope.TypeRPC {
				j.byKey[s.Key] = append(j.byKey[s.Key], a)
			}
			for _, what := range s.Shows {
				j.byShow[show{s.Channel, s.Thread, what}] = a
			}
		}
		a.said = append(a.said, s)
		if s.Entry == "" {
			j.maybes[s.Key] = true
			continue
		}
		a.entries = append(a.entries, s.Entry)
		j.byEntry[s.Entry] = a
	}
	j.settleMaybes()
}

// settleMaybes gives an entry that no XADD's answer named, and that a receipt
// or record does, to the operation that may have published it.
func (j *judge) settleMaybes() {
	adopt := func(entry, key string) {
		if j.byEntry[entry] != nil || !j.maybes[key] || key == "" {
			return
		}
		acts := j.byKey[key]
		if i := slices.IndexFunc(acts, (*act).maybe); i >= 0 {
			j.byEntry[entry] = acts[i]
		}
	}
	for _, r := range j.Receipts {
		adopt(r.EntryID, r.MessageKey)
	}
	for _, r := range j.Dead {
		adopt(r.Entry, r.Key)
	}
	for _, r := range j.Parked {
		adopt(r.Entry, r.Key)
	}
}

// maybe reports whether an answer to its XADD was lost.
func (a *act) maybe() bool {
	return slices.ContainsFunc(a.said, func(s Said) bool { return s.Entry == "" })
}

// place says where in the stream an operation stands. Of several entries the
// lowest counts: it gets to the claim first.
func (a *act) place() {
	a.lo, a.hi = last, last
	for _, s := range a.said {
		entry, known := parseID(s.Entry)
		lo := entry
		if !known {
			lo = first
			if after, ok := parseID(s.After); ok {
				lo = after.next()
			}
		} else if !s.Again && entry.before(a.hi) {
			a.hi = entry
		}
		if lo.before(a.lo) {
			a.lo = lo
		}
	}
}

// of is the operation that a request is about, or nil.
func (j *judge) of(s Seen) *act { return j.byShow[show{s.Channel, s.Thread, s.Show}] }

// part is the place of a request's part among those of its operation.
func (a *act) part(s Seen) int {
	if a.Type == envelope.TypeDelete {
		return s.Part
	}
	return slices.Index(a.Shows, s.Show)
}

// parts is how many parts an operation has: a delete has as many as what it
// deletes, and the platform was told.
func (a *act) parts() int {
	if a.Type == envelope.TypeDelete && len(a.seen) > 0 {
		return a.seen[len(a.seen)-1].Count
	}
	return len(a.Shows)
}

// taken are the platform's ids of one part, in the order in which they were taken in; none, if
// it is not there.
func (a *act) taken(part int) []string {
	var ids []string
	for _, s := range a.seen {
		if s.Taken && a.part(s) == part {
			ids = append(ids, s.MessageID)
		}
	}
	return ids
}

// whole reports whether every part is there; never so of what can only be refused.
func (a *act) whole() bool {
	if a.Doomed {
		return false
	}
	for part := range a.parts() {
		if len(a.taken(part)) == 0 {
			return false
		}
	}
	return true
}

// records are those of an operation that its key has ended with: a conflict is
// the later content's end, and the key is the first one's.
func (a *act) records() []Record {
	return slices.DeleteFunc(slices.Concat(a.dead, a.parked), func(r Record) bool { return r.Code == envelope.CodeConflict })
}

// any reports whether anything of it is there.
func (a *act) any() bool { return slices.ContainsFunc(a.seen, func(s Seen) bool { return s.Taken }) }

// setsState reports whether doing it again changes nothing.
func (a *act) setsState() bool {
	return a.Type == envelope.TypeEdit || a.Type == envelope.TypeDelete || a.Type == envelope.TypeReaction
}

// policy is what was asked for when nobody can tell.
func (j *judge) policy(a *act) string { return cmp.Or(a.OnUnknown, j.promise.OnUnknown, resend) }

// guess reports whether the platform leaves nothing but that policy: no key
// that holds, no way to look.
func (j *judge) guess() bool { return !j.promise.NativeKey && !j.promise.ReadBack }

// flagged reports whether some receipt says that it may be there twice. Of an
// entry without a key that no XADD's answer named, the ids of its messages tell
// which receipt is its own.
func (j *judge) flagged(a *act) bool {
	says := func(r Receipt) bool { return r.PossibleDuplicate }
	if slices.ContainsFunc(a.receipts, says) {
		return true
	}
	return a.Key == "" && a.maybe() && slices.ContainsFunc(j.Receipts, func(r Receipt) bool {
		return says(r) && j.byEntry[r.EntryID] == nil && a.made(r.MessageIDs)
	})
}

// made reports whether one of some messages is its own.
func (a *act) made(messages []string) bool {
	return slices.ContainsFunc(a.seen, func(s Seen) bool { return s.Effect && slices.Contains(messages, s.MessageID) })
}
