// Package respond writes what is answered over HTTP by hand: JSON, and every
// error in one form, {"error": {code, message, field?, retry_after?},
// "request_id"}.
package respond

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	"github.com/posternhq/postern/envelope"
)

// RequestID is the header that bears a request's id, both ways. Where the
// answer has it already, an error repeats it.
const RequestID = "X-Request-Id"

// JSON answers with v.
func JSON(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the client is gone: nobody to tell
}

// failure is what every error is answered with.
type failure struct {
	Error     envelope.Error `json:"error"`
	RequestID string         `json:"request_id,omitempty"`
}

// Error answers with an error, and when to come again if it says so.
func Error(w http.ResponseWriter, status int, fault envelope.Error) {
	if fault.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(fault.RetryAfter))))
	}
	JSON(w, status, failure{fault, w.Header().Get(RequestID)})
}

// Refuse answers with an error of a code and a message.
func Refuse(w http.ResponseWriter, status int, code envelope.Code, message string) {
	Error(w, status, envelope.Error{Code: code, Message: message})
}
