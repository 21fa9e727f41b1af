package slack

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/posternhq/postern/envelope"
)

// slash is a slash command (docs.slack.dev/interactivity/implementing-slash-commands).
type slash struct {
	Command     string `json:"command"`
	Text        string `json:"text"`
	UserID      string `json:"user_id"`
	UserName    string `json:"user_name"`
	ChannelID   string `json:"channel_id"`
	ChannelName string `json:"channel_name"`
	TeamID      string `json:"team_id"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

// payload is a click, a choice, a shortcut or a modal's submission
// (docs.slack.dev/reference/interaction-payloads).
type payload struct {
	Type        string `json:"type"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	CallbackID  string `json:"callback_id"`
	User        struct {
		ID       string `json:"id"`
		Username string `json:"username"`
		Name     string `json:"name"`
	} `json:"user"`
	Team struct {
		ID string `json:"id"`
	} `json:"team"`
	Channel struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"channel"`
	Container struct {
		MessageTS string `json:"message_ts"`
		ChannelID string `json:"channel_id"`
		ThreadTS  string `json:"thread_ts"`
	} `json:"container"`
	Message message  `json:"message"`
	Actions []action `json:"actions"`
	View    struct {
		ID         string `json:"id"`
		CallbackID string `json:"callback_id"`
		Metadata   string `json:"private_metadata"`
		State      struct {
			Values map[string]map[string]action `json:"values"`
		} `json:"state"`
	} `json:"view"`
}

// action is what was pressed, chosen or written. Each kind has its own field.
type action struct {
	Type     string   `json:"type"`
	ActionID string   `json:"action_id"`
	ActionTS string   `json:"action_ts"`
	Value    *string  `json:"value"`
	Option   *option  `json:"selected_option"`
	Options  []option `json:"selected_options"`
	User     string   `json:"selected_user"`
	Users    []string `json:"selected_users"`
	Talk     string   `json:"selected_conversation"`
	Talks    []string `json:"selected_conversations"`
	Channel  string   `json:"selected_channel"`
	Channels []string `json:"selected_channels"`
	Date     string   `json:"selected_date"`
	Time     string   `json:"selected_time"`
	DateTime int64    `json:"selected_date_time"`
	RichText *block   `json:"rich_text_value"`
	Files    []file   `json:"files"`
}

type option struct {
	Value string `json:"value"`
}

// triggered names what a trigger_id came with: it is Slack's for one click.
// What it opens is not in the name.
func triggered(trigger string, more string) string {
	sum := sha256.Sum256([]byte(trigger))
	return "trigger " + hex.EncodeToString(sum[:12]) + more
}

func decodeSlash(s *slash) (envelope.Event, interaction) {
	e := envelope.Event{
		Event: envelope.EventCommand, ChannelID: s.ChannelID, UserID: s.UserID, Username: s.UserName, GuildID: s.TeamID, IsDM: isDM(s.ChannelID),
		EventID: triggered(s.TriggerID, ""), IsAddressed: true,
		Command: strings.TrimPrefix(s.Command, "/"), Arguments: map[string]any{"text": s.Text},
	}
	return e, interaction{Respond: s.ResponseURL, Trigger: s.TriggerID, User: s.UserID, Channel: s.ChannelID}
}

// decodePayload turns an interaction into events: one for each thing that was
// done, none for what needs no answer.
func decodePayload(p *payload, named naming) ([]envelope.Event, interaction) {
	e := envelope.Event{
		Event: envelope.EventButton, UserID: p.User.ID, Username: p.User.Username, GuildID: p.Team.ID, IsAddressed: true,
		ChannelID: p.Channel.ID, MessageID: p.Container.MessageTS, EventID: triggered(p.TriggerID, ""),
	}
	if e.Username == "" {
		e.Username = p.User.Name
	}
	if e.ChannelID == "" {
		e.ChannelID = p.Container.ChannelID
	}
	if e.ThreadID = p.Container.ThreadTS; e.ThreadID == "" {
		e.ThreadID = p.Message.thread()
	}
	if e.MessageID == "" {
		e.MessageID = p.Message.TS
	}
	own := openedFrom(&e, p.View.Metadata)
	e.IsDM = isDM(e.ChannelID)
	var events []envelope.Event
	switch p.Type {
	case "block_actions":
		for i, a := range p.Actions {
			one := e
			one.CustomID, one.Arguments = acted(a)
			one.EventID = triggered(p.TriggerID, "."+strconv.Itoa(i))
			one.Timestamp = seconds(a.ActionTS)
			events = append(events, one)
		}
	case "view_submission":
		e.CustomID, e.Arguments = p.View.CallbackID, submitted(p.View.State.Values, named)
		if own != "" {
			e.Arguments["private_metadata"] = own
		}
		events = append(events, e)
	case "shortcut", "message_action":
		e.Event, e.Command, e.Arguments = envelope.EventCommand, p.CallbackID, map[string]any{}
		if p.Type == "message_action" {
			e.Arguments["text"], _ = contentOf(&p.Message, named)
		}
		events = append(events, e)
	}
	return events, interaction{Respond: p.ResponseURL, Trigger: p.TriggerID, User: p.User.ID, Channel: e.ChannelID, Thread: e.ThreadID}
}

// openedFrom reads where a modal was opened, and returns what the worker wrote
// beside it.
func openedFrom(e *envelope.Event, metadata string) (own string) {
	var from origin
	if metadata == "" || json.Unmarshal([]byte(metadata), &from) != nil || !placeForm.MatchString(from.Channel) {
		return metadata
	}
	if e.ChannelID == "" {
		e.ChannelID, e.ThreadID = from.Channel, from.Thread
	}
	return from.Own
}

// acted is what an action means: of a button of ours its custom_id; of others
// the action_id, and what was chosen.
func acted(a action) (customID string, arguments map[string]any) {
	ours := strings.HasPrefix(a.ActionID, ourAction)
	switch {
	case a.Type == "button" && ours && a.Value != nil:
		return *a.Value, nil
	case a.Type == "button" && a.Value != nil:
		return a.ActionID, map[string]any{"value": *a.Value}
	case a.Type == "button":
		return a.ActionID, nil
	}
	values, _ := a.values()
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = v
	}
	return a.ActionID, map[string]any{"values": all}
}

// values are what was chosen or written; many: it may be several.
func (a action) values() (values []string, many bool) {
	ofOptions := func(all []option) []string {
		var out []string
		for _, o := range all {
			out = append(out, o.Value)
		}
		return out
	}
	switch a.Type {
	case "checkboxes", "multi_static_select", "multi_external_select":
		return ofOptions(a.Options), true
	case "multi_users_select":
		return a.Users, true
	case "multi_conversations_select":
		return a.Talks, true
	case "multi_channels_select":
		return a.Channels, true
	}
	for _, one := range []string{a.User, a.Talk, a.Channel, a.Date, a.Time} {
		if one != "" {
			return []string{one}, false
		}
	}
	switch {
	case a.Option != nil:
		return []string{a.Option.Value}, false
	case a.DateTime != 0:
		return []string{strconv.FormatInt(a.DateTime, 10)}, false
	case a.Value != nil:
		return []string{*a.Value}, false
	}
	return nil, false
}

// submitted is what a modal's inputs hold, by their action_id. An input that was
// left empty is null, and a choice of several a list.
func submitted(blocks map[string]map[string]action, named naming) map[string]any {
	out := map[string]any{}
	for _, inputs := range blocks {
		for id, a := range inputs {
			values, many := a.values()
			switch {
			case a.RichText != nil:
				out[id] = (&reader{named: named}).rich(a.RichText.Elements)
			case many:
				all := make([]any, len(values))
				for i, v := range values {
					all[i] = v
				}
				out[id] = all
			case len(values) == 1:
				out[id] = values[0]
			default:
				out[id] = nil
			}
		}
	}
	return out
}
