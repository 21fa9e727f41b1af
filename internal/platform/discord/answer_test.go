package discord

import (
	"testing"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/discord/discordtest"
	"github.com/posternhq/postern/platform"
)

// elsewhere is the same bot on another node: this one is gone, and its memory
// with it.
func (l *live) elsewhere() *live {
	l.t.Helper()
	l.shut()
	other := &live{Adapter: newAdapter(l.t, l.s, nil), t: l.t, s: l.s, host: l.host, n: l.n}
	other.open()
	return other
}

// planned is an envelope's parts, to be done more than once.
func (l *live) planned(e envelope.Outbound) []platform.Part {
	l.t.Helper()
	e.ChannelID = discordtest.Channel
	parts, err := l.Plan(platform.Operation{Key: "planned", Envelope: &e})
	if err != nil {
		l.t.Fatal(err)
	}
	platform.Number("postern:outbound:discord", "planned", parts)
	return parts
}

// TestPrivateAfterAFailure: what is for one person is shown to nobody else,
// although the public answer before it failed while all see that we think.
func TestPrivateAfterAFailure(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(*live, string) error{
		"Discord refuses it": func(l *live, id string) error {
			l.s.Fail(discordtest.Missing, "PATCH /webhooks/")
			_, err := l.send(envelope.Outbound{Type: "message", Text: "for all", InteractionID: id})
			return err
		},
		"its file is too large": func(l *live, id string) error {
			_, err := l.send(envelope.Outbound{
				Type: "message", Text: "for all", InteractionID: id,
				Attachments: []envelope.Media{{Filename: "large.bin", Data: make([]byte, 1<<20+1)}},
			})
			return err
		},
		"it may be there": func(l *live, id string) error {
			l.s.Fail(discordtest.Broken, "PATCH /webhooks/")
			_, err := l.send(envelope.Outbound{Type: "message", Text: "for all", InteractionID: id})
			return err
		},
	} {
		for _, moved := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", and another node goes on"}[moved], func(t *testing.T) {
				t.Parallel()
				l := connected(t, map[string]any{"ack_after": time.Millisecond, "max_file": 1})
				l.acknowledged(l.s.Command(discordtest.Channel, "ask"))
				id := l.event(1).InteractionID
				if fails(l, id) == nil {
					t.Fatal("the public answer got through")
				}
				if moved {
					l = l.elsewhere()
				}
				made := l.must(envelope.Outbound{Type: "message", Text: "between us", InteractionID: id, Ephemeral: true})
				if m := l.message(discordtest.Channel, made); m.Content != "between us" {
					t.Errorf("the answer is %+v", m)
				}
				for _, m := range l.s.Messages(discordtest.Channel) {
					if m.Content == "between us" && m.Flags&flagEphemeral == 0 {
						t.Errorf("everybody sees %+v", m)
					}
				}
			})
		}
	}
}

// TestPublicAfterAFailure: what follows an answer that failed takes the place of
// the sign that we think.
func TestPublicAfterAFailure(t *testing.T) {
	t.Parallel()
	l := connected(t, map[string]any{"ack_after": time.Millisecond})
	i := l.acknowledged(l.s.Command(discordtest.Channel, "ask"))
	id := l.event(1).InteractionID
	l.s.Fail(discordtest.Missing, "PATCH /webhooks/")
	if _, err := l.send(envelope.Outbound{Type: "message", Text: "no", InteractionID: id}); err == nil {
		t.Fatal("it got through")
	}
	if made := l.must(envelope.Outbound{Type: "message", Text: "yes", InteractionID: id}); made != i.Original || len(l.s.Messages(discordtest.Channel)) != 1 {
		t.Errorf("the answer is %s of %+v; want %s alone", made, l.s.Messages(discordtest.Channel), i.Original)
	}
}

// TestFirstAnswerIsKnownElsewhere: Discord took the first answer, and the node
// died before it heard so. Another one finds it there, whatever it says.
func TestFirstAnswerIsKnownElsewhere(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]envelope.Outbound{
		"an embed alone":        {Type: "message", Native: map[string]any{"embeds": []any{map[string]any{"title": "An embed"}}}},
		"text Discord trims":    {Type: "message", Text: "```\n  x\n```\n\u2003"},
		"text and a file":       {Type: "message", Text: "here", Attachments: []envelope.Media{{Filename: "a.txt", Data: []byte("a")}}},
		"a file without a text": {Type: "message", Attachments: []envelope.Media{{Filename: "a.txt", Data: []byte("a")}}},
	} {
		for request, after := range map[string]time.Duration{"PATCH /webhooks/": time.Millisecond, "POST /interactions/": 2 * time.Second} {
			t.Run(name+" by "+request, func(t *testing.T) {
				t.Parallel()
				answer := answer
				l := connected(t, map[string]any{"ack_after": after})
				id := l.s.Command(discordtest.Channel, "ask")
				answer.InteractionID = l.event(1).InteractionID
				if after == time.Millisecond {
					l.acknowledged(id)
				}
				parts := l.planned(answer)
				l.s.Fail(discordtest.Lost, request)
				if _, err := l.do(parts); platform.AsError(err).Sent != platform.SentUnknown {
					t.Fatalf("the answer to the answer was lost, and Do says %v", err)
				}
				l = l.elsewhere()
				results, err := l.do(parts)
				if all := l.s.Messages(discordtest.Channel); err != nil || len(all) != 1 || results[0].MessageID != all[0].ID {
					t.Errorf("on another node: %+v, %v; there is %+v", results, err, all)
				}
			})
		}
	}
}

// TestSameTextTwice: a second answer that says what the first said is one more
// message, also on a node that has not seen the first.
func TestSameTextTwice(t *testing.T) {
	t.Parallel()
	l := connected(t, map[string]any{"ack_after": time.Millisecond})
	l.acknowledged(l.s.Command(discordtest.Channel, "ask"))
	again := envelope.Outbound{Type: "message", Text: "Still working", InteractionID: l.event(1).InteractionID}
	first := l.must(again)
	l = l.elsewhere()
	if second := l.must(again); second == first || len(l.s.Messages(discordtest.Channel)) != 2 {
		t.Errorf("the second is %s, the first %s; there is %+v", second, first, l.s.Messages(discordtest.Channel))
	}
}

// TestALookIsNoSend: as long as only what shows that we think was looked at or
// changed, the answer was not sent.
func TestALookIsNoSend(t *testing.T) {
	t.Parallel()
	l := connected(t, map[string]any{"ack_after": time.Millisecond})
	l.acknowledged(l.s.Command(discordtest.Channel, "ask"))
	secret := l.planned(envelope.Outbound{Type: "message", Text: "between us", InteractionID: l.event(1).InteractionID, Ephemeral: true})
	l.s.Fail(discordtest.Broken, "PATCH /webhooks/")
	if _, err := l.do(secret); err == nil || platform.AsError(err).Sent != platform.SentNo || platform.AsError(err).Code != envelope.CodeTransient {
		t.Errorf("the sign could not be changed, and Do says %+v", platform.AsError(err))
	}
	l.s.Away(true)
	if _, err := l.do(secret); err == nil || platform.AsError(err).Sent != platform.SentNo {
		t.Errorf("the sign could not be looked at, and Do says %+v", platform.AsError(err))
	}
	l.s.Away(false)
	if _, err := l.do(secret); err != nil {
		t.Fatal(err)
	}
	if all := l.s.Messages(discordtest.Channel); len(all) != 1 || all[0].Flags != flagEphemeral {
		t.Errorf("there is %+v", all)
	}
}
