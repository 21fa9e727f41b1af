package discord

import (
	"encoding/json"
	"strconv"
	"time"
)

// What is read of Discord's objects: what an event is made of. All else may
// change without harm (docs.discord.com/developers/events/gateway-events).

type user struct {
	ID         string `json:"id"`
	Username   string `json:"username"`
	GlobalName string `json:"global_name"`
	Bot        bool   `json:"bot"`
}

// name is what people see where there is no nickname.
func (u *user) name() string {
	if u.GlobalName != "" {
		return u.GlobalName
	}
	return u.Username
}

type member struct {
	User *user  `json:"user"`
	Nick string `json:"nick"`
}

type message struct {
	ID          string          `json:"id"`
	ChannelID   string          `json:"channel_id"`
	GuildID     string          `json:"guild_id"`
	Author      *user           `json:"author"`
	Member      *member         `json:"member"`
	WebhookID   string          `json:"webhook_id"`
	Application string          `json:"application_id"`
	Content     string          `json:"content"`
	Timestamp   string          `json:"timestamp"`
	Edited      string          `json:"edited_timestamp"`
	Type        int             `json:"type"`
	Flags       int             `json:"flags"`
	Mentions    []mentioned     `json:"mentions"`
	Attachments []attachment    `json:"attachments"`
	Stickers    []sticker       `json:"sticker_items"`
	Reference   *reference      `json:"message_reference"`
	Referenced  *message        `json:"referenced_message"`
	Snapshots   []snapshot      `json:"message_snapshots"`
	Embeds      json.RawMessage `json:"embeds"`
	Reactions   json.RawMessage `json:"reactions"`
}

type mentioned struct {
	user
	Member *member `json:"member"`
}

type attachment struct {
	ID       string `json:"id"`
	Filename string `json:"filename"`
	Mimetype string `json:"content_type"`
	Size     int64  `json:"size"`
	URL      string `json:"url"`
}

type sticker struct {
	Name string `json:"name"`
}

type reference struct {
	Type      int    `json:"type"` // 0: an answer; 1: a forwarded message
	MessageID string `json:"message_id"`
	ChannelID string `json:"channel_id"`
}

type snapshot struct {
	Message message `json:"message"`
}

// The types of messages that somebody wrote
// (docs.discord.com/developers/resources/message#message-object-message-types).
const (
	typeDefault = 0
	typeReply   = 19
	typeCommand = 20
	typeContext = 23
)

type deleted struct {
	ID        string   `json:"id"`
	IDs       []string `json:"ids"`
	ChannelID string   `json:"channel_id"`
	GuildID   string   `json:"guild_id"`
}

type reaction struct {
	UserID    string  `json:"user_id"`
	ChannelID string  `json:"channel_id"`
	MessageID string  `json:"message_id"`
	GuildID   string  `json:"guild_id"`
	Member    *member `json:"member"`
	AuthorID  string  `json:"message_author_id"`
	Emoji     emoji   `json:"emoji"`
}

type emoji struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

// String is an emoji as a reaction names it.
func (e emoji) String() string {
	if e.ID == "" {
		return e.Name
	}
	return e.Name + ":" + e.ID
}

type memberNews struct {
	GuildID string `json:"guild_id"`
	User    user   `json:"user"`
	Nick    string `json:"nick"`
}

type guild struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	SystemChannel string    `json:"system_channel_id"`
	Unavailable   bool      `json:"unavailable"`
	Channels      []channel `json:"channels"`
	Threads       []channel `json:"threads"`
}

type channel struct {
	ID         string `json:"id"`
	GuildID    string `json:"guild_id"`
	Type       int    `json:"type"`
	Name       string `json:"name"`
	ParentID   string `json:"parent_id"`
	Recipients []user `json:"recipients"`
}

// The types of channels that matter here
// (docs.discord.com/developers/resources/channel#channel-object-channel-types).
const (
	channelDM         = 1
	channelGroupDM    = 3
	channelCategory   = 4
	channelNewsThread = 10
	channelThread     = 11
	channelPrivate    = 12
	channelForum      = 15
	channelMedia      = 16
)

func (c *channel) isThread() bool {
	return c.Type == channelNewsThread || c.Type == channelThread || c.Type == channelPrivate
}

func (c *channel) isDM() bool { return c.Type == channelDM || c.Type == channelGroupDM }

// epoch is what the times in Discord's ids count from, in ms since 1970
// (docs.discord.com/developers/reference#snowflakes).
const epoch = 1420070400000

// madeAt is when the thing that an id names was made; zero for what is no id.
func madeAt(id string) time.Time {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || n>>22 == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(n>>22) + epoch) //nolint:gosec // 42 bits
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
