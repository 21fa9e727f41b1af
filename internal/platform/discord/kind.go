// Package discord is a bot on Discord, by its REST API and its gateway.
//
// The files follow the data. Out: encode and edit (operation to requests) with
// text, dialect and view, then send, with answer (to a click or a command),
// claim (whose the first answer is) and presence, client and body (one request),
// errors (its answer), buckets and limits (what Discord takes, and how often).
// In: session (one websocket), connect (one after the other), record (in order,
// to Redis), overtake (what cannot wait), then decode and interact, with content
// (what was said), places (what is a thread of what) and media. commands
// registers what people may type; read and history answer RPCs, check a person.
//
// There is a Go library, discordgo, and its session takes an event's number as
// seen before anybody has stored the event, resumes within one process alone,
// and hides whether a byte of a request left. Its types fail on a component
// that they do not know, and a message with one would be lost. So the types
// here are the few fields that are read, the socket is coder/websocket, and
// requests leave through gatedhttp.
package discord

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/posternhq/postern/platform"
)

// Kind is the manifest of Discord.
func Kind() platform.Kind {
	return platform.Kind{
		Name: "discord",
		Help: "a bot on Discord: its gateway, one connection at a time, and its REST API",
		Fields: []platform.Field{
			{
				Name: "token", Type: platform.FieldSecret, Required: true,
				Help: "the bot's token: Developer Portal, Bot, Reset Token",
			},
			{
				Name: "intents", Type: platform.FieldList,
				Help: "the privileged intents to ask for: message_content, guild_members; each must be enabled in the Developer Portal, too",
			},
			{
				Name: "commands", Type: platform.FieldList,
				Help: "slash commands: a list of name=description, with options behind semicolons: ask=Ask me; question!=What; times:integer=How often",
			},
			{
				Name: "guilds", Type: platform.FieldList,
				Help: "the servers that the commands are for, by id; all if none is named",
			},
			{
				Name: "ack_after", Type: platform.FieldDuration, Default: 2 * time.Second,
				Help: "how long a click or a command waits for its answer before Discord is told that one will come; at most 2.5s, and a modal must come within it",
			},
			{
				Name: "calls", Type: platform.FieldList,
				Help: "what workers may call by platform_call, such as GET /channels/{channel}/pins; nothing unless named",
			},
			{
				Name: "max_file", Type: platform.FieldInt, Default: 10,
				Help: "MiB that one file may have: 10, or 50 and 100 in servers that are boosted",
			},
			{
				Name: "api_url", Type: platform.FieldString, Default: "https://discord.com/api/v10",
				Help: "where the REST API is, its version included; it says where the gateway is",
			},
			{
				Name: "timeout", Type: platform.FieldDuration, Default: 60 * time.Second,
				Help: "the longest that one request may take, an upload included; a message without files is given up after 20 s at most, while its key can still be relied on",
			},
		},
		New: func(s platform.Settings) (platform.Adapter, error) { return New(s) },
	}
}

// maxAckAfter leaves Discord half a second of its three to hear of us.
const maxAckAfter = 2500 * time.Millisecond

// config is what the settings say, checked.
type config struct {
	name     string
	token    string
	api      string // without a slash at its end
	intents  int
	commands []command
	guilds   []string
	ackAfter time.Duration
	calls    []string
	maxFile  int64 // bytes
	timeout  time.Duration
}

// The intents, by their bits (docs.discord.com/developers/events/gateway#gateway-intents).
const (
	intentGuilds          = 1 << 0
	intentMembers         = 1 << 1
	intentMessages        = 1 << 9
	intentReactions       = 1 << 10
	intentDirect          = 1 << 12
	intentDirectReactions = 1 << 13
	intentContent         = 1 << 15

	intentsAlways = intentGuilds | intentMessages | intentReactions | intentDirect | intentDirectReactions
)

// privileged are the intents that a person enables in the Developer Portal.
var privileged = map[string]int{"message_content": intentContent, "guild_members": intentMembers}

var (
	tokenForm = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2}$`)
	idForm    = regexp.MustCompile(`^[0-9]{1,20}$`)
	callForm  = regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE) /[A-Za-z0-9_@/{}.%:-]*$`)
)

// readConfig checks the settings. Its errors name the field and repeat no
// secret.
func readConfig(s platform.Settings) (config, error) {
	c := config{
		name:     s.Name,
		token:    strings.TrimPrefix(strings.TrimSpace(platform.Get[string](s, "token")), "Bot "),
		api:      strings.TrimRight(platform.Get[string](s, "api_url"), "/"),
		guilds:   platform.Get[[]string](s, "guilds"),
		calls:    platform.Get[[]string](s, "calls"),
		ackAfter: platform.Get[time.Duration](s, "ack_after"),
		maxFile:  int64(platform.Get[int](s, "max_file")) << 20,
		timeout:  platform.Get[time.Duration](s, "timeout"),
		intents:  intentsAlways,
	}
	if !tokenForm.MatchString(c.token) {
		return config{}, errors.New("token is not of the form of a bot's, three parts with dots between; copy it from the Developer Portal, Bot, Reset Token (it is not the client secret)")
	}
	if u, err := url.Parse(c.api); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return config{}, errors.New("api_url cannot be used; expected an address such as https://discord.com/api/v10")
	}
	for _, name := range platform.Get[[]string](s, "intents") {
		bit, ok := privileged[name]
		if !ok {
			return config{}, fmt.Errorf("intents names %q; expected message_content or guild_members, the others are always asked for", name)
		}
		c.intents |= bit
	}
	for _, id := range c.guilds {
		if !idForm.MatchString(id) {
			return config{}, fmt.Errorf("guilds has %q; expected the ids of servers, which are numbers", id)
		}
	}
	for _, call := range c.calls {
		if !callForm.MatchString(call) || strings.Contains(call, "..") {
			return config{}, fmt.Errorf("calls has %q; expected a method and a path of the REST API, such as GET /channels/{channel}/pins", call)
		}
	}
	switch {
	case c.ackAfter < 0 || c.ackAfter > maxAckAfter:
		return config{}, fmt.Errorf("ack_after is %v; expected 0s to %v: Discord waits for three seconds", c.ackAfter, maxAckAfter)
	case c.maxFile < 1<<20 || c.maxFile > 500<<20:
		return config{}, fmt.Errorf("max_file is %d; expected 1 to 500 MiB", c.maxFile>>20)
	case c.timeout <= 0:
		return config{}, fmt.Errorf("timeout is %v; expected more than nothing, such as 60s", c.timeout)
	}
	var err error
	c.commands, err = readCommands(platform.Get[[]string](s, "commands"))
	return c, err
}

// asked are the names of the privileged intents in a set.
func asked(intents int) []string {
	var names []string
	for name, bit := range privileged {
		if intents&bit != 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
