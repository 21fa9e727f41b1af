package fault

import (
	"fmt"
	"net/http"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/retry"
)

// unavailable is a failure before the first byte.
func unavailable(message string, cause error) *platform.Error {
	return &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: message, Cause: cause}
}

// refusal classes an answer that is not 200. unknown is the code of what may
// have been taken: only a 5xx without a Retry-After says nothing about that.
func refusal(r *http.Response, unknown envelope.Code) *platform.Error {
	e := &platform.Error{Sent: platform.SentNo, Message: fmt.Sprintf("the platform answered %d", r.StatusCode)}
	wait := retry.After(r.Header, time.Now())
	switch s := r.StatusCode; {
	case wait > 0 && (s == http.StatusTooManyRequests || s == http.StatusServiceUnavailable):
		e.Code, e.Gate, e.RetryAfter = envelope.CodeRateLimited, platform.GateChannel, wait
	case s == http.StatusTooManyRequests:
		e.Code = envelope.CodeTransient
	case s >= http.StatusInternalServerError:
		e.Code, e.Sent = unknown, platform.SentUnknown
	case s == http.StatusUnauthorized:
		e.Code = envelope.CodeAuth
	default:
		e.Code = envelope.CodeInvalid
	}
	return e
}
