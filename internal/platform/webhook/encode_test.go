package webhook

import (
	"math"
	"testing"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

func TestPlanBodies(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, "http://127.0.0.1:1/", nil)
	for _, c := range []struct {
		name string
		op   platform.Operation
		want string
	}{
		{
			"the plainest message",
			platform.Operation{Envelope: &envelope.Outbound{Type: envelope.TypeMessage, ChannelID: "lobby", Text: "a <b> & \u2028 ü"}},
			`{"type":"message","channel_id":"lobby","text":"a <b> & \u2028 ü"}`,
		},
		{
			"a message with everything",
			platform.Operation{Envelope: &envelope.Outbound{
				Type: envelope.TypeMessage, ChannelID: "c", ThreadID: "t", MessageKey: "k", Text: "x", Format: "plain", ReplyTo: "m0",
				Silent: true, Mentions: "listed", InteractionID: "i", Ephemeral: true,
				Attachments: []envelope.Media{{Filename: "a.bin", Mimetype: "a/b", Size: 2, Data: []byte{0, 255}}},
				View:        envelope.View{{{Label: "Yes", CustomID: "y", Style: "primary"}}},
				Native:      map[string]any{"b": 1, "a": []byte("z")},
				// Not the receiver's business:
				TraceID: "trace", ReceiptTo: "list", OnUnknown: "park", ExpiresAt: 1,
			}},
			`{"type":"message","channel_id":"c","thread_id":"t","message_key":"k","text":"x","format":"plain","reply_to":"m0",` +
				`"silent":true,"mentions":"listed","attachments":[{"filename":"a.bin","mimetype":"a/b","size":2,"data":"AP8="}],` +
				`"view":[[{"label":"Yes","custom_id":"y","style":"primary"}]],"interaction_id":"i","ephemeral":true,"native":{"a":"eg==","b":1}}`,
		},
		{
			"an edit names its target by id and key",
			platform.Operation{Targets: []string{"m1"}, Envelope: &envelope.Outbound{
				Type: envelope.TypeEdit, ChannelID: "c", TargetKey: "k0", Text: "y",
			}},
			`{"type":"edit","channel_id":"c","message_id":"m1","target_key":"k0","text":"y"}`,
		},
		{
			"a delete",
			platform.Operation{Targets: []string{"m1"}, Envelope: &envelope.Outbound{Type: envelope.TypeDelete, ChannelID: "c", MessageID: "m1"}},
			`{"type":"delete","channel_id":"c","message_id":"m1"}`,
		},
		{
			"a reaction taken back",
			platform.Operation{Targets: []string{"m1"}, Envelope: &envelope.Outbound{
				Type: envelope.TypeReaction, ChannelID: "c", Emoji: "👍", Remove: true,
			}},
			`{"type":"reaction","channel_id":"c","message_id":"m1","emoji":"👍","remove":true}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			parts, err := a.Plan(c.op)
			if err != nil || len(parts) != 1 {
				t.Fatalf("Plan: %d parts, %v", len(parts), err)
			}
			if got := string(parts[0].Body); got != c.want {
				t.Errorf("body\n got %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestPlanRefusesWhatJSONCannotHold(t *testing.T) {
	t.Parallel()
	a := newAdapter(t, "http://127.0.0.1:1/", nil)
	_, err := a.Plan(platform.Operation{Envelope: &envelope.Outbound{
		Type: envelope.TypeMessage, ChannelID: "c", Native: map[string]any{"n": math.Inf(1)},
	}})
	if e := platform.AsError(err); err == nil || e.Code != envelope.CodeInvalid || e.Field != "native" || e.Sent != platform.SentNo {
		t.Errorf("got %v; want invalid at native, sent=no", err)
	}
}
