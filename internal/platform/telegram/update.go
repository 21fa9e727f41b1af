package telegram

import "encoding/json"

// What is read of Telegram's objects: what an event is made of. All else may
// change without harm.

type update struct {
	ID       int64          `json:"update_id"`
	Message  *message       `json:"message"`
	Edited   *message       `json:"edited_message"`
	Post     *message       `json:"channel_post"`
	PostEdit *message       `json:"edited_channel_post"`
	Callback *callback      `json:"callback_query"`
	Reaction *reactionNews  `json:"message_reaction"`
	Me       *memberChanged `json:"my_chat_member"`
}

// allowedUpdates are those that are read; others are not sent.
var allowedUpdates = []string{
	"message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "message_reaction", "my_chat_member",
}

type message struct {
	ID              int64           `json:"message_id"`
	Thread          int64           `json:"message_thread_id"`
	IsTopic         bool            `json:"is_topic_message"`
	From            *user           `json:"from"`
	SenderChat      *chat           `json:"sender_chat"`
	Chat            chat            `json:"chat"`
	Date            float64         `json:"date"`
	EditDate        float64         `json:"edit_date"`
	ReplyTo         *message        `json:"reply_to_message"`
	Text            string          `json:"text"`
	Entities        []mark          `json:"entities"`
	Caption         string          `json:"caption"`
	CaptionEntities []mark          `json:"caption_entities"`
	Photo           []received      `json:"photo"`
	Document        *received       `json:"document"`
	Video           *received       `json:"video"`
	VideoNote       *received       `json:"video_note"`
	Animation       *received       `json:"animation"`
	Audio           *received       `json:"audio"`
	Voice           *received       `json:"voice"`
	Sticker         *received       `json:"sticker"`
	Joined          []user          `json:"new_chat_members"`
	Left            *user           `json:"left_chat_member"`
	TopicCreated    json.RawMessage `json:"forum_topic_created"`
}

type user struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Username  string `json:"username"`
}

// name is what people see.
func (u *user) name() string {
	if u.LastName == "" {
		return u.FirstName
	}
	return u.FirstName + " " + u.LastName
}

type chat struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"` // private, group, supergroup or channel
	Title     string `json:"title"`
	Username  string `json:"username"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

func (c *chat) isDM() bool { return c.Type == "private" }

// mark is an entity of a text that was received.
type mark struct {
	Type     string `json:"type"`
	Offset   int    `json:"offset"`
	Length   int    `json:"length"`
	URL      string `json:"url"`
	Language string `json:"language"`
	User     *user  `json:"user"`
}

type callback struct {
	ID      string   `json:"id"`
	From    user     `json:"from"`
	Message *message `json:"message"`
	Data    string   `json:"data"`
}

type reactionNews struct {
	Chat      chat       `json:"chat"`
	MessageID int64      `json:"message_id"`
	User      *user      `json:"user"`
	Date      float64    `json:"date"`
	Old       []reaction `json:"old_reaction"`
	New       []reaction `json:"new_reaction"`
}

type reaction struct {
	Type   string `json:"type"`
	Emoji  string `json:"emoji"`
	Custom string `json:"custom_emoji_id"`
}

func (r reaction) name() string {
	switch r.Type {
	case "emoji":
		return r.Emoji
	case "custom_emoji":
		return customEmoji + r.Custom
	default:
		return r.Type // paid
	}
}

type memberChanged struct {
	Chat chat    `json:"chat"`
	From user    `json:"from"`
	Date float64 `json:"date"`
	Old  member  `json:"old_chat_member"`
	New  member  `json:"new_chat_member"`
}

type member struct {
	Status   string `json:"status"`
	User     user   `json:"user"`
	IsMember bool   `json:"is_member"`
}

// there reports whether a member is in the chat.
func (m member) there() bool {
	switch m.Status {
	case "creator", "administrator", "member":
		return true
	case "restricted":
		return m.IsMember
	default:
		return false
	}
}
