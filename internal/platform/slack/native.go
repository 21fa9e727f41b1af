package slack

import (
	"encoding/json"
	"slices"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// ours are parameters that the envelope's own fields set, and native may not; and
// as_user, which a bot's token has no scope for, whatever it says
// (docs.slack.dev/reference/methods/chat.postMessage).
var ours = []string{"token", "channel", "thread_ts", "ts", "metadata", "client_msg_id", "text", "blocks", "user", "as_user"}

// withNative puts the native parameters on the last request; its blocks stand
// below the text already.
func withNative(requests []request, e *envelope.Outbound) {
	if len(requests) == 0 {
		return
	}
	last := requests[len(requests)-1].Params
	for name, value := range e.Native {
		if !slices.Contains(ours, name) {
			last[name] = value
		}
	}
}

// addressed has requests answer an interaction, or shown to one person.
func addressed(requests []request, e *envelope.Outbound) ([]request, error) {
	user, _ := e.Native["user"].(string)
	if e.Ephemeral && e.InteractionID == "" && !userForm.MatchString(user) {
		return nil, platform.Refused(envelope.CodeInvalid, "ephemeral",
			"whom it is to be shown to is not said: give the interaction_id that it answers, or native.user, such as U0123456789")
	}
	for i := range requests {
		r := &requests[i]
		if r.Method != post {
			continue
		}
		r.Answer = e.InteractionID
		if e.Ephemeral {
			r.Method = postTo
			delete(r.Params, "reply_broadcast")
			if user != "" {
				r.Params["user"] = user
			}
		}
	}
	return requests, nil
}

// planView opens a modal. Its private_metadata says, beside what the worker
// wrote there, where it was opened: Slack does not tell when it is submitted.
func planView(e *envelope.Outbound) ([]request, error) {
	view, ok := e.Native["view"].(map[string]any)
	switch {
	case !ok:
		return nil, platform.Refused(envelope.CodeInvalid, "native", "its view is no map; expected a view such as {\"type\": \"modal\", …}")
	case e.InteractionID == "":
		return nil, platform.Refused(envelope.CodeInvalid, "interaction_id", "a modal is opened by somebody's click or command, within 3 seconds: give its interaction_id")
	case e.Text != "" || len(e.Attachments) > 0 || len(e.View) > 0:
		return nil, platform.Refused(envelope.CodeInvalid, "native", "a modal takes no text, files or buttons beside it: send them as another message")
	}
	opened := params(view).with(nil)
	written, _ := view["private_metadata"].(string)
	from, err := json.Marshal(origin{e.ChannelID, e.ThreadID, written})
	if err != nil || len(from) > 3000 {
		return nil, platform.Refused(envelope.CodeTooLarge, "native", "the view's private_metadata has %d bytes; some 2,900 may be used", len(written))
	}
	opened["private_metadata"] = string(from)
	return []request{{Method: openView, Params: params{"view": opened}, Answer: e.InteractionID}}, nil
}

// origin is where a modal was opened.
type origin struct {
	Channel string `json:"postern_channel"`
	Thread  string `json:"postern_thread,omitempty"`
	Own     string `json:"own,omitempty"` // the worker's private_metadata
}
