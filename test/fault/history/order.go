package history

import (
	"fmt"

	"github.com/posternhq/postern/envelope"
)

// conversation is an address, and how far it is.
type conversation struct {
	front *act // of what was shown, the one that stands last in the stream
}

// order holds what was shown in each address to the order of publishing: over
// parts, retries, edits and nodes. Where an answer to XADD was lost, an
// operation's place is a range, and only what is certain counts.
func (j *judge) order() {
	conversations := make(map[[2]string]*conversation)
	parts := make(map[*act]int) // shown so far
	for _, s := range j.Seen {
		a := j.of(s)
		if a == nil || !s.Effect {
			continue
		}
		lo, hi := j.span(a)
		address := [2]string{s.Channel, s.Thread}
		c := conversations[address]
		if c == nil {
			c = &conversation{}
			conversations[address] = c
		}
		if c.front != nil && c.front != a {
			if frontLo, _ := j.span(c.front); hi.before(frontLo) && j.carriedTo(a, s).before(frontLo) {
				what := fmt.Sprintf("%s was shown after %s, which was published behind it", name(a), name(c.front))
				if j.fromTheFrozen(s, j.overtook(a, s)...) {
					j.residue(Order, j.tell(a, c.front), what+": a process that was frozen wrote when it woke")
				} else {
					j.broken(Order, j.tell(a, c.front), what)
				}
				continue
			}
		}
		if part := a.part(s); part > parts[a] {
			j.broken(Order, j.tell(a), fmt.Sprintf("part %d of %s was shown before part %d", part, name(a), parts[a]))
		} else if part == parts[a] {
			parts[a]++
		}
		if j.ahead(lo, c) {
			c.front = a
		}
		j.afterTarget(a, s)
	}
}

// overtook is what was shown in a conversation before a request for what stands
// before it.
func (j *judge) overtook(a *act, s Seen) (by []Seen) {
	_, hi := j.span(a)
	for _, before := range j.Seen {
		if !before.Effect || before.Channel != s.Channel || before.Thread != s.Thread || before.At.After(s.At) {
			continue
		}
		if other := j.of(before); other != nil && other != a {
			if lo, _ := j.span(other); hi.before(lo) {
				by = append(by, before)
			}
		}
	}
	return by
}

// ahead reports whether lo is behind everything that a conversation has shown.
func (j *judge) ahead(lo id, c *conversation) bool {
	if c.front == nil {
		return true
	}
	front, _ := j.span(c.front)
	return front.before(lo)
}

// span is an operation's place. A snapshot may stand at the place of any
// earlier one of its stream. What names a stream or something not yet due waits
// for it, in nobody's way.
func (j *judge) span(a *act) (lo, hi id) {
	lo, hi = a.lo, a.hi
	if a.Type == envelope.TypeStream {
		for _, other := range j.byKey[a.Key] {
			if other.lo.before(lo) {
				lo = other.lo
			}
		}
	}
	for _, target := range j.byKey[a.Target] {
		if a.Target != "" && (target.Type == envelope.TypeStream || !target.NotBefore.IsZero()) {
			hi = last
		}
	}
	return lo, hi
}

// afterTarget: what is about a message comes after all of it.
func (j *judge) afterTarget(a *act, s Seen) {
	if a.Target == "" {
		return
	}
	for _, target := range j.byKey[a.Target] {
		for _, t := range target.seen {
			if !t.Effect || !t.At.After(s.At) || target.Type == envelope.TypeStream || j.again(target, t) {
				continue
			}
			what := fmt.Sprintf("%s was shown before all of %s, which it is about", name(a), name(target))
			if j.fromTheFrozen(t, s) {
				j.residue(Order, j.tell(a, target), what+": a process that was frozen wrote when it woke")
			} else {
				j.broken(Order, j.tell(a, target), what)
			}
			return
		}
	}
}

// again reports whether a request repeats a part that was there before.
func (j *judge) again(a *act, s Seen) bool {
	for _, before := range a.seen {
		if before.At.Before(s.At) && before.Taken && a.part(before) == a.part(s) {
			return true
		}
	}
	return false
}
