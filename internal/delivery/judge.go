package delivery

import (
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// poisonAt is how many unplanned take-overs in a row may find an entry
// halfway through the same part: one that crashes its node must not crash
// every node in turn.
const poisonAt = 3

// keyMargin is kept from the end of a platform's key window: our clock and
// the platform's are not the same.
const keyMargin = 5 * time.Second

// Found is an entry's claim as it was found.
type Found struct {
	Foreign   bool // the key holds something that is no claim
	Ended     bool
	Sending   bool // a part may be on its way
	Bidden    bool // sending: a person has asked for it to be sent again
	Mine      bool // this entry holds it
	Former    bool // it was last moved under another token than ours
	Digest    string
	StartedAt time.Time // sending: when that part may first have been sent
	Takeovers int
	Stream    bool     // it is a stream's
	Elsewhere bool     // the stream's, in another conversation
	Begun     Snapshot // of the stream, the last that was begun
}

// Sender is what the judgement must know of the entry and its platform.
type Sender struct {
	Digest     string
	OnConflict string
	OnUnknown  string // the envelope's, else the platform's
	Safe       Safety
	ReadBack   bool // the platform can say whether it is there
}

// Safety says when sending the same again makes nothing new.
type Safety struct {
	NativeKey bool
	Window    time.Duration // 0 with NativeKey = for ever
	StateOnly bool          // the operation sets a state: again is the same
}

// SafetyOf reads an operation's safety from the platform's capabilities.
func SafetyOf(t envelope.Type, caps platform.Capabilities) Safety {
	s := Safety{NativeKey: caps.NativeKey, Window: time.Duration(caps.KeyWindow * float64(time.Second))}
	for _, i := range caps.Idempotent {
		s.StateOnly = s.StateOnly || i == t
	}
	return s
}

// Holds reports whether what may have been sent since started can be sent
// again now without a second effect. A start in the future, by a clock that was
// set back, tells nothing of how much of the window is over.
func (s Safety) Holds(started, now time.Time) bool {
	if s.StateOnly || !s.NativeKey || s.Window == 0 {
		return s.StateOnly || s.NativeKey
	}
	spent := now.Sub(started)
	return -keyMargin < spent && spent < s.Window-keyMargin
}

// Verdict is what to do with an entry whose claim was looked at.
type Verdict int

// The verdicts.
const (
	Send      Verdict = iota // nothing is outstanding: send the next part
	SendAgain                // the open part may have been sent; again is safe
	Look                     // it may have been sent, and the platform can say
	Resend                   // it may have been sent and again may double it: do so, flagged
	Park                     // it may have been sent: leave it to a person
	Duplicate                // the key has ended already
	Conflict                 // it has, with other content, and that was to be told
	Wait                     // another entry holds the key: wait behind it
	Poison                   // it crashed too many owners
	Blocked                  // the claim's key is somebody else's
	Overtaken                // a snapshot: a newer one of its stream was begun
	Elsewhere                // a snapshot: its stream grows in another conversation
)

// Judge says what to do with an entry, from its claim as it was found.
func Judge(f Found, s Sender, now time.Time) Verdict {
	switch {
	case f.Foreign:
		return Blocked
	case !f.Mine && s.OnConflict == envelope.ConflictDead && !envelope.SameDigest(f.Digest, s.Digest):
		return Conflict
	case f.Ended, f.Stream && !f.Mine: // what a stream grows in is there already
		return Duplicate
	case !f.Mine:
		return Wait
	case !f.Sending:
		return Send
	case f.Former && f.Takeovers >= poisonAt:
		return Poison
	default:
		return Wonder(f, s, now)
	}
}

// Wonder says what to do about a part that may be there: to send it again
// where that makes nothing new, else to ask the platform, else what a person
// said, now or beforehand.
func Wonder(f Found, s Sender, now time.Time) Verdict {
	switch {
	case s.Safe.Holds(f.StartedAt, now):
		return SendAgain
	case s.ReadBack:
		return Look
	case s.OnUnknown == envelope.UnknownPark && !f.Bidden:
		return Park
	default:
		return Resend
	}
}
