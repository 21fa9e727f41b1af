package envelope

// maxKey is the most bytes of an idempotency key, and of what names one.
const maxKey = 256

// year9999 is the last sane unix second. What is beyond is milliseconds.
const year9999 = 253402300799

// year is the longest timeout of an RPC, in milliseconds: far beyond use, and
// far below what overflows a time.Duration.
const year = 365 * 24 * 3600 * 1000

// types are the known types in the contract's order.
func types() []string {
	return []string{
		string(TypeMessage), string(TypeFile), string(TypeButtons), string(TypeEdit), string(TypeDelete),
		string(TypeReaction), string(TypeTyping), string(TypePresence), string(TypeStream), string(TypeRPC),
	}
}

// Groups of types that share fields.
var (
	sends    = []Type{TypeMessage, TypeFile, TypeButtons}
	targeted = []Type{TypeEdit, TypeDelete, TypeReaction}
)

// outboundFields is the table of contract §3. Read-only.
var outboundFields = []field[Outbound]{
	{name: "type", ref: func(o *Outbound) any { return (*string)(&o.Type) }, rule: rule{oneOf: types()}},
	{name: "requires", ref: func(o *Outbound) any { return &o.Requires }, mute: true},
	{name: "platform", ref: func(o *Outbound) any { return &o.Platform }, mute: true},
	{name: "channel_id", ref: func(o *Outbound) any { return &o.ChannelID }},
	{name: "thread_id", ref: func(o *Outbound) any { return &o.ThreadID }},
	{name: "message_key", ref: func(o *Outbound) any { return &o.MessageKey }, rule: rule{maxBytes: maxKey}, mute: true},
	{name: "on_conflict", ref: func(o *Outbound) any { return &o.OnConflict }, rule: rule{oneOf: []string{ConflictKeepFirst, ConflictDead}}, mute: true},
	{name: "on_unknown", ref: func(o *Outbound) any { return &o.OnUnknown }, rule: rule{oneOf: []string{UnknownResend, UnknownPark}}, mute: true},
	{name: "not_before", ref: func(o *Outbound) any { return &o.NotBefore }, rule: rule{max: year9999}, mute: true},
	{name: "expires_at", ref: func(o *Outbound) any { return &o.ExpiresAt }, rule: rule{max: year9999}, mute: true},
	{name: "receipt_to", ref: func(o *Outbound) any { return &o.ReceiptTo }, mute: true},
	{name: "trace_id", ref: func(o *Outbound) any { return &o.TraceID }, mute: true},
	{name: "traceparent", ref: func(o *Outbound) any { return &o.Traceparent }, mute: true},

	{name: "text", ref: func(o *Outbound) any { return &o.Text }, of: []Type{TypeMessage, TypeButtons, TypeEdit, TypeStream}},
	{
		name: "format", ref: func(o *Outbound) any { return &o.Format }, rule: rule{oneOf: []string{"markdown", "plain"}, fallback: "markdown"},
		of: []Type{TypeMessage, TypeFile, TypeButtons, TypeEdit, TypeStream},
	},
	{name: "reply_to", ref: func(o *Outbound) any { return &o.ReplyTo }, of: []Type{TypeMessage, TypeFile, TypeButtons, TypeStream}},
	{name: "silent", ref: func(o *Outbound) any { return &o.Silent }, of: sends},
	{name: "mentions", ref: func(o *Outbound) any { return &o.Mentions }, rule: rule{oneOf: []string{"none", "listed", "all"}, fallback: "none"}, of: sends},
	{name: "attachments", ref: func(o *Outbound) any { return &o.Attachments }, of: []Type{TypeMessage}},
	{name: "view", ref: func(o *Outbound) any { return &o.View }, of: []Type{TypeMessage, TypeFile, TypeButtons, TypeEdit, TypeStream}},
	{name: "interaction_id", ref: func(o *Outbound) any { return &o.InteractionID }, of: sends},
	{name: "ephemeral", ref: func(o *Outbound) any { return &o.Ephemeral }, of: sends},

	{name: "filename", ref: func(o *Outbound) any { return &o.Filename }, of: []Type{TypeFile}},
	{name: "mimetype", ref: func(o *Outbound) any { return &o.Mimetype }, of: []Type{TypeFile}},
	{name: "size", ref: func(o *Outbound) any { return &o.Size }, rule: rule{max: exact}, of: []Type{TypeFile}},
	{name: "data", ref: func(o *Outbound) any { return &o.Data }, of: []Type{TypeFile}},
	{name: "url", ref: func(o *Outbound) any { return &o.URL }, rule: rule{web: true}, of: []Type{TypeFile}},
	{name: "blob", ref: func(o *Outbound) any { return &o.Blob }, of: []Type{TypeFile}},
	{name: "caption", ref: func(o *Outbound) any { return &o.Caption }, of: []Type{TypeFile}},

	{name: "message_id", ref: func(o *Outbound) any { return &o.MessageID }, of: targeted},
	{name: "target_key", ref: func(o *Outbound) any { return &o.TargetKey }, rule: rule{maxBytes: maxKey}, of: targeted},
	{name: "emoji", ref: func(o *Outbound) any { return &o.Emoji }, of: []Type{TypeReaction}},
	{name: "remove", ref: func(o *Outbound) any { return &o.Remove }, of: []Type{TypeReaction}},

	{name: "active", ref: func(o *Outbound) any { return &o.Active }, rule: rule{fallback: true}, of: []Type{TypeTyping}},
	{name: "ttl", ref: func(o *Outbound) any { return &o.TTL }, rule: rule{max: 120, above: true, fallback: 10.0}, of: []Type{TypeTyping}},

	{name: "status", ref: func(o *Outbound) any { return &o.Status }, rule: rule{oneOf: []string{"online", "idle", "dnd", "offline"}}, of: []Type{TypePresence}},
	{name: "activity", ref: func(o *Outbound) any { return &o.Activity }, of: []Type{TypePresence}},

	{name: "stream_id", ref: func(o *Outbound) any { return &o.StreamID }, rule: rule{maxBytes: maxKey}, of: []Type{TypeStream}, mute: true},
	{name: "seq", ref: func(o *Outbound) any { return &o.Seq }, rule: rule{max: exact}, of: []Type{TypeStream}},
	{name: "final", ref: func(o *Outbound) any { return &o.Final }, of: []Type{TypeStream}},

	{name: "request_id", ref: func(o *Outbound) any { return &o.RequestID }, rule: rule{maxBytes: maxKey}, of: []Type{TypeRPC}, mute: true},
	{name: "method", ref: func(o *Outbound) any { return &o.Method }, of: []Type{TypeRPC}},
	{name: "params", ref: func(o *Outbound) any { return &o.Params }, of: []Type{TypeRPC}},
	{name: "reply_queue", ref: func(o *Outbound) any { return &o.ReplyQueue }, of: []Type{TypeRPC}, mute: true},
	{name: "timeout_ms", ref: func(o *Outbound) any { return &o.TimeoutMS }, rule: rule{max: year, above: true, fallback: 30000.0}, of: []Type{TypeRPC}, mute: true},
	{name: "deadline", ref: func(o *Outbound) any { return &o.Deadline }, rule: rule{max: year9999}, of: []Type{TypeRPC}, mute: true},

	{name: "native", ref: func(o *Outbound) any { return &o.Native }},
}

// outboundPlaces is where each of them stands in the table. Read-only.
var outboundPlaces = places(outboundFields)

// mediaPlaces and buttonPlaces are the same of what stands in a list. Read-only.
var (
	mediaPlaces  = places(mediaFields)
	buttonPlaces = places(buttonFields)
)

// mediaFields are the fields of an attachment. Read-only.
var mediaFields = []field[Media]{
	{name: "filename", ref: func(m *Media) any { return &m.Filename }},
	{name: "mimetype", ref: func(m *Media) any { return &m.Mimetype }},
	{name: "size", ref: func(m *Media) any { return &m.Size }, rule: rule{max: exact}},
	{name: "data", ref: func(m *Media) any { return &m.Data }},
	{name: "url", ref: func(m *Media) any { return &m.URL }, rule: rule{web: true}},
	{name: "blob", ref: func(m *Media) any { return &m.Blob }},
}

// buttonFields are the fields of a button. Read-only.
var buttonFields = []field[Button]{
	{name: "label", ref: func(b *Button) any { return &b.Label }},
	{name: "custom_id", ref: func(b *Button) any { return &b.CustomID }},
	{name: "url", ref: func(b *Button) any { return &b.URL }},
	{name: "emoji", ref: func(b *Button) any { return &b.Emoji }},
	{name: "style", ref: func(b *Button) any { return &b.Style }},
}
