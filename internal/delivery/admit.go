package delivery

import (
	"fmt"
	"slices"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Who honours a field. Each field of the contract stands in one of the three
// lists; a test holds them against the envelope.
var (
	// byPlatform: whether it is honoured is in the platform's capabilities.
	byPlatform = []string{
		"thread_id", "format", "reply_to", "silent", "mentions", "attachments", "view",
		"interaction_id", "ephemeral", "native", "activity", "ttl",
	}

	// ofType: what an envelope of its type is about; who honours the type
	// honours it.
	ofType = []string{
		"channel_id", "text", "filename", "mimetype", "size", "data", "url", "blob", "caption",
		"message_id", "target_key", "emoji", "remove", "active", "status", "stream_id", "seq", "final",
		"request_id", "method", "params", "reply_queue", "timeout_ms", "deadline",
	}

	// byGateway: honoured here, whatever the platform.
	byGateway = []string{
		"type", "requires", "platform", "message_key", "on_conflict", "on_unknown", "not_before", "expires_at",
		"receipt_to", "trace_id", "traceparent",
	}
)

// Admission is what became of an envelope at the door.
type Admission struct {
	Refused    *envelope.Error // dead with this
	Superseded bool            // nothing to do: typing or presence on a platform without them
	Warnings   []string        // what will be left out
}

// Admit holds an envelope against what the platform can do, before anything
// is claimed or sent. o is normalized.
func Admit(o *envelope.Outbound, caps platform.Capabilities) Admission {
	var a Admission
	form := FormOf(caps)
	shown := o.Type == envelope.TypeRPC || honoured(caps.Types[o.Type]) || o.Type == envelope.TypeStream && form != FormNone
	if !shown {
		if o.Type == envelope.TypeTyping || o.Type == envelope.TypePresence {
			a.Superseded = true
			return a
		}
		a.Refused = unsupported("type", "this platform has no %s", o.Type)
		return a
	}
	if o.Type == envelope.TypeStream && form == FormOnce && !o.Final {
		a.Superseded = true
		return a
	}
	for field := range o.Fields() {
		level := platform.Full
		if slices.Contains(byPlatform, field) && o.Type != envelope.TypeRPC {
			level = caps.Fields[field]
		}
		switch {
		case honoured(level):
		case slices.Contains(o.Requires, field):
			a.Refused = unsupported(field, "required, but this platform does not honour it")
		case level == platform.Rejected, field == "thread_id":
			a.Refused = unsupported(field, "this platform refuses it")
		default:
			a.Warnings = append(a.Warnings, field+": this platform does not honour it; it was left out")
		}
		if a.Refused != nil {
			return a
		}
	}
	if a.Refused = media(o, caps); a.Refused == nil {
		a.Refused = contentLeft(o, caps)
	}
	return a
}

// media refuses a medium given in a way that is not honoured: a message
// without its file is not the message.
func media(o *envelope.Outbound, caps platform.Capabilities) *envelope.Error {
	for i, m := range o.Attachments {
		how := "data"
		switch {
		case m.URL != "":
			how = "url"
		case m.Blob != "":
			how = "blob"
		}
		field := fmt.Sprintf("attachments[%d].%s", i, how)
		if !honoured(caps.Fields["attachments"]) {
			return unsupported(field, "this platform takes no files")
		}
		if !honoured(caps.Media[how]) && (how != "url" || !honoured(caps.Media["blob"])) { // the gateway makes blobs of urls
			return unsupported(field, "a medium cannot be given as %s here", how)
		}
	}
	return nil
}

// contentLeft refuses a message, or an edit to one, of which nothing would be
// seen.
func contentLeft(o *envelope.Outbound, caps platform.Capabilities) *envelope.Error {
	if o.Type != envelope.TypeMessage && o.Type != envelope.TypeEdit || o.Text != "" || len(o.Attachments) > 0 {
		return nil
	}
	if o.View != nil && honoured(caps.Fields["view"]) || o.Native != nil && honoured(caps.Fields["native"]) {
		return nil
	}
	return unsupported("text", "nothing of this message can be shown on this platform; give it a text")
}

func honoured(l platform.Level) bool { return l >= platform.Partial }

func unsupported(field, format string, args ...any) *envelope.Error {
	return &envelope.Error{Code: envelope.CodeUnsupported, Field: field, Message: fmt.Sprintf(format, args...)}
}
