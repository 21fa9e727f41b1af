package history

import (
	"fmt"
	"slices"

	"github.com/posternhq/postern/envelope"
)

// invention: nothing is seen, receipted or on record that nobody published.
func (j *judge) invention() {
	for _, s := range j.Seen {
		a := j.of(s)
		switch {
		case a == nil:
			j.broken(Invention, []string{told(s)}, fmt.Sprintf("the platform was sent %q in %s/%s, and nobody said it", s.Show, s.Channel, s.Thread))
		case s.Asked != "" && s.Asked != a.Key:
			j.broken(Invention, j.tell(a), fmt.Sprintf("the platform was told the key %q, the worker's is %q", s.Asked, a.Key))
		case s.For != "" && !j.made(a, s.For):
			j.broken(Invention, j.tell(a), fmt.Sprintf("%s was done to %q, which is another message", name(a), s.For))
		}
	}
	for _, r := range j.Receipts {
		j.stranger("a receipt", r.EntryID, r.MessageKey, r.Status)
	}
	for _, r := range j.Dead {
		j.stranger("a dead letter", r.Entry, r.Key, envelope.StatusDead)
	}
	for _, r := range j.Parked {
		j.stranger("a parked record", r.Entry, r.Key, envelope.StatusParked)
	}
	for _, entry := range j.Left {
		if j.byEntry[entry] == nil && len(j.maybes) == 0 {
			j.broken(Invention, nil, fmt.Sprintf("entry %s stands in the stream, and nobody published it", entry))
		} else if j.byEntry[entry] == nil {
			j.broken(Loss, nil, fmt.Sprintf("entry %s is still in the stream when nothing moves any more", entry))
		}
	}
}

// made reports whether the platform gave this id to what an operation is about:
// its target, or its own stream.
func (j *judge) made(a *act, id string) bool {
	about := j.byKey[a.Target]
	if a.Type == envelope.TypeStream {
		about = j.byKey[a.Key]
	}
	for _, target := range about {
		if slices.ContainsFunc(target.seen, func(s Seen) bool { return s.MessageID == id }) {
			return true
		}
	}
	return false
}

// stranger says so if an entry is none that was, or may have been, published.
func (j *judge) stranger(what, entry, key string, status envelope.Status) {
	if j.byEntry[entry] == nil && !j.maybes[key] {
		j.broken(Invention, nil, fmt.Sprintf("there is %s (%s) for entry %s, key %q, which nobody published", what, status, entry, key))
	}
}
