package slack

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/platform"
)

// TestInteractions: buttons, selects, commands and modals come in as events, and
// are answered by their interaction_id, on another node too.
func TestInteractions(t *testing.T) {
	t.Parallel()
	for _, events := range []string{eventsSocket, eventsHTTP} {
		t.Run(events, func(t *testing.T) {
			t.Parallel()
			s, a := start(t, map[string]any{"events": events})
			if events == eventsHTTP {
				s.Hook(hooked(t, a))
			}
			host := opened(t, a, nil)
			next := func(n int) envelope.Event { return host.WaitEvents(t, n)[n-1] }
			asked := do(t, a, envelope.Outbound{
				Type: "message", ChannelID: crew, Text: "choose", View: envelope.View{{{Label: "Yes", CustomID: "same"}, {Label: "No", CustomID: "same", Style: "danger"}}},
				Native: map[string]any{"unfurl_links": false, "blocks": []any{map[string]any{"type": "actions", "elements": []any{
					map[string]any{"type": "static_select", "action_id": "colour", "options": []any{}},
				}}}},
			})[0].MessageID

			if !s.PressButton(crew, "U0BEN", asked, "No") {
				t.Fatal("there is no such button")
			}
			pressed := next(1)
			if pressed.Event != envelope.EventButton || pressed.CustomID != "same" || pressed.MessageID != asked || pressed.UserID != "U0BEN" || pressed.RoomName != "crew" {
				t.Errorf("the button's event is %+v", pressed)
			}
			s.Press(crew, "U0BEN", asked, map[string]any{"type": "static_select", "action_id": "colour", "selected_option": map[string]any{"value": "red"}})
			if e := next(2); e.CustomID != "colour" || cmp.Diff(map[string]any{"values": []any{"red"}}, e.Arguments) != "" {
				t.Errorf("the select's event is %+v", e)
			}
			s.Command("C0OTHER", "U0BEN", "/ask", "why is it so")
			command := next(3)
			if command.Event != envelope.EventCommand || command.Command != "ask" || command.Arguments["text"] != "why is it so" || command.ChannelID != "C0OTHER" {
				t.Errorf("the command's event is %+v", command)
			}

			// Answered by another node, which has nothing but the id.
			other := newAdapter(t, s, map[string]any{"events": eventsHTTP})
			unlimited(other)
			opened(t, other, nil)
			whisper := do(t, other, envelope.Outbound{Type: "message", ChannelID: crew, InteractionID: pressed.InteractionID, Ephemeral: true, Text: "psst"})
			outside := do(t, other, envelope.Outbound{Type: "message", ChannelID: "C0OTHER", InteractionID: command.InteractionID, Text: "for all"})
			do(t, other, envelope.Outbound{Type: "message", ChannelID: crew, InteractionID: pressed.InteractionID, Text: "aloud"})
			if whisper[0].MessageID != "" || outside[0].MessageID != "" || len(outside[0].Warnings) != 1 {
				t.Errorf("answers: %+v, %+v", whisper, outside)
			}
			var got []string
			for _, e := range s.Effects()[1:] {
				got = append(got, strings.Join(strings.Fields(e.Method+" "+e.Channel+" "+e.Text), " "))
			}
			want := []string{"respond ephemeral C0CREW psst", "respond in_channel C0OTHER for all", "chat.postMessage C0CREW aloud"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if secret := command.InteractionID; strings.Contains(secret, "respond") || strings.Contains(secret, "http") {
				t.Errorf("the id shows what it is for: %s", secret)
			}
		})
	}
}

func TestModal(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	root := s.Say(crew, "U0BEN", "hm", nil)
	in := do(t, a, envelope.Outbound{Type: "message", ChannelID: crew, ThreadID: root, Text: "x", View: envelope.View{{{Label: "Open", CustomID: "open"}}}})
	s.PressButton(crew, "U0BEN", in[0].MessageID, "Open")
	e := host.WaitEvents(t, 2)[1]
	if e.ThreadID != root {
		t.Errorf("a click in a thread: %+v", e)
	}
	view := map[string]any{
		"type": "modal", "callback_id": "order", "title": map[string]any{"type": "plain_text", "text": "Order"}, "private_metadata": "order 17",
		"blocks": []any{map[string]any{"type": "input", "block_id": "b", "element": map[string]any{"type": "plain_text_input", "action_id": "what"}}},
	}
	open := envelope.Outbound{Type: "message", ChannelID: e.ChannelID, ThreadID: e.ThreadID, InteractionID: e.InteractionID, Native: map[string]any{"view": view}}
	do(t, a, open)
	s.Submit("U0BEN", map[string]any{"b": map[string]any{
		"what": map[string]any{"type": "plain_text_input", "value": "tea"}, "when": map[string]any{"type": "datepicker", "selected_date": nil},
		"who": map[string]any{"type": "multi_users_select", "selected_users": []any{"U0ANN"}},
	}})
	got := host.WaitEvents(t, 3)[2]
	want := map[string]any{"what": "tea", "when": nil, "who": []any{"U0ANN"}, "private_metadata": "order 17"}
	if diff := cmp.Diff(want, got.Arguments); diff != "" || got.CustomID != "order" || got.ChannelID != crew || got.ThreadID != root || got.Event != envelope.EventButton {
		t.Errorf("the submission is %+v\n%s", got, diff)
	}
	if view["private_metadata"] != "order 17" {
		t.Error("planning changed the envelope")
	}

	// A trigger opens one modal.
	_, err := a.Do(t.Context(), partsOf(t, a, open)[0])
	if f := platform.AsError(err); err == nil || f.Code != envelope.CodeNotFound || f.Field != "interaction_id" || !strings.Contains(f.Message, "3s") {
		t.Errorf("a trigger that is used: %v", err)
	}
	s.Shortcut("U0ANN", "report")
	if e := host.WaitEvents(t, 4)[3]; e.Event != envelope.EventCommand || e.Command != "report" || e.ChannelID != ann || !e.IsDM {
		t.Errorf("a shortcut: %+v", e)
	}
}

// TestAnswersAreUsedUp: after five, what is for one person goes by the channel.
func TestAnswersAreUsedUp(t *testing.T) {
	t.Parallel()
	s, a := start(t, nil)
	host := opened(t, a, nil)
	s.Command(crew, "U0BEN", "/ask", "")
	id := host.WaitEvents(t, 1)[0].InteractionID
	for range 6 {
		do(t, a, envelope.Outbound{Type: "message", ChannelID: crew, InteractionID: id, Ephemeral: true, Text: "psst"})
	}
	effects := s.Effects()
	if last := effects[len(effects)-1]; len(effects) != 6 || last.Method != "chat.postEphemeral" || last.Text != "to U0BEN: psst" {
		t.Errorf("effects %+v", effects)
	}
	host.SetNow(time.Now().Add(time.Hour))
	for bad, code := range map[string]envelope.Code{id: envelope.CodeNotFound, "1abc": envelope.CodeInvalid} {
		_, err := a.Do(t.Context(), partsOf(t, a, envelope.Outbound{Type: "message", ChannelID: crew, InteractionID: bad, Ephemeral: true, Text: "psst"})[0])
		if f := platform.AsError(err); err == nil || f.Code != code || f.Sent != platform.SentNo || f.Field != "interaction_id" {
			t.Errorf("%v; want %s", err, code)
		}
	}
}

// TestActions: what each kind of element says comes as its values.
func TestActions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		id   string
		args map[string]any
	}{
		`{"type":"button","action_id":"postern:0.1","value":"yes"}`:                              {"yes", nil},
		`{"type":"button","action_id":"mine","value":"v"}`:                                       {"mine", map[string]any{"value": "v"}},
		`{"type":"button","action_id":"mine"}`:                                                   {"mine", nil},
		`{"type":"overflow","action_id":"o","selected_option":{"value":"a"}}`:                    {"o", map[string]any{"values": []any{"a"}}},
		`{"type":"checkboxes","action_id":"c","selected_options":[{"value":"a"},{"value":"b"}]}`: {"c", map[string]any{"values": []any{"a", "b"}}},
		`{"type":"users_select","action_id":"u","selected_user":"U1"}`:                           {"u", map[string]any{"values": []any{"U1"}}},
		`{"type":"multi_conversations_select","action_id":"m","selected_conversations":["C1"]}`:  {"m", map[string]any{"values": []any{"C1"}}},
		`{"type":"datetimepicker","action_id":"d","selected_date_time":1712345678}`:              {"d", map[string]any{"values": []any{"1712345678"}}},
		`{"type":"datepicker","action_id":"d","selected_date":"2026-01-02"}`:                     {"d", map[string]any{"values": []any{"2026-01-02"}}},
		`{"type":"plain_text_input","action_id":"t","value":"words"}`:                            {"t", map[string]any{"values": []any{"words"}}},
		`{"type":"static_select","action_id":"s","selected_option":null}`:                        {"s", map[string]any{"values": []any{}}},
	} {
		var a action
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			t.Fatal(err)
		}
		id, args := acted(a)
		if diff := cmp.Diff(want.args, args); id != want.id || diff != "" {
			t.Errorf("%s is %q\n%s", text, id, diff)
		}
	}
}
