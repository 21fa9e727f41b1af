package delivery

import (
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/retry"
)

// Move is what to do after a part failed.
type Move int

// The moves.
const (
	Retry            Move = iota // the lane waits, then the same part again; an attempt
	ShutGate                     // a gate is shut for a while; not an attempt
	AwaitPlatform                // the whole platform waits; not an attempt
	AwaitCredentials             // as AwaitPlatform, and a person must act: the credentials were refused
	Deliver                      // it failed, and yet it is there
	Die                          // dead, with the error
	Expire                       // its time ran out before anything was sent
	ParkNow                      // it may be there, and parking was asked
)

// Step is a Move with its numbers.
type Step struct {
	Move   Move
	Wait   time.Duration // Retry, ShutGate: how long
	Gate   platform.Gate // ShutGate: how far it reaches
	Spared bool          // Retry: it counts as no attempt
}

// Trial is what After must know beside the error.
type Trial struct {
	Now       time.Time
	Attempts  int           // before this one
	Since     time.Time     // when it was published, or replayed
	RetryFor  time.Duration // from Since
	ExpiresAt time.Time     // zero = never
	Started   time.Time     // when the open part may first have been sent
	Nothing   bool          // nothing of it was sent before
	Failing   bool          // the platform fails in every lane: see Failing
	OnUnknown string
	Safe      Safety
	ReadBack  bool    // the platform can say whether it is there
	Jitter    float64 // in [0, 1)
}

// After says what to do about a part that failed.
//
//	sent yes                          it is there: deliver
//	invalid, unsupported, not_found,  dead at once
//	forbidden, too_large, conflict
//	sent unknown, again is safe       as its code says, under the same key
//	sent unknown, can be read back    as its code says, and then to look
//	sent unknown, else                park, or retry
//	rate_limited                      hold the gate
//	unavailable                       the platform waits
//	auth                              the platform waits for a person
//	transient and the rest            backoff; no attempt while all lanes fail
//
// What may be there stays "sending" until its next turn, and Wonder says then
// whether that is flagged.
func After(err *platform.Error, t Trial) Step {
	if err.Sent == platform.SentYes {
		return Step{Move: Deliver}
	}
	if Final(err.Code) {
		return Step{Move: Die}
	}
	doubtful := err.Sent == platform.SentUnknown && !t.ReadBack && !t.Safe.Holds(t.Started, t.Now)
	if doubtful && t.OnUnknown == envelope.UnknownPark {
		return Step{Move: ParkNow}
	}
	untouched := t.Nothing && err.Sent == platform.SentNo
	switch err.Code {
	case envelope.CodeRateLimited:
		if err.RetryAfter > 0 {
			return Step{Move: ShutGate, Wait: min(err.RetryAfter, retry.Most), Gate: err.Gate}
		}
	case envelope.CodeUnavailable:
		return Step{Move: AwaitPlatform}
	case envelope.CodeAuth:
		return Step{Move: AwaitCredentials}
	}
	wait := Backoff(t.Attempts, t.Jitter)
	if t.Failing {
		wait = time.Duration(t.Jitter * float64(failingWait))
	}
	if untouched && !t.ExpiresAt.IsZero() {
		left := t.ExpiresAt.Sub(t.Now)
		if left <= 0 {
			return Step{Move: Expire}
		}
		wait = min(wait, lastTries(left))
	}
	if !t.Failing && t.Now.Add(wait).After(t.Since.Add(t.RetryFor)) {
		return Step{Move: Die}
	}
	return Step{Move: Retry, Wait: wait, Spared: t.Failing}
}

// AfterLook says what to do about a look for a part that failed: it sent nothing.
// It is made again as After says, and not before the time that the platform
// names: what does not show yet may have one from which it does.
func AfterLook(err *platform.Error, t Trial) Step {
	step := After(&platform.Error{Code: err.Code, Sent: platform.SentNo, RetryAfter: err.RetryAfter, Gate: err.Gate}, t)
	if step.Move == Retry {
		step.Wait = max(step.Wait, min(err.RetryAfter, retry.Most))
	}
	return step
}

// lastTries is how long to wait at most when there is so much left: half of it,
// so that it is tried until it is over, and in the end all of it.
func lastTries(left time.Duration) time.Duration {
	if left > backoffFirst {
		return left / 2
	}
	return left
}

// Final reports whether an operation that failed with a code is dead at once:
// it would fail the same way again.
func Final(code envelope.Code) bool {
	switch code {
	case envelope.CodeInvalid, envelope.CodeUnsupported, envelope.CodeNotFound,
		envelope.CodeForbidden, envelope.CodeTooLarge, envelope.CodeConflict:
		return true
	}
	return false
}

// The backoff of a lane: 0.5 s, 1, 2, 4, 8, 16, 32, then 60 s each: 63.5 s
// over the first seven, some 1,450 attempts in 24 h. With jitter the waits are
// half of that on average, and the attempts twice as many.
const (
	backoffFirst = 500 * time.Millisecond
	backoffMost  = 60 * time.Second
)

// Backoff is how long to wait after attempts failed before, with full jitter:
// anything from nothing to the schedule's wait.
func Backoff(attempts int, jitter float64) time.Duration {
	wait := backoffMost
	if attempts < 7 {
		wait = backoffFirst << max(0, attempts)
	}
	return time.Duration(jitter * float64(wait))
}
