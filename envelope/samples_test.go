package envelope

// sample is a named value of the wire that the golden files hold. Numbers that
// are floats have a fraction: JavaScript writes others as integers.
type sample struct {
	name  string
	value any
}

const (
	soon  = 1760000000.25
	later = 1760003600.5
)

func outboundSamples() []sample {
	active := false
	return []sample{
		{"outbound-message", &Outbound{
			Type: TypeMessage, Requires: []string{"thread_id", "view"}, Platform: "chat-eu",
			ChannelID: "C042", ThreadID: "T7", MessageKey: "order-1017", OnConflict: ConflictDead, OnUnknown: UnknownPark,
			NotBefore: soon, ExpiresAt: later, ReceiptTo: "postern:reply:w1", TraceID: "4bf92f3577b34da6",
			Traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
			Text:        "**Grüße**, [Ann](mention:U9)\n\t\"1 < 2 & 3\" \u2028 \u0001 👋", Format: "plain", ReplyTo: "m-16", Silent: true, Mentions: "listed",
			Attachments: []Media{
				{Filename: "dot.png", Mimetype: "image/png", Size: 4, Data: []byte{0x89, 'P', 0xff, 0}},
				{Filename: "plan.pdf", URL: "https://files.example/plan.pdf?sig=a%2Fb"},
				{Blob: "b-77", Size: 70000},
			},
			View: View{
				{{Label: "Yes", CustomID: "yes", Style: "primary"}, {Emoji: "👎", CustomID: "no"}},
				{{Label: "More", URL: "https://example.org/"}},
			},
			InteractionID: "i-3", Ephemeral: true,
			Native: map[string]any{
				"embeds": []any{map[string]any{"color": int64(65280), "fields": []any{}, "inline": false, "title": "T", "footer": nil}},
				"n":      int64(-129), "ratio": 0.125, "wide": int64(4294967296),
			},
		}},
		{"outbound-message-short", &Outbound{Type: TypeMessage, ChannelID: "lobby", Text: "hello"}},
		{"outbound-file", &Outbound{Type: TypeFile, ChannelID: "C042", Filename: "log.txt", Mimetype: "text/plain", Size: 5, Data: []byte("hello"), Caption: "the log"}},
		{"outbound-file-url", &Outbound{Type: TypeFile, ChannelID: "C042", URL: "http://files.example/a"}},
		{"outbound-file-blob", &Outbound{Type: TypeFile, ChannelID: "C042", Blob: "b-78"}},
		{"outbound-buttons", &Outbound{Type: TypeButtons, ChannelID: "C042", Text: "Well?", View: View{{{Label: "Yes", CustomID: "yes"}}}}},
		{"outbound-edit", &Outbound{Type: TypeEdit, ChannelID: "C042", MessageID: "m-17", Text: "better", Format: "markdown"}},
		{"outbound-delete", &Outbound{Type: TypeDelete, ChannelID: "C042", TargetKey: "order-1017"}},
		{"outbound-reaction", &Outbound{Type: TypeReaction, ChannelID: "C042", MessageID: "m-17", Emoji: "👍", Remove: true}},
		{"outbound-typing", &Outbound{Type: TypeTyping, ChannelID: "C042", Active: &active, TTL: 12.5}},
		{"outbound-presence", &Outbound{Type: TypePresence, Status: "dnd", Activity: "counting"}},
		{"outbound-stream", &Outbound{Type: TypeStream, ChannelID: "C042", StreamID: "answer-5", Seq: 300, Text: "so far", Final: true, ReplyTo: "m-1"}},
		{"outbound-stream-first", &Outbound{Type: TypeStream, ChannelID: "C042", StreamID: "answer-6", Seq: 0, Text: "s"}},
		{"outbound-rpc", &Outbound{
			Type: TypeRPC, RequestID: "r-1", Method: "execute_tool", ReplyQueue: "postern:reply:w1", TimeoutMS: 5000, Deadline: later,
			Params: map[string]any{"name": "add", "arguments": map[string]any{"a": int64(1), "b": 2.5}},
		}},
	}
}

func inboundSamples() []sample {
	base := Event{
		Platform: "chat", Address: Address{Platform: "chat", ChannelID: "C042", ThreadID: "T7"},
		OutboundStream: "postern:outbound:chat", ChannelKey: "chat:C042", ChannelID: "C042", ThreadID: "T7",
		RoomName: "Büro", GuildID: "G1", UserID: "U9", Username: "ann", DisplayName: "Ann",
		EventID: "e-1", MessageID: "m-1", Timestamp: soon, EnqueuedAt: later, TraceID: "4bf92f3577b34da6",
	}
	with := func(event EventType, change func(*Event)) Event {
		e := base
		e.Event = event
		change(&e)
		return e
	}
	return []sample{
		{"event-message", with(EventMessage, func(e *Event) {
			e.IsDM, e.IsAddressed, e.Content, e.ReplyTo = true, true, "hi [Bo](mention:U2)", "m-0"
			e.Mentions = []Mention{{ID: "U2", Name: "Bo"}, {ID: "U3"}}
			e.Attachments = []Attachment{{Filename: "a.png", Mimetype: "image/png", Size: 1234, Blob: "b-1", URL: "https://gw.example/m/b-1?sig=x"}}
			e.Raw = map[string]any{"id": int64(7), "tags": []any{"x", nil, true}, "score": 0.5}
		})},
		{"event-edit", with(EventEdit, func(e *Event) { e.Content = "hi, Bo" })},
		{"event-delete", with(EventDelete, func(*Event) {})},
		{"event-reaction", with(EventReaction, func(e *Event) { e.Emoji, e.Removed = "👍", true })},
		{"event-button", with(EventButton, func(e *Event) { e.CustomID, e.InteractionID = "yes", "i-3" })},
		{"event-command", with(EventCommand, func(e *Event) {
			e.Command, e.InteractionID = "roll", "i-4"
			e.Arguments = map[string]any{"dice": int64(2), "secretly": true}
		})},
		{"event-member", with(EventMember, func(e *Event) { e.Member, e.TargetUser, e.IsBot = "joined", "U4", true })},
		{"event-status", Event{
			Event: EventStatus, Platform: "chat", Address: Address{Platform: "chat"}, OutboundStream: "postern:outbound:chat",
			ChannelKey: "chat:", EventID: "s-1", Timestamp: soon, EnqueuedAt: soon, State: "auth_failed",
		}},
		{"receipt-delivered", Receipt{
			MessageKey: "order-1017", EntryID: "1760000000000-0", Status: StatusDelivered, MessageIDs: []string{"m-17", "m-18"},
			PossibleDuplicate: true, Attempts: 2, Warnings: []string{`unknown field "colour" is ignored`}, At: soon,
		}},
		{"receipt-dead", Receipt{
			EntryID: "1760000000000-1", Status: StatusDead, MessageIDs: []string{}, Attempts: 1, Warnings: []string{}, At: later,
			Error: &Error{Code: CodeRateLimited, Message: "later", Field: "channel_id", RetryAfter: 1.5},
		}},
		{"reply-ok", Reply{RequestID: "r-1", OK: true, Result: map[string]any{"sum": 3.5, "of": []any{int64(1), 2.5}}}},
		{"reply-false", Reply{RequestID: "r-2", OK: true, Result: false}},
		{"reply-error", Reply{RequestID: "r-3", Error: &Error{Code: CodeUnknownMethod, Message: "nobody knows it"}}},
	}
}
