package delivery

import "time"

// Account is the gate of the platform's whole account, before which all lanes
// wait where they stand. When it opens they follow one another gradually: all
// at once would only shut it again. The zero value is open.
//
// Who was refused tells nothing of how many may follow: from one on. What the
// adapter counts for itself it tells exactly, and time and again as long as there
// is more to send than may be sent: then as many are under way as the way there and
// back takes, or a part of what is allowed would be lost each time.
type Account struct {
	until    time.Time
	refused  bool      // by the platform, when it was shut last
	ramp     ramp      // after it
	narrowed time.Time // the until at which there was one too many
}

// Shut keeps it shut until then, or longer if that was said before.
func (a *Account) Shut(until time.Time) {
	if until.After(a.until) {
		a.until, a.refused = until, true
		a.ramp.begin(1, until)
	}
}

// Announced keeps it shut until then, or longer if that was said before: the
// adapter said so, and not the platform by refusing.
func (a *Account) Announced(until time.Time) {
	if until.After(a.until) {
		a.until, a.refused = until, false
		a.ramp.rest(until)
	}
}

// TooMany notes that one was let in that the adapter's count had no room for. It
// counts once until the gate opens.
func (a *Account) TooMany() {
	if !a.until.Equal(a.narrowed) {
		a.narrowed = a.until
		a.ramp.tooMany()
	}
}

// Shuts reports whether it is shut.
func (a *Account) Shuts(now time.Time) bool { return now.Before(a.until) }

// Passed notes that the platform took something, or refused it for a reason of
// its own. What was under way when it was refused says nothing about how many may
// be afterwards.
func (a *Account) Passed(now time.Time) {
	if !a.refused || !a.Shuts(now) {
		a.ramp.passed()
	}
}

// Allows reports whether one more operation may start, so many being under
// way; if not, until says when it opens, zero when one is back, or a second has
// passed.
func (a *Account) Allows(now time.Time, inFlight int) (ok bool, until time.Time) {
	if a.Shuts(now) {
		return false, a.until
	}
	most := a.ramp.most(now)
	return most == 0 || inFlight < most, time.Time{}
}
