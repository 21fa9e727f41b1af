package slack

import "encoding/json"

// What is read of Slack's objects: what an event is made of. All else may
// change without harm.

// callback is what the Events API posts, and Socket Mode brings as events_api
// (docs.slack.dev/apis/events-api).
type callback struct {
	Type      string          `json:"type"` // event_callback, url_verification
	Challenge string          `json:"challenge"`
	TeamID    string          `json:"team_id"`
	EventID   string          `json:"event_id"`
	EventTime float64         `json:"event_time"`
	Event     json.RawMessage `json:"event"`
}

// message is a message, and the event that brings one.
type message struct {
	Type        string   `json:"type"`
	Subtype     string   `json:"subtype"`
	Channel     string   `json:"channel"`
	ChannelType string   `json:"channel_type"` // im, mpim, channel, group; app_mention has none
	User        string   `json:"user"`
	BotID       string   `json:"bot_id"`
	Username    string   `json:"username"`
	Text        string   `json:"text"`
	Blocks      []block  `json:"blocks"`
	Files       []file   `json:"files"`
	TS          string   `json:"ts"`
	ThreadTS    string   `json:"thread_ts"`
	ParentUser  string   `json:"parent_user_id"`
	EventTS     string   `json:"event_ts"`
	DeletedTS   string   `json:"deleted_ts"`
	Message     *message `json:"message"`
	Previous    *message `json:"previous_message"`
	Edited      *struct {
		TS   string `json:"ts"`
		User string `json:"user"`
	} `json:"edited"`
	BotProfile struct {
		Name string `json:"name"`
	} `json:"bot_profile"`
	Metadata struct {
		Type    string         `json:"event_type"`
		Payload map[string]any `json:"event_payload"`
	} `json:"metadata"`
}

// thread is the thread that a message is an answer in, "" if in none: a
// thread's first message bears its own id.
func (m *message) thread() string {
	if m.ThreadTS == m.TS {
		return ""
	}
	return m.ThreadTS
}

// block is a block of a message, and the whole of it as it came.
type block struct {
	Type     string  `json:"type"`
	ID       string  `json:"block_id"`
	Elements []piece `json:"elements"`
	Text     struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	raw json.RawMessage
}

// UnmarshalJSON reads a block: of some kinds the text is an object, of some a
// string, and what a kind has in its elements only a rich_text's are read of.
func (b *block) UnmarshalJSON(text []byte) error {
	var known struct {
		Type     string          `json:"type"`
		ID       string          `json:"block_id"`
		Elements json.RawMessage `json:"elements"`
		Text     json.RawMessage `json:"text"`
	}
	if err := json.Unmarshal(text, &known); err != nil {
		return err
	}
	*b = block{Type: known.Type, ID: known.ID, raw: append(json.RawMessage(nil), text...)}
	if known.Type == "rich_text" && known.Elements != nil {
		return json.Unmarshal(known.Elements, &b.Elements)
	}
	if known.Text != nil && json.Unmarshal(known.Text, &b.Text) != nil {
		b.Text.Type = known.Type
		return json.Unmarshal(known.Text, &b.Text.Text)
	}
	return nil
}

// piece is an element of a rich_text that was received.
type piece struct {
	Type     string          `json:"type"`
	Elements []piece         `json:"elements"`
	Style    json.RawMessage `json:"style"` // of a list its kind, of others how it looks
	Indent   int             `json:"indent"`
	Offset   int             `json:"offset"`
	Text     string          `json:"text"`
	URL      string          `json:"url"`
	User     string          `json:"user_id"`
	Group    string          `json:"usergroup_id"`
	Channel  string          `json:"channel_id"`
	Range    string          `json:"range"`
	Name     string          `json:"name"`
	SkinTone int             `json:"skin_tone"`
	Fallback string          `json:"fallback"`
}

// reactionNews is somebody's reaction, set or taken away.
type reactionNews struct {
	Type     string `json:"type"`
	User     string `json:"user"`
	Reaction string `json:"reaction"`
	ItemUser string `json:"item_user"` // whose message it is; "" of an incoming webhook's (docs.slack.dev/reference/events/reaction_added)
	EventTS  string `json:"event_ts"`
	Item     struct {
		Type    string `json:"type"`
		Channel string `json:"channel"`
		TS      string `json:"ts"`
	} `json:"item"`
}

// memberNews is who came or went.
type memberNews struct {
	Type    string `json:"type"`
	User    string `json:"user"`
	Channel string `json:"channel"`
	Inviter string `json:"inviter"`
	EventTS string `json:"event_ts"`
}
