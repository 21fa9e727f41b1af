// Package telegram is a bot on Telegram, by its Bot API.
//
// The files follow the data. Out: encode and edit (operation to requests) with
// text, keyboard and media, then send, with client and body (one request),
// errors (its answer) and limits (what Telegram takes, and how often). In: poll
// or hook (updates), then update and decode, with content (update to event).
// read answers RPCs, check a person.
//
// There is a Go library, and its client confirms updates before they have been
// stored, and cannot say whether a byte of a request left: here, both matter
// more than the few lines that it would spare.
package telegram

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

// Kind is the manifest of Telegram.
func Kind() platform.Kind {
	return platform.Kind{
		Name: "telegram",
		Help: "a bot on Telegram: long polling, or webhooks at /hooks/<platform>",
		Fields: []platform.Field{
			{
				Name: "token", Type: platform.FieldSecret, Required: true,
				Help: "the bot's token from @BotFather, such as 123456:ABC-DEF",
			},
			{
				Name: "updates", Type: platform.FieldString, Default: updatesPolling,
				Help: "how updates come: polling, or webhook, which needs hook_url and secret",
			},
			{
				Name: "hook_url", Type: platform.FieldString,
				Help: "the public https address of this gateway's /hooks/<platform>, for updates: webhook",
			},
			{
				Name: "secret", Type: platform.FieldSecret,
				Help: "is what Telegram must send with each webhook call: 1 to 256 of A-Z a-z 0-9 _ -",
			},
			{
				Name: "commands", Type: platform.FieldList,
				Help: "the bot's command menu: a list of name=description",
			},
			{
				Name: "calls", Type: platform.FieldList,
				Help: "the methods of the Bot API that workers may call by platform_call; none unless named",
			},
			{
				Name: "rates", Type: platform.FieldString, Default: ratesPublished,
				Help: "published: Telegram's published rates are kept to; none: it is left to Telegram to refuse, for a bot that has other rates",
			},
			{
				Name: "api_url", Type: platform.FieldString, Default: "https://api.telegram.org",
				Help: "where the Bot API is: a server of one's own takes and gives larger files",
			},
			{
				Name: "timeout", Type: platform.FieldDuration, Default: defaultTimeout,
				Help: "the longest that one request may take, an upload included",
			},
		},
		New: func(s platform.Settings) (platform.Adapter, error) { return New(s) },
	}
}

const (
	updatesPolling = "polling"
	updatesWebhook = "webhook"

	ratesPublished = "published"
	ratesNone      = "none"

	defaultTimeout = 60 * time.Second
)

// config is what the settings say, checked.
type config struct {
	name     string
	token    string
	api      string // without a slash at its end
	webhook  bool
	hookURL  string
	secret   string
	commands []command
	calls    []string
	limits   limits
	timeout  time.Duration
}

// command is a line of the bot's menu.
type command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

var (
	tokenForm   = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]+$`)
	secretForm  = regexp.MustCompile(`^[A-Za-z0-9_-]+$`) // and at most 256 letters
	commandForm = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
	methodForm  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{1,63}$`)
)

// readConfig checks the settings. Its errors name the field and repeat no
// secret.
func readConfig(s platform.Settings) (config, error) {
	c := config{
		name:    s.Name,
		token:   strings.TrimSpace(platform.Get[string](s, "token")),
		api:     strings.TrimRight(platform.Get[string](s, "api_url"), "/"),
		hookURL: platform.Get[string](s, "hook_url"),
		secret:  platform.Get[string](s, "secret"),
		calls:   platform.Get[[]string](s, "calls"),
		timeout: platform.Get[time.Duration](s, "timeout"),
	}
	if !tokenForm.MatchString(c.token) {
		return config{}, errors.New("token is not of the form 123456:ABC-DEF; copy it from @BotFather")
	}
	if err := webAddress(c.api); err != nil {
		return config{}, fmt.Errorf("api_url %w", err)
	}
	if c.timeout <= 0 {
		return config{}, fmt.Errorf("timeout is %v; expected more than nothing, such as 60s", c.timeout)
	}
	switch how := platform.Get[string](s, "rates"); how {
	case ratesPublished:
		c.limits = published()
	case ratesNone:
	default:
		return config{}, fmt.Errorf("rates is %q; expected %s or %s", how, ratesPublished, ratesNone)
	}
	for _, m := range c.calls {
		if !methodForm.MatchString(m) {
			return config{}, fmt.Errorf("calls names %q; expected methods of the Bot API, such as getChatMember", m)
		}
	}
	var err error
	if c.commands, err = readCommands(platform.Get[[]string](s, "commands")); err != nil {
		return config{}, err
	}
	return c, c.readUpdates(platform.Get[string](s, "updates"))
}

func (c *config) readUpdates(how string) error {
	switch how {
	case updatesPolling:
		return nil
	case updatesWebhook:
	default:
		return fmt.Errorf("updates is %q; expected %s or %s", how, updatesPolling, updatesWebhook)
	}
	c.webhook = true
	if c.hookURL == "" {
		return fmt.Errorf("hook_url is needed for updates: webhook; expected the public https address of this gateway, such as https://bots.example.com/hooks/%s", c.name)
	}
	if err := webAddress(c.hookURL); err != nil {
		return fmt.Errorf("hook_url %w", err)
	}
	if len(c.secret) > 256 || !secretForm.MatchString(c.secret) {
		return errors.New("secret must be 1 to 256 of A-Z a-z 0-9 _ -: set secret_env, so that nobody else can post updates")
	}
	return nil
}

func webAddress(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return errors.New("cannot be used; expected an address such as https://example.com")
	}
	return nil
}

func readCommands(lines []string) ([]command, error) {
	var out []command
	for _, line := range lines {
		name, description, ok := strings.Cut(line, "=")
		name, description = strings.TrimPrefix(strings.TrimSpace(name), "/"), strings.TrimSpace(description)
		if !ok || !commandForm.MatchString(name) || description == "" || len([]rune(description)) > 256 {
			return nil, fmt.Errorf("commands has %q; expected name=description, a name of 1 to 32 of a-z 0-9 _ and a description of up to 256 letters", line)
		}
		if slices.ContainsFunc(out, func(c command) bool { return c.Command == name }) {
			return nil, fmt.Errorf("commands names %q twice", name)
		}
		out = append(out, command{name, description})
	}
	return out, nil
}
