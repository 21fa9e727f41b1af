package api

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	"github.com/posternhq/postern/envelope"
)

// requestIDHeader bears a request's id, both ways.
const requestIDHeader = "X-Request-Id"

// WriteJSON answers with v.
func WriteJSON(w http.ResponseWriter, status int, v any) {
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

// WriteError answers with an error, and when to come again if it says so.
func WriteError(w http.ResponseWriter, status int, fault envelope.Error) {
	if fault.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(fault.RetryAfter))))
	}
	WriteJSON(w, status, failure{fault, w.Header().Get(requestIDHeader)})
}

// Refuse answers with an error of a code and a message.
func Refuse(w http.ResponseWriter, status int, code envelope.Code, message string) {
	WriteError(w, status, envelope.Error{Code: code, Message: message})
}
