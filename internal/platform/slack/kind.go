// Package slack is a bot in a Slack workspace, by the Web API, with events over
// Socket Mode or the Events API.
//
// The files follow the data. Out: encode and edit (operation to requests) with
// text, list, blocks, native and emoji, then send, with upload and answer, client (one
// request), errors (its answer) and limits and rates (what Slack takes, and how
// often); find looks for what was sent. In: socket or hook (envelopes), then
// take, event and decode or interact, with content and mrkdwn (to Markdown),
// names and files. read, said and history answer RPCs, check a person.
//
// There is a good Go library, slack-go. Its Socket Mode client opens the next
// connection after the old one has gone, and what Slack deals to nobody meanwhile
// comes a minute later; its Web API client cannot say whether a byte of a
// request left, nor ask for the permit before one does, and knows no
// client_msg_id. Here these matter more than the few dozen lines of types that
// it would spare.
package slack

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/posternhq/postern/platform"
)

// Kind is the manifest of Slack.
func Kind() platform.Kind {
	return platform.Kind{
		Name: "slack",
		Help: "a bot on Slack: Socket Mode, or the Events API at /hooks/<platform>",
		Fields: []platform.Field{
			{
				Name: "token", Type: platform.FieldSecret, Required: true,
				Help: "the bot token, xoxb-…, from OAuth & Permissions",
			},
			{
				Name: "events", Type: platform.FieldString, Default: eventsSocket,
				Help: "how events come: socket, which needs app_token, or http, which needs signing_secret",
			},
			{
				Name: "app_token", Type: platform.FieldSecret,
				Help: "the app-level token, xapp-…, with the scope connections:write, for events: socket",
			},
			{
				Name: "signing_secret", Type: platform.FieldSecret,
				Help: "what Slack signs its requests with, from Basic Information, for events: http",
			},
			{
				Name: "calls", Type: platform.FieldList,
				Help: "the methods of the Web API that workers may call by platform_call; none unless named",
			},
			{
				Name: "rates", Type: platform.FieldString, Default: ratesPublished,
				Help: "published: Slack's published rates are kept to; none: it is left to Slack to refuse",
			},
			{
				Name: "api_url", Type: platform.FieldString, Default: "https://slack.com/api",
				Help: "where the Web API is",
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
	eventsSocket = "socket"
	eventsHTTP   = "http"

	ratesPublished = "published"
	ratesNone      = "none"

	defaultTimeout = 60 * time.Second
)

// config is what the settings say, checked.
type config struct {
	name     string
	token    string
	appToken string // "": events come by HTTP
	secret   string // that Slack signs with
	api      string // without a slash at its end
	calls    []string
	limits   limits
	timeout  time.Duration
}

var methodForm = regexp.MustCompile(`^[a-z][A-Za-z]*(\.[A-Za-z]+)+$`)

// readConfig checks the settings. Its errors name the field and repeat no
// secret.
func readConfig(s platform.Settings) (config, error) {
	c := config{
		name:     s.Name,
		token:    strings.TrimSpace(platform.Get[string](s, "token")),
		appToken: strings.TrimSpace(platform.Get[string](s, "app_token")),
		secret:   strings.TrimSpace(platform.Get[string](s, "signing_secret")),
		api:      strings.TrimRight(platform.Get[string](s, "api_url"), "/"),
		calls:    platform.Get[[]string](s, "calls"),
		timeout:  platform.Get[time.Duration](s, "timeout"),
	}
	if err := tokenForm(c.token, "xoxb-", "xapp-"); err != nil {
		return config{}, fmt.Errorf("token %w", err)
	}
	switch how := platform.Get[string](s, "events"); how {
	case eventsSocket:
		if c.appToken == "" {
			return config{}, errors.New("app_token is needed for events: socket; name one with app_token_env or app_token_file (Basic Information, App-Level Tokens), or set events: http")
		}
		if err := tokenForm(c.appToken, "xapp-", "xoxb-"); err != nil {
			return config{}, fmt.Errorf("app_token %w", err)
		}
	case eventsHTTP:
		if c.secret == "" {
			return config{}, errors.New("signing_secret is needed for events: http, so that nobody else can post events; name it with signing_secret_env or signing_secret_file, from Basic Information")
		}
		c.appToken = ""
	default:
		return config{}, fmt.Errorf("events is %q; expected %s or %s", how, eventsSocket, eventsHTTP)
	}
	if u, err := url.Parse(c.api); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return config{}, errors.New("api_url cannot be used; expected an address such as https://slack.com/api")
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
			return config{}, fmt.Errorf("calls names %q; expected methods of the Web API, such as conversations.info", m)
		}
	}
	return c, nil
}

// tokenForm tells a token from the other kind: they are easily mixed up.
func tokenForm(token, want, other string) error {
	switch {
	case strings.HasPrefix(token, other):
		return fmt.Errorf("begins with %s, which is the other token's; expected one that begins with %s", other, want)
	case !strings.HasPrefix(token, want) || strings.ContainsAny(token, " \t\r\n"):
		return fmt.Errorf("is none that begins with %s; copy it from the app's pages at api.slack.com/apps", want)
	}
	return nil
}
