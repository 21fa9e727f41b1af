package slacktest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Say has somebody write a message, with other fields as the API has them; with
// thread_ts, in a thread. Whoever mentions the app in a channel is heard twice,
// as on Slack: by message and by app_mention.
func (s *Server) Say(channel, user, text string, more map[string]any) (ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	s.serial++
	m := &Message{
		TS: s.nextTS(), User: user, Text: text, ClientID: "client-" + strconv.Itoa(s.serial), Reactions: map[string][]string{},
		Blocks: []any{values{"type": "rich_text", "block_id": "b" + strconv.Itoa(s.serial), "elements": []any{values{"type": "rich_text_section", "elements": spoken(text)}}}},
	}
	if blocks, ok := more["blocks"]; ok {
		m.Blocks = copied(blocks)
	}
	m.Thread, _ = more["thread_ts"].(string)
	if ids, ok := more["files"].([]string); ok {
		m.Files, m.Subtype = ids, "file_share"
	}
	c.messages = append(c.messages, m)
	if first := c.find(m.Thread); m.Thread != "" && first != nil {
		first.Thread = m.Thread
	}
	event := s.shown(c, m, false)
	for name, value := range more {
		if name != "files" {
			event[name] = value
		}
	}
	event["channel"], event["event_ts"] = channel, m.TS
	if strings.Contains(text, "<@"+BotUID+">") && c.With == "" {
		mention := values(copied(event).(map[string]any))
		mention["type"] = "app_mention"
		s.bring(mention)
	}
	event["channel_type"] = c.kind()
	s.bring(event)
	return m.TS
}

// spoken are the elements of a text: mentions and the rest.
func spoken(text string) []any {
	var out []any
	for text != "" {
		i := strings.Index(text, "<@")
		end := strings.Index(text, ">")
		if i < 0 || end < i {
			break
		}
		if i > 0 {
			out = append(out, values{"type": "text", "text": text[:i]})
		}
		out = append(out, values{"type": "user", "user_id": text[i+2 : end]})
		text = text[end+1:]
	}
	if text != "" {
		out = append(out, values{"type": "text", "text": text})
	}
	return out
}

// Change has somebody change what they said. When, Slack tells to the second.
func (s *Server) Change(channel, ts, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	m := c.find(ts)
	before := s.shown(c, m, false)
	at := s.nextTS()
	m.Text, m.Blocks, m.Edited = text, nil, whole(at)
	s.changed(c, m, at, before)
}

// Unfurl tells of a message that has changed and was not edited, as when Slack
// has looked at a link in it.
func (s *Server) Unfurl(channel, ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	m := c.find(ts)
	s.changed(c, m, s.nextTS(), s.shown(c, m, false))
}

// changed tells that a message is another than before. The mutex is held.
func (s *Server) changed(c *Channel, m *Message, at string, before values) {
	s.bring(values{
		"type": "message", "subtype": "message_changed", "hidden": true, "channel": c.ID, "channel_type": c.kind(), "ts": at,
		"event_ts": at, "message": s.shown(c, m, false), "previous_message": before,
	})
}

// whole is the second that a time is in.
func whole(ts string) string {
	seconds, _, _ := strings.Cut(ts, ".")
	return seconds + ".000000"
}

// Withdraw has somebody delete what they said.
func (s *Server) Withdraw(channel, ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	m := c.find(ts)
	m.Deleted = true
	at := s.nextTS()
	s.bring(values{
		"type": "message", "subtype": "message_deleted", "hidden": true, "channel": channel, "channel_type": c.kind(), "ts": at,
		"event_ts": at, "deleted_ts": ts, "previous_message": s.shown(c, m, false),
	})
}

// Event brings an event of any kind.
func (s *Server) Event(event map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bring(event)
}

// React has somebody set or take away a reaction.
func (s *Server) React(channel, user, ts, name string, removed bool) {
	kind := map[bool]string{false: "reaction_added", true: "reaction_removed"}[removed]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bring(values{
		"type": kind, "user": user, "reaction": name, "event_ts": s.nextTS(), "item_user": s.channels[channel].find(ts).User,
		"item": values{"type": "message", "channel": channel, "ts": ts},
	})
}

// trigger makes a trigger_id and a response_url, as everything that somebody
// does with the app comes with.
func (s *Server) trigger(channel string) (trigger, respond string) {
	s.serial++
	trigger = fmt.Sprintf("%d.1234567890.%032x", s.serial, s.serial)
	s.triggers[trigger] = time.Now()
	respond = s.http.URL + "/respond/" + channel + "." + strconv.Itoa(s.serial)
	s.answers[channel+"."+strconv.Itoa(s.serial)] = 0
	return trigger, respond
}

// Press has somebody use an element below a message: the action as Slack has it
// in a payload, such as {"type": "button", "action_id": "a", "value": "v"}.
func (s *Server) Press(channel, user, ts string, action map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channel]
	m := c.find(ts)
	trigger, respond := s.trigger(channel)
	one := values{"block_id": "x", "action_ts": s.nextTS()}
	for name, value := range action {
		one[name] = value
	}
	container := values{"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": false}
	if m.thread() != "" {
		container["thread_ts"] = m.Thread
	}
	s.deal("interactive", values{
		"type": "block_actions", "user": s.actor(user), "team": values{"id": TeamID, "domain": "test"}, "api_app_id": AppID,
		"channel": values{"id": channel, "name": c.Name}, "container": container, "message": s.shown(c, m, false),
		"trigger_id": trigger, "response_url": respond, "actions": []any{one},
	}, true)
}

// PressButton has somebody press the button with this label.
func (s *Server) PressButton(channel, user, ts, label string) bool {
	m, ok := s.Message(channel, ts)
	blocks, _ := m.Blocks.([]any)
	for _, b := range blocks {
		block, _ := b.(map[string]any)
		for _, e := range values(block).list("elements") {
			one, _ := e.(map[string]any)
			if v := values(one); v.text("type") == "button" && v.object("text").text("text") == label {
				s.Press(channel, user, ts, map[string]any{"type": "button", "action_id": v.text("action_id"), "value": v.text("value")})
				return ok
			}
		}
	}
	return false
}

func (s *Server) actor(id string) values {
	return values{"id": id, "username": s.users[id].Name, "name": s.users[id].Name, "team_id": TeamID}
}

// Command has somebody write a slash command.
func (s *Server) Command(channel, user, command, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	trigger, respond := s.trigger(channel)
	s.deal("slash_commands", values{
		"command": command, "text": text, "user_id": user, "user_name": s.users[user].Name, "channel_id": channel,
		"channel_name": s.channels[channel].Name, "team_id": TeamID, "team_domain": "test", "api_app_id": AppID,
		"trigger_id": trigger, "response_url": respond, "is_enterprise_install": "false",
	}, true)
}

// Shortcut has somebody use a global shortcut.
func (s *Server) Shortcut(user, callback string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	trigger, _ := s.trigger("none")
	s.deal("interactive", values{
		"type": "shortcut", "callback_id": callback, "user": s.actor(user), "team": values{"id": TeamID}, "trigger_id": trigger,
	}, true)
}

// Submit has somebody submit the modal that was opened last, with what its inputs
// hold: by block_id and action_id, each as Slack has it in a view's state.
func (s *Server) Submit(user string, state map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	view := values{}
	_ = json.Unmarshal(s.views[len(s.views)-1], &view)
	view["state"] = values{"values": state}
	trigger, _ := s.trigger("none")
	s.deal("interactive", values{
		"type": "view_submission", "user": s.actor(user), "team": values{"id": TeamID}, "api_app_id": AppID, "trigger_id": trigger, "view": view,
	}, true)
}

// serveRespond takes an answer to an interaction, five times at most.
func (s *Server) serveRespond(w http.ResponseWriter, r *http.Request, id string) {
	args := values{}
	if err := json.NewDecoder(r.Body).Decode(&args); err != nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun++
	used, known := s.answers[id]
	w.Header().Set("Content-Type", "application/json")
	switch {
	case !known:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"ok":false,"error":"expired_url"}`)
		return
	case used >= 5:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"ok":false,"error":"used_url"}`)
		return
	}
	s.answers[id]++
	channel, _, _ := strings.Cut(id, ".")
	m := Message{Text: args.text("text"), Blocks: args["blocks"]}
	s.see("respond "+args.text("response_type"), channel, args.text("thread_ts"), "", m.Shown())
	_, _ = io.WriteString(w, "ok")
}

// Put makes a message under an id, of which nobody is told.
func (s *Server) Put(channel, user, text, ts string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &Message{TS: ts, User: user, Text: text, Reactions: map[string][]string{}}
	if user == BotUID {
		m.BotID = BotID
	}
	c := s.channels[channel]
	c.messages = append(c.messages, m)
}
