package webhook

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/respond"
	"github.com/posternhq/postern/platform"
)

// hookError is an answer to a posted event that was not taken.
type hookError struct {
	status int
	why    envelope.Error
}

func refuse(status int, code envelope.Code, field, format string, args ...any) *hookError {
	return &hookError{status, envelope.Error{Code: code, Field: field, Message: fmt.Sprintf(format, args...)}}
}

// ServeHook takes one event as JSON. It answers 202 only after the event is
// recorded; a sender that sees anything else may send it again under the same
// webhook-id or event_id, and it is published once.
func (a *Adapter) ServeHook(w http.ResponseWriter, r *http.Request) {
	id, err := a.take(w, r)
	if err != nil {
		if err.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", http.MethodPost)
		}
		if err.status == http.StatusServiceUnavailable {
			err.why.RetryAfter = 1
		}
		respond.Error(w, err.status, err.why)
		return
	}
	respond.JSON(w, http.StatusAccepted, map[string]any{"event_id": id})
}

// take runs one request from its headers to the record.
func (a *Adapter) take(w http.ResponseWriter, r *http.Request) (eventID string, _ *hookError) {
	host := a.host.Load()
	if host == nil {
		return "", refuse(http.StatusServiceUnavailable, envelope.CodeUnavailable, "", "this platform is not open on this node; send it again")
	}
	if r.Method != http.MethodPost {
		return "", refuse(http.StatusMethodNotAllowed, envelope.CodeInvalid, "", "events are posted; %s is not taken", r.Method)
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return "", refuse(http.StatusUnsupportedMediaType, envelope.CodeInvalid, "", "expected content-type application/json")
	}
	if a.config.secret == nil {
		if err := unsignedAllowed(r); err != nil {
			return "", err
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return "", refuse(http.StatusRequestEntityTooLarge, envelope.CodeTooLarge, "", "an event may have at most %d bytes", maxEvent)
		}
		return "", refuse(http.StatusBadRequest, envelope.CodeInvalid, "", "the body broke off")
	}
	if a.config.secret != nil {
		if err := verify(a.config.secret, r.Header, body, host.Now()); err != nil {
			return "", refuse(http.StatusUnauthorized, envelope.CodeAuth, "", "%v", err)
		}
	}
	event, bad := decode(body, r.Header.Get(headerID))
	if bad != nil {
		return "", &hookError{http.StatusBadRequest, *bad}
	}
	if event.Timestamp == 0 {
		event.Timestamp = float64(host.Now().UnixMilli()) / 1000
	}
	if err := host.Publish(r.Context(), event, ""); err != nil {
		host.Log().Warn("a posted event could not be recorded; its sender was told to send it again",
			"event_id", event.EventID, "error", err)
		return "", refuse(http.StatusServiceUnavailable, envelope.CodeUnavailable, "", "the event could not be recorded; send it again")
	}
	return event.EventID, nil
}

// unsignedAllowed: without a secret, only a program on this machine may post,
// so the listener must be on loopback and the connection too. A browser there
// runs other people's pages; it says so by Origin.
func unsignedAllowed(r *http.Request) *hookError {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok || !isLoopback(local) || !platform.HookLocal(r.Context()) {
		return refuse(http.StatusForbidden, envelope.CodeAuth, "",
			"this platform has no secret, so events are taken only where the gateway listens on loopback; give it secret_env and sign them")
	}
	if r.Header.Get("Origin") != "" {
		return refuse(http.StatusForbidden, envelope.CodeAuth, "", "unsigned events are not taken from a browser")
	}
	return nil
}

func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
