package webhook

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/posternhq/postern/envelope"
)

const maxEventID = 512 // bytes

// decode reads one posted event and checks it. defaultID stands for an absent
// event_id. What only the gateway knows (platform, address, outbound_stream,
// channel_key, enqueued_at, trace_id) is not believed: its host fills it in.
func decode(body []byte, defaultID string) (envelope.Event, *envelope.Error) {
	var e envelope.Event
	if !utf8.Valid(body) {
		return e, &envelope.Error{Code: envelope.CodeUndecodable, Message: "the body is not valid UTF-8"}
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return envelope.Event{}, undecodable(err)
	}
	if e.EventID == "" {
		e.EventID = defaultID
	}
	if bad := check(&e); bad != nil {
		return envelope.Event{}, bad
	}
	return e, nil
}

func undecodable(err error) *envelope.Error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field == "" {
			return &envelope.Error{Code: envelope.CodeUndecodable, Message: fmt.Sprintf("expected a JSON object, not a %s", wrong.Value)}
		}
		return &envelope.Error{
			Code: envelope.CodeInvalid, Field: wrong.Field,
			Message: fmt.Sprintf("expected %s, not %s", jsonName(wrong), wrong.Value),
		}
	}
	return &envelope.Error{Code: envelope.CodeUndecodable, Message: "the body is not a JSON object: " + err.Error()}
}

// jsonName names a Go type as JSON does.
func jsonName(wrong *json.UnmarshalTypeError) string {
	switch k := wrong.Type.Kind().String(); k {
	case "string", "bool":
		return k
	case "map", "struct":
		return "object"
	case "slice":
		return "list"
	default:
		return "number"
	}
}

// needs lists the fields that an event cannot do without, over those that
// every event has. A status is the gateway's own to tell.
func needs(e envelope.EventType) (fields []string, known bool) {
	switch e {
	case envelope.EventMessage:
		return nil, true
	case envelope.EventEdit, envelope.EventDelete:
		return []string{"message_id"}, true
	case envelope.EventReaction:
		return []string{"message_id", "emoji"}, true
	case envelope.EventButton:
		return []string{"custom_id"}, true
	case envelope.EventCommand:
		return []string{"command"}, true
	case envelope.EventMember:
		return []string{"member", "target_user"}, true
	default:
		return nil, false
	}
}

func check(e *envelope.Event) *envelope.Error {
	invalid := func(field, format string, args ...any) *envelope.Error {
		return &envelope.Error{Code: envelope.CodeInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
	}
	more, known := needs(e.Event)
	if !known {
		return invalid("event", "%q is not one of message, edit, delete, reaction, button, command, member", e.Event)
	}
	values := map[string]string{
		"channel_id": e.ChannelID, "user_id": e.UserID, "event_id": e.EventID, "message_id": e.MessageID, "emoji": e.Emoji,
		"custom_id": e.CustomID, "command": e.Command, "member": e.Member, "target_user": e.TargetUser,
	}
	for _, field := range append([]string{"channel_id", "user_id", "event_id"}, more...) {
		if values[field] == "" {
			return invalid(field, "is required in the event %s", e.Event)
		}
	}
	if len(e.EventID) > maxEventID {
		return invalid("event_id", "has %d bytes; at most %d are taken", len(e.EventID), maxEventID)
	}
	if e.Event == envelope.EventMember && e.Member != "joined" && e.Member != "left" {
		return invalid("member", "is %q; expected joined or left", e.Member)
	}
	for i, a := range e.Attachments {
		if a.Blob != "" {
			return invalid(fmt.Sprintf("attachments[%d].blob", i), "is an id of the gateway's own media store; give a url")
		}
	}
	return nil
}
