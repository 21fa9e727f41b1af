package platform

import (
	"errors"
	"fmt"
	"time"

	"github.com/posternhq/postern/envelope"
)

// Sent says whether the platform may have acted on a request that failed.
// Only SentNo is retried freely.
type Sent int8

// SentUnknown is the zero value: who says nothing, does not know.
const (
	SentUnknown Sent = iota
	SentNo
	SentYes
)

// String names the value for logs.
func (s Sent) String() string {
	return [...]string{"unknown", "no", "yes"}[s]
}

// Gate is how far a rate limit reaches.
type Gate int8

// The gates. A route is one method of the platform's API; a thread is for a
// platform that limits each thread by itself, and of what is in none the
// channel.
const (
	GateChannel Gate = iota
	GateRoute
	GateAccount
	GateThread
)

// String names the gate for logs.
func (g Gate) String() string {
	return [...]string{"channel", "route", "account", "thread"}[g]
}

// Error is how a Plan or a Do failed. Its message is shown to workers and
// kept in dead letters, so it bears no secret; Cause is for the log only.
type Error struct {
	Code       envelope.Code
	Sent       Sent
	Message    string
	Field      string        // the envelope's field at fault, if one is
	RetryAfter time.Duration // rate_limited: how long the gate stays shut; 0 = not said
	Gate       Gate          // rate_limited: how far it reaches
	Unasked    bool          // rate_limited: by the adapter's own count, so that it tells nothing of how the platform is
	Cause      error
}

// Error returns the code, the message and the cause.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Refused is an error about the operation itself: nothing was sent, and
// nothing ever will be.
func Refused(code envelope.Code, field, format string, args ...any) *Error {
	return &Error{Code: code, Sent: SentNo, Field: field, Message: fmt.Sprintf(format, args...)}
}

// TooSoon is an error by the adapter's own count of what its platform takes:
// nobody was asked, and the gate stays shut for so long.
func TooSoon(wait time.Duration, gate Gate, message string) *Error {
	return &Error{Code: envelope.CodeRateLimited, Sent: SentNo, Message: message, RetryAfter: wait, Gate: gate, Unasked: true}
}

// AsError returns err as an *Error. One that is none reads as "it may have
// been sent".
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: envelope.CodeUnknown, Sent: SentUnknown, Message: "the adapter failed without saying how", Cause: err}
}
