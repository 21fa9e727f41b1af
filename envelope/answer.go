package envelope

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Status is the way an entry ended. Every entry ends in exactly one.
type Status string

// The ends of an entry.
const (
	StatusDelivered  Status = "delivered"
	StatusDuplicate  Status = "duplicate"
	StatusSuperseded Status = "superseded"
	StatusExpired    Status = "expired"
	StatusDead       Status = "dead"
	StatusParked     Status = "parked"
)

// Code classes an error. The list is closed.
type Code string

// Every code that an Error may bear.
const (
	CodeUndecodable   Code = "undecodable"
	CodeInvalid       Code = "invalid"
	CodeUnsupported   Code = "unsupported"
	CodeNotFound      Code = "not_found"
	CodeForbidden     Code = "forbidden"
	CodeAuth          Code = "auth"
	CodeTooLarge      Code = "too_large"
	CodeRateLimited   Code = "rate_limited"
	CodeTransient     Code = "transient"
	CodeUnavailable   Code = "unavailable"
	CodeUnknown       Code = "unknown"
	CodeConflict      Code = "conflict"
	CodeExpired       Code = "expired"
	CodeTargetFailed  Code = "target_failed"
	CodePoison        Code = "poison"
	CodeTimeout       Code = "timeout"
	CodeToolError     Code = "tool_error"
	CodeCatalogStale  Code = "catalog_stale"
	CodeInterrupted   Code = "interrupted"
	CodeUnknownMethod Code = "unknown_method"
	CodeInternal      Code = "internal"
)

// Error is what went wrong, in a receipt, a reply or a dead letter. It never
// bears a secret.
type Error struct {
	Code       Code    `json:"code"`
	Message    string  `json:"message"`
	Field      string  `json:"field,omitempty"`
	RetryAfter float64 `json:"retry_after,omitempty"` // seconds
}

// Error returns the code, the field if one is at fault, and the message.
func (e *Error) Error() string {
	if e.Field == "" {
		return string(e.Code) + ": " + e.Message
	}
	return string(e.Code) + ": " + e.Field + ": " + e.Message
}

// Receipt tells a worker how its envelope ended.
type Receipt struct {
	MessageKey        string   `json:"message_key,omitempty"`
	EntryID           string   `json:"entry_id"`
	Status            Status   `json:"status"`
	MessageIDs        []string `json:"message_ids"` // one per part, in order; never null
	PossibleDuplicate bool     `json:"possible_duplicate"`
	Attempts          int      `json:"attempts"`
	Warnings          []string `json:"warnings"` // never null
	Error             *Error   `json:"error,omitempty"`
	At                float64  `json:"at"` // unix seconds
}

// AppendJSON appends the receipt as Encode writes it. What most receipts have in
// them is written without a look at the type, which takes a fraction of the time.
func (r *Receipt) AppendJSON(dst []byte) ([]byte, error) {
	if r.Error != nil || len(r.Warnings) > 0 || !utf8.ValidString(r.MessageKey) || !utf8.ValidString(strings.Join(r.MessageIDs, "")) {
		text, err := Encode(r, JSON)
		return append(dst, text...), err
	}
	dst = append(dst, '{')
	if r.MessageKey != "" {
		dst = append(appendQuoted(append(dst, `"message_key":`...), r.MessageKey), ',')
	}
	dst = appendQuoted(append(dst, `"entry_id":`...), r.EntryID)
	dst = appendQuoted(append(dst, `,"status":`...), string(r.Status))
	dst = append(dst, `,"message_ids":[`...)
	for i, id := range r.MessageIDs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, id)
	}
	dst = strconv.AppendBool(append(dst, `],"possible_duplicate":`...), r.PossibleDuplicate)
	dst = strconv.AppendInt(append(dst, `,"attempts":`...), int64(r.Attempts), 10)
	dst = appendFloat(append(dst, `,"warnings":[],"at":`...), r.At)
	return append(dst, '}'), nil
}

// Reply answers one RPC.
type Reply struct {
	RequestID string `json:"request_id"`
	OK        bool   `json:"ok"`
	Result    any    `json:"result,omitempty"`
	Error     *Error `json:"error,omitempty"`
}
