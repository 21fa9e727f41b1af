package slack

import (
	"encoding/json"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/slack/slacktest"
)

// FuzzTaken: whatever Slack brings, it is read without a panic, and every event
// that comes of it has a name.
func FuzzTaken(f *testing.F) {
	for _, s := range []string{
		`{"type":"event_callback","event_id":"Ev1","event":{"type":"message","channel":"C1","user":"U1","ts":"1.2","text":"*a*","thread_ts":"1.1"}}`,
		`{"event_id":"Ev1","event":{"type":"message","subtype":"message_changed","channel":"C1","message":{"ts":"1","edited":{"ts":"2"},"text":"x"},"previous_message":null}}`,
		`{"event_id":"Ev1","event":{"type":"reaction_added","item":{"type":"message","channel":"C1","ts":"1"},"reaction":"+1::skin-tone-"}}`,
		`{"type":"block_actions","trigger_id":"1.2.3","actions":[{"type":"button","value":"v"}],"view":{"private_metadata":"{\"postern_channel\":\"C12\"}"}}`,
		`{"type":"view_submission","view":{"state":{"values":{"b":{"a":{"type":"rich_text_input","rich_text_value":{"type":"rich_text","elements":[]}}}}}}}`,
		`{"command":"/ask","text":"x","channel_id":"D1"}`,
	} {
		f.Add([]byte(s))
	}
	me := &self{UserID: slacktest.BotUID, BotID: slacktest.BotID}
	named := func(string) string { return "" }
	f.Fuzz(func(t *testing.T, body []byte) {
		var c callback
		if json.Unmarshal(body, &c) == nil {
			if e, _, err := decode(&c, me, named); err == nil && e != nil && (e.Event == "" || e.EventID == "" && c.EventID != "") {
				t.Fatalf("%s became %+v", body, e)
			}
		}
		var p payload
		if json.Unmarshal(body, &p) == nil {
			events, _ := decodePayload(&p, named)
			for _, e := range events {
				if e.EventID == "" || e.Event != envelope.EventButton && e.Event != envelope.EventCommand {
					t.Fatalf("%s became %+v", body, e)
				}
			}
		}
		var s slash
		if json.Unmarshal(body, &s) == nil {
			decodeSlash(&s)
		}
		channelOf(body)
		posted("application/x-www-form-urlencoded", body)
	})
}
