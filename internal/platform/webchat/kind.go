// Package webchat is the platform that the gateway is itself: a page with a
// socket, and rooms kept in the gateway's own store.
//
// Outward, encode renders an operation into a part and write puts it into a
// room. Inward, page and session let a visitor in, socket reads its frames,
// decode checks them, act carries them out. Between the two stands the hub: it
// watches the rooms and wakes the sockets, and each socket reads on in its
// room's log from where it is. docs/webchat.md has the protocol.
package webchat

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/posternhq/postern/platform"
)

// Kind is the manifest of the web chat platform.
func Kind() platform.Kind {
	return platform.Kind{
		Name:   "webchat",
		Help:   "a chat page that the gateway serves itself, at /chat/<platform>",
		Groups: "all",
		Fields: []platform.Field{
			{Name: "title", Type: platform.FieldString, Default: "Chat", Help: "what stands on top of the page"},
			{Name: "bot_name", Type: platform.FieldString, Default: "Bot", Help: "the bot's display name, and with @ before it, how it is mentioned"},
			{Name: "greeting", Type: platform.FieldString, Help: "Markdown, shown where a room is still empty"},
			{Name: "channel", Type: platform.FieldString, Default: "lobby", Help: "the room at /chat/<platform> itself"},
			{Name: "token", Type: platform.FieldSecret, Help: "visitors must bring to get a session; without one anybody may talk"},
			{Name: "origins", Type: platform.FieldList, Help: "other sites that may embed the page or open its socket, such as https://example.com"},
			{Name: "companion", Type: platform.FieldString, Help: "path of a module on the same origin that the page loads beside the chat"},
			{Name: "rate", Type: platform.FieldInt, Default: 5, Help: "messages that one visitor may send a second"},
			{Name: "burst", Type: platform.FieldInt, Default: 20, Help: "how many at once, before rate holds"},
			{Name: "max_text", Type: platform.FieldInt, Default: 16 << 10, Help: "bytes of one visitor's message"},
			{Name: "max_file", Type: platform.FieldInt, Default: 25 << 20, Help: "bytes of one uploaded file, as far as the media store takes it"},
			{Name: "history", Type: platform.FieldInt, Default: 50, Help: "messages that a page gets when it opens a room"},
			{Name: "people", Type: platform.FieldBool, Default: true, Help: "visitors see who else is in a room, and workers get member events"},
			{Name: "sockets", Type: platform.FieldInt, Default: 10_000, Help: "open sockets on one node"},
			{Name: "sockets_per_visitor", Type: platform.FieldInt, Default: 8, Help: "tabs and devices of one visitor, on one node"},
			{Name: "sockets_per_address", Type: platform.FieldInt, Default: 200, Help: "sockets from one network address; this machine itself is not counted"},
		},
		New: func(s platform.Settings) (platform.Adapter, error) { return New(s) },
	}
}

// config is what the settings say, checked.
type config struct {
	name      string
	title     string
	botName   string
	greeting  string
	channel   string
	token     string
	origins   []string // scheme://host[:port], lower case
	companion string

	rate, burst      int
	maxText, maxFile int
	history          int
	people           bool

	sockets, perVisitor, perAddress int
}

// readConfig checks the settings. An error begins with the field at fault.
func readConfig(s platform.Settings) (config, error) {
	text := func(field string) string { return platform.Get[string](s, field) }
	c := config{
		name: s.Name, title: text("title"), botName: cleanName(text("bot_name")), greeting: text("greeting"),
		channel: text("channel"), token: text("token"), companion: text("companion"),
		people: platform.Get[bool](s, "people"),
	}
	if c.botName == "" {
		return config{}, errors.New("bot_name shows nothing; expected a name such as Bot")
	}
	if err := checkPlace(c.channel); err != nil || isDM(c.channel) {
		return config{}, fmt.Errorf("channel is %q; expected 1 to 64 of A-Z a-z 0-9 . _ ~ -, such as lobby, and no direct messages", c.channel)
	}
	if c.companion != "" && (!strings.HasPrefix(c.companion, "/") || strings.HasPrefix(c.companion, "//") || strings.Contains(c.companion, `\`)) {
		return config{}, errors.New("companion is not a path; expected one such as /demo/pane.js, on the chat's own origin")
	}
	for _, n := range []struct {
		field string
		into  *int
		most  int
	}{
		{"rate", &c.rate, 1000},
		{"burst", &c.burst, 10_000},
		{"max_text", &c.maxText, maxBotText},
		{"max_file", &c.maxFile, 1 << 30},
		{"history", &c.history, maxPage},
		{"sockets", &c.sockets, 1 << 20},
		{"sockets_per_visitor", &c.perVisitor, 1 << 20},
		{"sockets_per_address", &c.perAddress, 1 << 20},
	} {
		*n.into = platform.Get[int](s, n.field)
		if *n.into < 1 || *n.into > n.most {
			return config{}, fmt.Errorf("%s is %d; expected 1 to %d", n.field, *n.into, n.most)
		}
	}
	for _, raw := range platform.Get[[]string](s, "origins") {
		u, err := url.Parse(raw)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.TrimPrefix(raw, u.Scheme+"://"+u.Host) != "" ||
			strings.ContainsAny(raw, " ;,*'\"") {
			return config{}, fmt.Errorf("origins has %q; expected one such as https://example.com, without a path", raw)
		}
		c.origins = append(c.origins, strings.ToLower(raw))
	}
	return c, nil
}
