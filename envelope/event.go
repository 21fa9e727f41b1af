package envelope

// EventType says what happened on a platform.
type EventType string

// The inbound events.
const (
	EventMessage  EventType = "message"
	EventEdit     EventType = "edit"
	EventDelete   EventType = "delete"
	EventReaction EventType = "reaction"
	EventButton   EventType = "button"
	EventCommand  EventType = "command"
	EventMember   EventType = "member"
	EventStatus   EventType = "status"
)

// Event is one entry of the inbound stream. Timestamp is the platform's time
// of the event, EnqueuedAt the gateway's; both are unix seconds.
type Event struct {
	Event          EventType `json:"event"`
	Platform       string    `json:"platform"`
	Address        Address   `json:"address"`
	OutboundStream string    `json:"outbound_stream"`
	ChannelKey     string    `json:"channel_key"`
	ChannelID      string    `json:"channel_id"`
	ThreadID       string    `json:"thread_id,omitempty"`
	RoomName       string    `json:"room_name,omitempty"`
	GuildID        string    `json:"guild_id,omitempty"`
	IsDM           bool      `json:"is_dm"`
	UserID         string    `json:"user_id"`
	Username       string    `json:"username,omitempty"`
	DisplayName    string    `json:"display_name,omitempty"`
	IsBot          bool      `json:"is_bot"`
	EventID        string    `json:"event_id"`
	MessageID      string    `json:"message_id,omitempty"`
	Timestamp      float64   `json:"timestamp"`
	EnqueuedAt     float64   `json:"enqueued_at"`
	TraceID        string    `json:"trace_id"`

	Content       string         `json:"content,omitempty"`
	Mentions      []Mention      `json:"mentions,omitempty"`
	Attachments   []Attachment   `json:"attachments,omitempty"`
	ReplyTo       string         `json:"reply_to,omitempty"`
	IsAddressed   bool           `json:"is_addressed,omitempty"`
	Raw           map[string]any `json:"raw,omitempty"`
	Emoji         string         `json:"emoji,omitempty"`
	Removed       bool           `json:"removed,omitempty"`
	CustomID      string         `json:"custom_id,omitempty"`
	Command       string         `json:"command,omitempty"`
	Arguments     map[string]any `json:"arguments,omitempty"`
	InteractionID string         `json:"interaction_id,omitempty"`
	Member        string         `json:"member,omitempty"` // joined or left
	TargetUser    string         `json:"target_user,omitempty"`
	State         string         `json:"state,omitempty"`
}

// Address is where an answer goes: copy it into an Outbound.
type Address struct {
	Platform  string `json:"platform"`
	ChannelID string `json:"channel_id"`
	ThreadID  string `json:"thread_id,omitempty"`
}

// Mention names one user that a message speaks of.
type Mention struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Attachment is a received file; it lies in the media store as Blob.
type Attachment struct {
	Filename string `json:"filename,omitempty"`
	Mimetype string `json:"mimetype,omitempty"`
	Size     int64  `json:"size,omitempty"`
	Blob     string `json:"blob,omitempty"`
	URL      string `json:"url,omitempty"`
}
