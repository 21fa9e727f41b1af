package planning

import (
	"encoding/json"
	"regexp"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// Parts are requests, as an adapter's Do reads them again, as parts of an
// envelope's operation.
func Parts[R any](e *envelope.Outbound, requests []R) ([]platform.Part, error) {
	parts := make([]platform.Part, len(requests))
	for i, r := range requests {
		body, err := json.Marshal(r)
		if err != nil {
			return nil, platform.Refused(envelope.CodeInvalid, "native", "cannot be written as JSON: %v", err)
		}
		parts[i] = platform.Part{Type: e.Type, ChannelID: e.ChannelID, ThreadID: e.ThreadID, Body: body}
	}
	return parts, nil
}

// MessageIDs are the messages that an operation is for, in the form that the
// platform's ids have. expected says that form, as errors tell it.
func MessageIDs(op platform.Operation, form *regexp.Regexp, expected string) ([]string, error) {
	t := op.Envelope.Type
	if len(op.Targets) == 0 {
		return nil, platform.Refused(envelope.CodeInvalid, "message_id", "the message this %s is for is not known", t)
	}
	var ids []string
	for _, id := range op.Targets {
		if id == "" {
			continue // a part that has no id, or that an edit had no more text for
		}
		if !form.MatchString(id) {
			return nil, platform.Refused(envelope.CodeInvalid, "message_id", "%.80q is no message; expected %s", id, expected)
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil, platform.Refused(envelope.CodeNotFound, "message_id", "nothing that has an id is left of the message this %s is for", t)
	}
	return ids, nil
}

// Aligned has the nth request of an edit be for the nth target: where one has no
// id, a request that asks nothing, R's zero value, stands in its place. requests
// are one for each id, in order, and then those that make messages; fewer than
// ids are for some of them alone, and stay as they are.
func Aligned[R any](targets []string, requests []R) []R {
	last, ids := 0, 0
	for i, id := range targets {
		if id != "" {
			last, ids = i, ids+1
		}
	}
	if len(requests) < ids {
		return requests
	}
	var out []R
	for _, id := range targets[:min(last, len(targets))] {
		if id == "" {
			out = append(out, *new(R))
			continue
		}
		out, requests = append(out, requests[0]), requests[1:]
	}
	return append(out, requests...) // from the last id on
}

// Typing is for how long an envelope has typing shown, in seconds; 0 is that it
// ends.
func Typing(e *envelope.Outbound) float64 {
	switch {
	case e.Active != nil && !*e.Active:
		return 0
	case e.TTL == 0:
		return 10
	default:
		return e.TTL
	}
}
