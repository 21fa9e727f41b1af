package slack

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

func planned(t *testing.T, op platform.Operation) []string {
	t.Helper()
	requests, err := plan(op)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range requests {
		p, err := plainJSON(r.Params)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r.Method+" "+strings.ReplaceAll(string(p), `"link_names":false,"mrkdwn":false,"parse":"none",`, ""))
	}
	return out
}

func TestPlan(t *testing.T) {
	t.Parallel()
	const rich = `{"elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"hi"}]}],"type":"rich_text"}`
	for name, c := range map[string]struct {
		op   platform.Operation
		want []string
	}{
		"a reply": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "message", ChannelID: crew, ReplyTo: threadTS, Text: "hi"}},
			[]string{`chat.postMessage {"blocks":[` + rich + `],"channel":"C0CREW","reply_broadcast":true,"text":"hi","thread_ts":"1700000000.000100"}`},
		},
		"buttons": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "message", ChannelID: crew, Text: "hi", View: envelope.View{{{Label: "Yes", CustomID: "y", Style: "primary"}, {Label: "Docs", URL: "https://x.y", Emoji: "📄"}}}}},
			[]string{`chat.postMessage {"blocks":[` + rich + `,{"elements":[{"action_id":"postern:0.0","style":"primary","text":{"emoji":true,"text":"Yes","type":"plain_text"},"type":"button","value":"y"},{"action_id":"postern:0.1","text":{"emoji":true,"text":"📄 Docs","type":"plain_text"},"type":"button","url":"https://x.y"}],"type":"actions"}],"channel":"C0CREW","text":"hi"}`},
		},
		"native parameters, but not ours": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "message", ChannelID: crew, Text: "hi", Native: map[string]any{"unfurl_links": false, "channel": "C666", "metadata": 1, "as_user": false}}},
			[]string{`chat.postMessage {"blocks":[` + rich + `],"channel":"C0CREW","text":"hi","unfurl_links":false}`},
		},
		"for one person": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "message", ChannelID: crew, Text: "hi", Ephemeral: true, Native: map[string]any{"user": "U042"}}},
			[]string{`chat.postEphemeral {"blocks":[` + rich + `],"channel":"C0CREW","text":"hi","user":"U042"}`},
		},
		"files": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "message", ChannelID: crew, ThreadID: threadTS, Text: "hi", Attachments: []envelope.Media{{Data: []byte("x")}}}},
			[]string{`files.completeUploadExternal {"blocks":[` + rich + `],"channel_id":"C0CREW","thread_ts":"1700000000.000100"}`},
		},
		"an edit that shrinks": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "edit", ChannelID: crew, Text: "hi"}, Targets: []string{threadTS, "1700000000.000101"}},
			[]string{
				`chat.update {"blocks":[` + rich + `],"channel":"C0CREW","text":"hi","ts":"1700000000.000100"}`,
				`chat.delete {"channel":"C0CREW","ts":"1700000000.000101"}`,
			},
		},
		"a snapshot that is not the last": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "stream", ChannelID: crew, Text: "**hi"}},
			[]string{`chat.postMessage {"blocks":[` + strings.ReplaceAll(rich, `"text":"hi"`, `"text":"hi","style":{"bold":true}`) + `],"channel":"C0CREW","text":"hi"}`},
		},
		"a reaction taken away": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "reaction", ChannelID: crew, Remove: true, Emoji: "👍"}, Targets: []string{threadTS}},
			[]string{`reactions.remove {"channel":"C0CREW","name":"+1","timestamp":"1700000000.000100"}`},
		},
		"presence": {
			platform.Operation{Envelope: &envelope.Outbound{Type: "presence", Status: "dnd"}},
			[]string{`users.setPresence {"presence":"away"}`},
		},
	} {
		if diff := cmp.Diff(c.want, planned(t, c.op)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}

	a := &Adapter{}
	parts, err := a.Plan(platform.Operation{Envelope: &envelope.Outbound{Type: "edit", ChannelID: crew, Text: strings.Repeat("word ", 1000)}, Targets: []string{threadTS}})
	if err != nil || len(parts) != 2 || parts[0].Makes || !parts[1].Makes {
		t.Errorf("an edit that outgrows its message: %d parts, %v; want two, of which the second makes a message", len(parts), err)
	}
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	view := map[string]any{"view": map[string]any{"type": "modal"}}
	row := make([]envelope.Button, 26)
	for name, c := range map[string]struct {
		e     envelope.Outbound
		field string
		code  envelope.Code
	}{
		"a channel's name":          {envelope.Outbound{Type: "message", ChannelID: "#general", Text: "x"}, "channel_id", envelope.CodeInvalid},
		"a user":                    {envelope.Outbound{Type: "message", ChannelID: "U042", Text: "x"}, "channel_id", envelope.CodeInvalid},
		"a thread that is none":     {envelope.Outbound{Type: "message", ChannelID: crew, ThreadID: "news", Text: "x"}, "thread_id", envelope.CodeInvalid},
		"a reply to a word":         {envelope.Outbound{Type: "message", ChannelID: crew, ReplyTo: "that", Text: "x"}, "reply_to", envelope.CodeInvalid},
		"a long custom_id":          {envelope.Outbound{Type: "message", ChannelID: crew, Text: "x", View: envelope.View{{{Label: "a", CustomID: strings.Repeat("x", 2001)}}}}, "view", envelope.CodeTooLarge},
		"a long label":              {envelope.Outbound{Type: "message", ChannelID: crew, Text: "x", View: envelope.View{{{Label: strings.Repeat("x", 76), CustomID: "x"}}}}, "view", envelope.CodeTooLarge},
		"a long row":                {envelope.Outbound{Type: "message", ChannelID: crew, Text: "x", View: envelope.View{row}}, "view", envelope.CodeTooLarge},
		"a modal out of nothing":    {envelope.Outbound{Type: "message", ChannelID: crew, Native: view}, "interaction_id", envelope.CodeInvalid},
		"a modal with a text":       {envelope.Outbound{Type: "message", ChannelID: crew, InteractionID: "1x", Text: "x", Native: view}, "native", envelope.CodeInvalid},
		"blocks that are none":      {envelope.Outbound{Type: "message", ChannelID: crew, Text: "x", Native: map[string]any{"blocks": "x"}}, "native", envelope.CodeInvalid},
		"ephemeral, to nobody":      {envelope.Outbound{Type: "message", ChannelID: crew, Text: "x", Ephemeral: true}, "ephemeral", envelope.CodeInvalid},
		"a file to one person":      {envelope.Outbound{Type: "message", ChannelID: crew, InteractionID: "1x", Ephemeral: true, Attachments: []envelope.Media{{Data: []byte("x")}}}, "attachments", envelope.CodeUnsupported},
		"a book":                    {envelope.Outbound{Type: "message", ChannelID: crew, Text: strings.Repeat("word ", 50_000)}, "text", envelope.CodeTooLarge},
		"nothing but spaces":        {envelope.Outbound{Type: "message", ChannelID: crew, Text: " \n "}, "text", envelope.CodeInvalid},
		"nothing but a native flag": {envelope.Outbound{Type: "message", ChannelID: crew, Native: map[string]any{"unfurl_links": true}}, "native", envelope.CodeInvalid},
	} {
		_, err := plan(platform.Operation{Envelope: &c.e})
		if e := platform.AsError(err); err == nil || e.Field != c.field || e.Code != c.code || e.Sent != platform.SentNo {
			t.Errorf("%s: %v, field %q; want %s about %s", name, err, e.Field, c.code, c.field)
		}
	}
}
