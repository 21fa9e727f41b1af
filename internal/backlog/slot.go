package backlog

import (
	"cmp"

	"github.com/posternhq/postern/internal/bus"
)

// slot is where an entry that was put aside comes in: where one published at
// its due would stand, or where it was published, whichever is later: ids run
// ahead of a Redis clock that was set back, and it is never before its own.
type slot struct {
	due int64 // ms
	id  bus.ID
}

func (s slot) at() int64 { return max(s.due, int64(s.id.MS)) }

// before is the order of slots: of the same one, as they were published.
func (s slot) before(other slot) bool {
	return cmp.Or(cmp.Compare(s.at(), other.at()), s.id.Compare(other.id)) < 0
}

func (s slot) dueBefore(other slot) bool {
	return cmp.Or(cmp.Compare(s.due, other.due), s.id.Compare(other.id)) < 0
}

// precedes reports whether the slot is before an entry published under id.
func (s slot) precedes(id bus.ID) bool {
	return cmp.Or(cmp.Compare(s.at(), int64(id.MS)), s.id.Compare(id)) < 0
}
