package api

import (
	"bufio"
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/respond"
)

// requestID is what is taken for a request's id from outside: it goes into
// logs and headers.
var requestID = regexp.MustCompile(`^[A-Za-z0-9._~:+/=@-]{1,128}$`)

// request is what is known of a request on its way.
type request struct {
	id    string
	token string // the name of the token that it bears; set by Guard
}

type requestKey struct{}

// of returns what is known of r. Outside Observe nothing is.
func of(r *http.Request) *request {
	if known, ok := r.Context().Value(requestKey{}).(*request); ok {
		return known
	}
	return &request{}
}

// Observe gives each request an id, its own or a fresh one, says at debug what
// became of it, and answers a handler that panics with 500. Paths are logged
// without their queries, which may bear signatures.
func Observe(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		about := &request{id: r.Header.Get(respond.RequestID)}
		if !requestID.MatchString(about.id) {
			about.id = rand.Text()
		}
		w.Header().Set(respond.RequestID, about.id)
		seen := &observed{ResponseWriter: w}
		start := time.Now()
		defer func() {
			what := recover()
			cut := what != nil && (what == http.ErrAbortHandler || seen.status != 0) //nolint:errorlint // a panic's value
			if what != nil && what != http.ErrAbortHandler {                         //nolint:errorlint // as above
				log.Error("a handler panicked", "request_id", about.id, "method", r.Method, "path", r.URL.Path, "panic", what, "stack", string(debug.Stack()))
				if !cut {
					respond.Refuse(seen, http.StatusInternalServerError, envelope.CodeInternal, "something went wrong here; the log has it under this request_id")
				}
			}
			log.Debug("request", "request_id", about.id, "method", r.Method, "path", r.URL.Path, "status", seen.status,
				"bytes", seen.bytes, "took", time.Since(start).Round(time.Microsecond), "remote", r.RemoteAddr, "token", about.token)
			if cut {
				panic(http.ErrAbortHandler) // else half an answer would be taken for a whole one
			}
		}()
		next.ServeHTTP(seen, r.WithContext(context.WithValue(r.Context(), requestKey{}, about)))
	})
}

// observed notes what is answered.
type observed struct {
	http.ResponseWriter
	status int // 0 = nothing yet
	bytes  int64
}

func (o *observed) WriteHeader(status int) {
	if o.status == 0 && status >= 200 || status == http.StatusSwitchingProtocols {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *observed) Write(p []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	n, err := o.ResponseWriter.Write(p)
	o.bytes += int64(n)
	return n, err
}

// Hijack notes that the connection is somebody else's now.
func (o *observed) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if o.status == 0 {
		o.status = http.StatusSwitchingProtocols
	}
	return http.NewResponseController(o.ResponseWriter).Hijack()
}

// Unwrap is for http.ResponseController.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }
