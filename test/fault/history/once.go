package history

import (
	"fmt"
	"time"

	"github.com/posternhq/postern/envelope"
)

// keyMargin is how much earlier than at its end a key's window is no longer
// relied on, and may have been.
const keyMargin = 6 * time.Second

// once holds each part of a message to one effect. What sets a state may be
// done again; snapshots are a stream's, see streams.
func (j *judge) once(a *act) {
	if a.setsState() || a.Type == envelope.TypeStream {
		return
	}
	for part := range a.Shows {
		var effects []Seen
		for _, s := range a.seen {
			if s.Effect && a.part(s) == part {
				effects = append(effects, s)
			}
		}
		j.onlyOne([]*act{a}, fmt.Sprintf("part %d of %s", part, name(a)), effects, j.flagged(a), a.Receipt)
	}
}

// onlyOne judges what took effect more than once.
func (j *judge) onlyOne(acts []*act, what string, effects []Seen, flagged, asked bool) {
	if len(effects) < 2 {
		return
	}
	p := j.promise
	says := fmt.Sprintf("%s took effect %d times", what, len(effects))
	for i, s := range effects[1:] {
		before := effects[i]
		switch {
		case j.fromTheFrozen(s, effects[:i+1]...):
			j.residue(Once, j.tell(acts...), says+": a process that was frozen wrote when it woke")
			continue
		case p.NativeKey && (p.Window == 0 || s.At.Sub(before.At) < p.Window):
			j.broken(Once, j.tell(acts...), says+" under different keys, or a key was not honoured")
		case p.NativeKey && s.At.Sub(before.At) < p.Window-keyMargin:
			j.broken(Once, j.tell(acts...), says)
		case p.ReadBack:
			j.broken(Once, j.tell(acts...), says+", on a platform that can be asked")
		case j.policy(acts[0]) == park:
			j.broken(Once, j.tell(acts...), says+", and parking was asked")
		case !j.doubtful(before, s):
			j.broken(Once, j.tell(acts...), says+", and nothing stood in the way of knowing the first")
		case asked && !flagged:
			j.broken(Flagging, j.tell(acts...), says+", and no receipt says possible_duplicate")
		default:
			continue
		}
		return
	}
}

// doubtful reports whether something happened at the first of two requests, or
// between them, that kept who made it from knowing its answer.
func (j *judge) doubtful(before, again Seen) bool {
	return before.inDoubt() || j.lostIts(before.Node, before.At, again.At)
}

// conflicts: of several contents under one key, one is seen.
func (j *judge) conflicts() {
	for _, a := range j.acts {
		acts := j.byKey[a.Key]
		if a.Key == "" || len(acts) < 2 || acts[0] != a || a.Type == envelope.TypeStream {
			continue
		}
		var there []*act
		for _, other := range acts {
			if other.any() {
				there = append(there, other)
			}
		}
		if len(there) > 1 {
			j.broken(Once, j.tell(there...), fmt.Sprintf("%d different contents of the key %q were shown", len(there), a.Key))
		}
	}
}
