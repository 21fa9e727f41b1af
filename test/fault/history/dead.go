package history

import (
	"fmt"
	"slices"

	"github.com/posternhq/postern/envelope"
)

// poisonAfter is how many processes must have ended halfway through the same
// part before it may be called poison.
const poisonAfter = 3

// unfounded says why a dead letter has no ground outside; "" if it has one.
func (j *judge) unfounded(a *act, letter Record) string {
	if a.Doomed {
		return ""
	}
	switch letter.Code {
	case envelope.CodeExpired:
		switch {
		case a.ExpiresAt.IsZero():
			return "it was good for ever"
		case a.any():
			return "something of it had been sent"
		case a.ExpiresAt.Sub(written(letter)) > j.promise.Skew+slack:
			return "it was still good"
		}
		return ""
	case envelope.CodeConflict:
		if a.Type == envelope.TypeStream {
			return j.oneConversation(a)
		}
		return j.firstContent(a)
	case envelope.CodeTargetFailed:
		return j.targetThere(a)
	case envelope.CodeNotFound:
		if a.Target != "" && letter.Field == "target_key" {
			return j.targetSaid(a, letter)
		}
	case envelope.CodePoison:
		if ended := j.losses(a.said[0].At, written(letter).Add(j.promise.Skew+slack)); ended < poisonAfter {
			return fmt.Sprintf("only %d times an owner can have lost it", ended)
		}
		return ""
	}
	for _, other := range j.group(a) {
		if slices.ContainsFunc(other.seen, func(s Seen) bool { return refusedForGood(s.Status) }) {
			return ""
		}
	}
	return "the platform never refused it for good"
}

// group is the operation and, of a snapshot, the others of its stream.
func (j *judge) group(a *act) []*act {
	if a.Type == envelope.TypeStream {
		return j.byKey[a.Key]
	}
	return []*act{a}
}

func refusedForGood(status int) bool {
	switch status {
	case 401, 403, 408, 425, 429:
		return false
	}
	return status >= 300 && status < 500
}

// targetThere says that a target is not so failed as a dead letter says.
func (j *judge) targetThere(a *act) string {
	for _, target := range j.byKey[a.Target] {
		if len(target.dead)+len(target.parked) > 0 || !target.whole() {
			return ""
		}
	}
	return fmt.Sprintf("its target %q was delivered", a.Target)
}

// targetSaid says that a target was published after all, and before.
func (j *judge) targetSaid(a *act, letter Record) string {
	for _, target := range j.byKey[a.Target] {
		for _, entry := range target.entries {
			if Before(entry, letter.Entry) {
				return fmt.Sprintf("its target %q was published before it", a.Target)
			}
		}
	}
	return ""
}

// firstContent says that there is no other content that its key can have had
// before: one that is there, or on record for a reason of its own.
func (j *judge) firstContent(a *act) string {
	if a.OnConflict != envelope.ConflictDead {
		return "that was not to be told"
	}
	for _, other := range j.byKey[a.Key] {
		if other != a && other.whole() || (other != a || a.maybe()) && len(other.records()) > 0 {
			return ""
		}
	}
	return "nothing else of its key is there, or on record"
}

// oneConversation says that a stream was in one conversation only.
func (j *judge) oneConversation(a *act) string {
	for _, other := range j.byKey[a.Key] {
		if other.Channel != a.Channel || other.Thread != a.Thread {
			return ""
		}
	}
	return "its stream is in no other conversation"
}
