package delivery

import (
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Form is how a platform shows a stream.
type Form int

// The forms.
const (
	FormNone   Form = iota // not at all
	FormOnce               // as one message, when it is final
	FormEdits              // as a message and then edits of it
	FormNative             // as a stream
)

// FormOf reads the form from the platform's capabilities.
func FormOf(caps platform.Capabilities) Form {
	switch {
	case honoured(caps.Types[envelope.TypeStream]):
		return FormNative
	case !honoured(caps.Types[envelope.TypeMessage]):
		return FormNone
	case honoured(caps.Types[envelope.TypeEdit]):
		return FormEdits
	default:
		return FormOnce
	}
}

// Shown is a snapshot as its platform's adapter is told of it; made says
// whether the message is there already.
func (f Form) Shown(o *envelope.Outbound, made bool) *envelope.Outbound {
	if f == FormNative {
		return o
	}
	n := *o
	n.Type, n.StreamID, n.Seq, n.Final = envelope.TypeMessage, "", 0, false
	if made {
		n.Type, n.ReplyTo = envelope.TypeEdit, ""
	}
	return &n
}

// Safety says when applying a snapshot again makes nothing new: making the
// message is kept apart by the platform's key alone, replacing its text may
// set a state.
func (f Form) Safety(made bool, caps platform.Capabilities) Safety {
	t := envelope.TypeStream
	if f != FormNative {
		t = envelope.TypeEdit
	}
	s := SafetyOf(t, caps)
	s.StateOnly = s.StateOnly && made
	return s
}

// Snapshot is what the order of a stream's snapshots goes by.
type Snapshot struct {
	Seq   int64
	Final bool
	Blank bool // it brings no text: a final one that ends the stream as it stands
}

// Overtakes reports whether s takes the place of o, which has not been begun.
// A final one is exact: nothing takes its place. One without a text of its own
// needs the one before it.
func (s Snapshot) Overtakes(o Snapshot) bool {
	return !o.Final && !s.Blank && (s.Final || s.Seq > o.Seq)
}

// Yields reports whether s has no effect any more beside o, which will be
// applied or was.
func (s Snapshot) Yields(o Snapshot) bool { return !s.Final && o.Final || s.Precedes(o) }

// Precedes reports whether what s shows is older than what o does.
func (s Snapshot) Precedes(o Snapshot) bool { return !s.Final && s.Seq <= o.Seq }

// JudgeSnapshot says what to do with a snapshot, from its stream's claim as it
// was found: as Judge does, and
//
//	Overtaken  a newer one was begun
//	Elsewhere  its stream grows in another conversation
//
// What is behind the end of its stream is no conflict: it says nothing new.
func JudgeSnapshot(f Found, s Sender, snapshot Snapshot, now time.Time) Verdict {
	switch {
	case f.Foreign, !f.Stream:
		return Judge(f, s, now)
	case f.Ended && snapshot.Precedes(f.Begun):
		return Duplicate
	case f.Ended:
		return Judge(f, s, now)
	case f.Elsewhere:
		return Elsewhere
	case !f.Mine:
		return Overtaken
	default:
		return Judge(f, s, now)
	}
}
