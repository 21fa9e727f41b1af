// Package envelope is the wire between workers and the gateway: the names, the
// types and their two encodings, MessagePack and JSON.
//
// One set of structs serves both encodings; the json tags name the fields in
// both. Nothing here talks to Redis or to a platform, and every function is
// safe for concurrent use.
package envelope

// Type says what an outbound envelope asks for.
type Type string

// The outbound types. File and Buttons are the origin's forms of Message and
// are turned into it by Outbound.Normalize.
const (
	TypeMessage  Type = "message"
	TypeFile     Type = "file"
	TypeButtons  Type = "buttons"
	TypeEdit     Type = "edit"
	TypeDelete   Type = "delete"
	TypeReaction Type = "reaction"
	TypeTyping   Type = "typing"
	TypePresence Type = "presence"
	TypeStream   Type = "stream"
	TypeRPC      Type = "rpc"
)

// Values of Outbound.OnConflict: what the same key with other content is.
const (
	ConflictKeepFirst = "keep_first" // a duplicate, with a warning (default)
	ConflictDead      = "dead"       // a dead letter
)

// Values of Outbound.OnUnknown: what to do with a send that may have happened
// on a platform that cannot tell.
const (
	UnknownResend = "resend"
	UnknownPark   = "park"
)

// Outbound is one envelope that a worker publishes. The zero value of a field
// means absent. Times are unix seconds by Redis' clock.
type Outbound struct {
	Type        Type     `json:"type"`
	Requires    []string `json:"requires,omitempty"`
	Platform    string   `json:"platform,omitempty"`
	ChannelID   string   `json:"channel_id,omitempty"`
	ThreadID    string   `json:"thread_id,omitempty"`
	MessageKey  string   `json:"message_key,omitempty"`
	OnConflict  string   `json:"on_conflict,omitempty"`
	OnUnknown   string   `json:"on_unknown,omitempty"`
	NotBefore   float64  `json:"not_before,omitempty"`
	ExpiresAt   float64  `json:"expires_at,omitempty"`
	ReceiptTo   string   `json:"receipt_to,omitempty"`
	TraceID     string   `json:"trace_id,omitempty"`
	Traceparent string   `json:"traceparent,omitempty"`

	// Message, and what file, buttons, edit and stream share with it.
	Text          string  `json:"text,omitempty"`
	Format        string  `json:"format,omitempty"`
	ReplyTo       string  `json:"reply_to,omitempty"`
	Silent        bool    `json:"silent,omitempty"`
	Mentions      string  `json:"mentions,omitempty"`
	Attachments   []Media `json:"attachments,omitempty"`
	View          View    `json:"view,omitempty"`
	InteractionID string  `json:"interaction_id,omitempty"`
	Ephemeral     bool    `json:"ephemeral,omitempty"`

	// File: one medium in the envelope itself.
	Filename string `json:"filename,omitempty"`
	Mimetype string `json:"mimetype,omitempty"`
	Size     int64  `json:"size,omitempty"`
	Data     []byte `json:"data,omitempty"`
	URL      string `json:"url,omitempty"`
	Blob     string `json:"blob,omitempty"`
	Caption  string `json:"caption,omitempty"`

	// Edit, delete and reaction: which message.
	MessageID string `json:"message_id,omitempty"`
	TargetKey string `json:"target_key,omitempty"`
	Emoji     string `json:"emoji,omitempty"`
	Remove    bool   `json:"remove,omitempty"`

	// Typing. Active is a pointer because its default is true.
	Active *bool   `json:"active,omitempty"`
	TTL    float64 `json:"ttl,omitempty"`

	// Presence.
	Status   string `json:"status,omitempty"`
	Activity string `json:"activity,omitempty"`

	// Stream.
	StreamID string `json:"stream_id,omitempty"`
	Seq      int64  `json:"seq,omitempty"` // from 0; Encode always writes a stream's
	Final    bool   `json:"final,omitempty"`

	// RPC.
	RequestID  string         `json:"request_id,omitempty"`
	Method     string         `json:"method,omitempty"`
	Params     map[string]any `json:"params,omitempty"`
	ReplyQueue string         `json:"reply_queue,omitempty"`
	TimeoutMS  int64          `json:"timeout_ms,omitempty"`
	Deadline   float64        `json:"deadline,omitempty"`

	// Native is passed through to the platform's own API by its adapter.
	Native map[string]any `json:"native,omitempty"`
}

// Media is a file: its bytes, an address to fetch it from, or an id of the
// media store; exactly one of the three.
type Media struct {
	Filename string `json:"filename,omitempty"`
	Mimetype string `json:"mimetype,omitempty"`
	Size     int64  `json:"size,omitempty"`
	Data     []byte `json:"data,omitempty"`
	URL      string `json:"url,omitempty"`
	Blob     string `json:"blob,omitempty"`
}

// View is rows of buttons. On the wire it may also be one flat list of buttons,
// which DecodeOutbound reads as a single row; it is always written as rows.
type View [][]Button

// Button is one button: a CustomID comes back as an event, a URL is opened.
type Button struct {
	Label    string `json:"label,omitempty"`
	CustomID string `json:"custom_id,omitempty"`
	URL      string `json:"url,omitempty"`
	Emoji    string `json:"emoji,omitempty"`
	Style    string `json:"style,omitempty"`
}
