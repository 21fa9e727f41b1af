package discord

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/platform/discord/discordtest"
	"github.com/posternhq/postern/platform"
)

// acknowledged waits until Discord has had its answer.
func (l *live) acknowledged(id string) discordtest.Interaction {
	l.t.Helper()
	l.until("it is acknowledged", func() bool { return l.s.Interaction(id).Acknowledged != 0 })
	return l.s.Interaction(id)
}

func (l *live) buttons() string {
	l.t.Helper()
	return l.must(envelope.Outbound{
		Type: "message", Text: "choose", View: envelope.View{{{Label: "Yes", CustomID: "yes"}}},
		Native: map[string]any{"components": []any{map[string]any{"type": 1, "components": []any{
			map[string]any{"type": 3, "custom_id": "color", "options": []any{map[string]any{"label": "Red", "value": "red"}}},
		}}}},
	})
}

func TestInteractionEvents(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	buttons := l.buttons()
	l.s.Click(discordtest.Channel, buttons, "yes")
	e := l.event(1)
	if e.Event != "button" || e.CustomID != "yes" || e.MessageID != buttons || e.UserID != discordtest.Ann || e.DisplayName != "Ann" || e.ChannelID != discordtest.Channel || !e.IsAddressed || e.Arguments != nil {
		t.Errorf("a click came as %+v", e)
	}
	if e.InteractionID == "" || strings.Contains(e.InteractionID, "token") {
		t.Errorf("its interaction_id is %q", e.InteractionID)
	}
	l.s.Choose(discordtest.Channel, buttons, "color", "red")
	if e = l.event(2); e.CustomID != "color" || !cmp.Equal(e.Arguments, map[string]any{"values": []any{"red"}}) {
		t.Errorf("a choice came as %+v", e)
	}
	l.s.Command(discordtest.Thread, "ask", discordtest.Option("question", 3, "why?"), discordtest.Option("times", 4, 2))
	if e = l.event(3); e.Event != "command" || e.Command != "ask" || e.ThreadID != discordtest.Thread || !cmp.Equal(e.Arguments, map[string]any{"question": "why?", "times": 2.0}) {
		t.Errorf("a command came as %+v", e)
	}
	l.s.Submit(discordtest.AnnDM, "form", map[string]any{"name": "Ann", "agrees": true, "hurry": false})
	if e = l.event(4); e.Event != "button" || e.CustomID != "form" || !e.IsDM || !cmp.Equal(e.Arguments, map[string]any{"name": "Ann", "agrees": true, "hurry": false}) {
		t.Errorf("a form came as %+v", e)
	}
}

// TestFirstAnswerIsTheResponse: who answers in time, answers Discord; nothing
// shows that we think.
func TestFirstAnswerIsTheResponse(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	id := l.s.Command(discordtest.Channel, "ask")
	made := l.must(envelope.Outbound{Type: "message", Text: "at once", InteractionID: l.event(1).InteractionID, Ephemeral: true})
	i := l.s.Interaction(id)
	m := l.message(discordtest.Channel, made)
	if i.Acknowledged != answerMessage || i.Original != made || m.Content != "at once" || m.Flags != flagEphemeral {
		t.Errorf("it was answered by type %d, %+v", i.Acknowledged, m)
	}
	if waited := i.Waited(); waited >= 3*time.Second {
		t.Errorf("Discord waited %v", waited)
	}
	// What follows is a message as any other, with a key.
	further := l.must(envelope.Outbound{Type: "message", Text: "and more", InteractionID: l.event(1).InteractionID})
	if m = l.message(discordtest.Channel, further); m.Nonce == "" || m.Webhook {
		t.Errorf("a further answer is %+v", m)
	}
}

// TestLateAnswers: after ack_after we say that an answer will come, and it takes
// the place of the sign.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	l := connected(t, map[string]any{"ack_after": time.Millisecond})
	id := l.s.Command(discordtest.Channel, "ask")
	i := l.acknowledged(id)
	if i.Acknowledged != answerLater {
		t.Fatalf("a command was acknowledged by type %d", i.Acknowledged)
	}
	answer := envelope.Outbound{Type: "message", ChannelID: discordtest.Channel, Text: "thought over", InteractionID: l.event(1).InteractionID}
	parts, err := l.Plan(platform.Operation{Key: "k", Envelope: &answer})
	if err != nil || parts[0].Keyless {
		t.Fatalf("Plan: %v, keyless %v", err, parts[0].Keyless)
	}
	platform.Number("s", "k", parts)
	l.s.Fail(discordtest.Lost, "PATCH /webhooks/")
	if _, err := l.do(parts); platform.AsError(err).Sent != platform.SentUnknown {
		t.Fatalf("the answer to the answer was lost, and Do says %v", err)
	}
	results, err := l.do(parts)
	if err != nil || results[0].MessageID != i.Original {
		t.Fatalf("sent again: %+v, %v", results, err)
	}
	if m := l.message(discordtest.Channel, i.Original); m.Content != "thought over" || m.Flags&flagLoading != 0 {
		t.Errorf("the response is %+v", m)
	}
	if n := len(l.s.Messages(discordtest.Channel)); n != 1 {
		t.Errorf("there are %d messages", n)
	}

	// Another node, that does not know that it was answered, finds it so.
	other := &live{Adapter: newAdapter(t, l.s, nil), t: t, s: l.s, host: l.host}
	l.shut()
	other.open()
	if results, err = other.do(parts); err != nil || results[0].MessageID != i.Original || len(l.s.Messages(discordtest.Channel)) != 1 {
		t.Errorf("on another node: %+v, %v; %d messages", results, err, len(l.s.Messages(discordtest.Channel)))
	}
}

// TestLateToOne: an answer for one person stays one, although everybody sees
// that we think.
func TestLateToOne(t *testing.T) {
	t.Parallel()
	l := connected(t, map[string]any{"ack_after": time.Millisecond})
	id := l.s.Command(discordtest.Channel, "ask")
	l.acknowledged(id)
	secret := envelope.Outbound{Type: "message", Text: "between us", InteractionID: l.event(1).InteractionID, Ephemeral: true}
	made := l.must(secret)
	all := l.s.Messages(discordtest.Channel)
	if len(all) != 1 || all[0].ID != made || all[0].Flags != flagEphemeral || all[0].Content != "between us" {
		t.Errorf("there is %+v", all)
	}
}

// TestClickIsAcknowledgedQuietly: nothing is shown for a click that nobody
// answers, and an answer that comes late is a message with a key.
func TestClickIsAcknowledgedQuietly(t *testing.T) {
	t.Parallel()
	l := connected(t, map[string]any{"ack_after": time.Millisecond})
	buttons := l.buttons()
	i := l.acknowledged(l.s.Click(discordtest.Channel, buttons, "yes"))
	if i.Acknowledged != answerQuietly || len(l.s.Messages(discordtest.Channel)) != 1 {
		t.Fatalf("it was acknowledged by type %d", i.Acknowledged)
	}
	made := l.must(envelope.Outbound{Type: "message", Text: "you clicked", InteractionID: l.event(1).InteractionID})
	if m := l.message(discordtest.Channel, made); m.Nonce == "" || m.Content != "you clicked" {
		t.Errorf("the answer is %+v", m)
	}
	if m := l.message(discordtest.Channel, buttons); m.Content != "choose" {
		t.Errorf("what was clicked is now %+v", m)
	}
	alone := l.must(envelope.Outbound{Type: "message", Text: "just you", InteractionID: l.event(1).InteractionID, Ephemeral: true})
	if m := l.message(discordtest.Channel, alone); m.Flags != flagEphemeral {
		t.Errorf("an answer to one is %+v", m)
	}
}

func TestModal(t *testing.T) {
	t.Parallel()
	modal := map[string]any{"modal": map[string]any{"custom_id": "form", "title": "You", "components": []any{}}}
	l := connected(t, nil)
	id := l.s.Command(discordtest.Channel, "ask")
	l.must(envelope.Outbound{Type: "message", InteractionID: l.event(1).InteractionID, Native: modal})
	if i := l.s.Interaction(id); i.Acknowledged != answerModal || i.Modal == nil {
		t.Errorf("it was answered by type %d", i.Acknowledged)
	}

	late := connected(t, map[string]any{"ack_after": time.Millisecond})
	late.acknowledged(late.s.Command(discordtest.Channel, "ask"))
	_, err := late.send(envelope.Outbound{Type: "message", InteractionID: late.event(1).InteractionID, Native: modal})
	if e := platform.AsError(err); err == nil || e.Code != envelope.CodeConflict || e.Field != "interaction_id" || !strings.Contains(e.Message, "ack_after") {
		t.Errorf("a modal that came late: %v", err)
	}
}

// TestInteractionIDs that are none of ours open nothing.
func TestInteractionIDs(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	for _, id := range []string{"k", "k1AAAA", "made-up"} {
		_, err := l.send(envelope.Outbound{Type: "message", Text: "x", InteractionID: id})
		if e := platform.AsError(err); err == nil || e.Code != envelope.CodeInvalid || e.Field != "interaction_id" {
			t.Errorf("%q: %v", id, err)
		}
	}
	// After its 15 minutes an answer is a message, and one for a person alone is
	// not shown to all.
	l.s.Command(discordtest.Channel, "ask")
	id := l.event(1).InteractionID
	l.host.SetNow(time.Now().Add(16 * time.Minute))
	if m := l.message(discordtest.Channel, l.must(envelope.Outbound{Type: "message", Text: "late", InteractionID: id})); m.Nonce == "" {
		t.Errorf("a late answer is %+v", m)
	}
	_, err := l.send(envelope.Outbound{Type: "message", Text: "late", InteractionID: id, Ephemeral: true})
	if e := platform.AsError(err); err == nil || e.Code != envelope.CodeNotFound {
		t.Errorf("a late one for one: %v", err)
	}
}

// TestCloseAcknowledges: who clicked just before a node went sees no failure.
func TestCloseAcknowledges(t *testing.T) {
	t.Parallel()
	l := connected(t, nil)
	id := l.s.Command(discordtest.Channel, "ask")
	l.event(1)
	l.shut()
	if i := l.s.Interaction(id); i.Acknowledged != answerLater {
		t.Errorf("it was acknowledged by type %d", i.Acknowledged)
	}
}

// TestWhatCannotBeReadIsAcknowledged: somebody waits for it all the same.
func TestWhatCannotBeReadIsAcknowledged(t *testing.T) {
	t.Parallel()
	l := connected(t, map[string]any{"ack_after": time.Millisecond})
	l.acknowledged(l.s.Puzzle(discordtest.Channel))
	if logged := l.host.Logged(); !strings.Contains(logged, "cannot be read") {
		t.Errorf("it is not told of: %s", logged)
	}
	l.s.Command(discordtest.Channel, "ask")
	if e := l.event(1); e.Command != "ask" {
		t.Errorf("then came %+v", e)
	}
}

// TestNothingIsToldOfTokens: an interaction's token, and the bot's, stand in no
// log and no error.
func TestNothingIsToldOfTokens(t *testing.T) {
	t.Parallel()
	l := connected(t, map[string]any{"ack_after": time.Millisecond})
	l.s.Command(discordtest.Channel, "ask")
	answer := envelope.Outbound{Type: "message", Text: "x", InteractionID: l.event(1).InteractionID, Ephemeral: true}
	var errs []string
	for _, f := range []discordtest.Fault{discordtest.Broken, discordtest.Auth, discordtest.Missing, discordtest.Lost} {
		l.s.Fail(f, "POST /webhooks/")
		if _, err := l.send(answer); err != nil {
			errs = append(errs, err.Error())
		}
	}
	all := l.host.Logged() + strings.Join(errs, "\n")
	if strings.Contains(all, "interaction-token") || strings.Contains(all, discordtest.Token) {
		t.Errorf("a token is told: %s", all)
	}
	if i := slices.IndexFunc(errs, func(s string) bool { return strings.Contains(s, "auth:") }); i >= 0 {
		t.Errorf("the bot's token is blamed: %s", errs[i])
	}
}
