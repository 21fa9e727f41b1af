package delivery

import "time"

// Account is the gate of the platform's whole account, before which all lanes
// wait where they stand. When it opens they follow one another gradually: all
// at once would only shut it again. The zero value is open.
type Account struct {
	until time.Time
	ramp  ramp // after it
}

// Shut keeps it shut until then, or longer if that was said before.
func (a *Account) Shut(until time.Time) {
	if until.After(a.until) {
		a.until = until
		a.ramp.begin(1, until)
	}
}

// Shuts reports whether it is shut.
func (a *Account) Shuts(now time.Time) bool { return now.Before(a.until) }

// Passed notes that the platform took something, or refused it for a reason of
// its own. What was under way when it was shut says nothing about how many may
// be afterwards.
func (a *Account) Passed(now time.Time) {
	if !a.Shuts(now) {
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
