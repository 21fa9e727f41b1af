package webhook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/gatedhttp"
	"github.com/posternhq/postern/platform"
	"github.com/posternhq/postern/platform/retry"
)

// refusal classes an answer that is not 2xx:
//
//	429                        rate_limited, else transient without Retry-After
//	503 with Retry-After       rate_limited
//	408, 425                   transient: the receiver says it did not begin
//	other 5xx                  transient under the same webhook-id, else unknown
//	401, 403                   auth
//	404, 410 · 413 · the rest  not_found · too_large · invalid: dead
//
// Retry-After that lies in the past or cannot be read counts as absent; its date
// is by the receiver's clock, if the answer has a Date.
func (a *Adapter) refusal(r *http.Response, now time.Time) *platform.Error {
	e := &platform.Error{Sent: platform.SentNo, Message: fmt.Sprintf("%s answered %d %s",
		a.receiver(), r.StatusCode, http.StatusText(r.StatusCode))}
	wait := retry.After(r.Header, now)
	switch s := r.StatusCode; {
	case wait > 0 && (s == http.StatusTooManyRequests || s == http.StatusServiceUnavailable):
		e.Code, e.Gate, e.RetryAfter = envelope.CodeRateLimited, platform.GateChannel, wait
	case s == http.StatusTooManyRequests, s == http.StatusRequestTimeout, s == http.StatusTooEarly:
		e.Code = envelope.CodeTransient
	case s >= 500:
		e.Code, e.Sent = a.uncertain(), platform.SentUnknown
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		e.Code = envelope.CodeAuth
	case s == http.StatusNotFound, s == http.StatusGone:
		e.Code = envelope.CodeNotFound
	case s == http.StatusRequestEntityTooLarge:
		e.Code = envelope.CodeTooLarge
	case s >= 300 && s < 400:
		e.Code = envelope.CodeInvalid
		e.Message += "; redirects are not followed, so set url to where it points"
	default:
		e.Code = envelope.CodeInvalid
	}
	if r.StatusCode >= 400 {
		if said := a.excerpt(r); said != "" {
			e.Message += ": " + said
		}
	}
	return e
}

// noAnswer classes a request that got none. Before its first byte left,
// nothing can have happened; after it, only a receiver that knows the
// webhook-id makes a resend safe.
func (a *Adapter) noAnswer(ctx context.Context, g *gatedhttp.Gate, err error) *platform.Error {
	cause := gatedhttp.WithoutURL(err)
	if !g.Wrote() {
		if ended := platform.Permit(ctx); ended != nil {
			return noPermit(ended)
		}
		return &platform.Error{
			Code: envelope.CodeUnavailable, Sent: platform.SentNo,
			Message: fmt.Sprintf("%s could not be reached", a.receiver()), Cause: cause,
		}
	}
	e := &platform.Error{
		Code: a.uncertain(), Sent: platform.SentUnknown,
		Message: fmt.Sprintf("%s was sent the operation and did not answer", a.receiver()), Cause: cause,
	}
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		e.Message = fmt.Sprintf("%s did not answer within %v", a.receiver(), a.config.timeout)
	}
	return e
}

// uncertain is the code for what may have happened.
func (a *Adapter) uncertain() envelope.Code {
	if a.config.idempotent {
		return envelope.CodeTransient
	}
	return envelope.CodeUnknown
}

// noPermit: no byte left, because the right to send had ended before.
func noPermit(err error) *platform.Error {
	return &platform.Error{
		Code: envelope.CodeUnavailable, Sent: platform.SentNo,
		Message: "not sent: this node may not send any more", Cause: err,
	}
}

// receiver names the URL without its path, query and user, which may be
// credentials.
func (a *Adapter) receiver() string { return a.config.url.Scheme + "://" + a.config.url.Host }
