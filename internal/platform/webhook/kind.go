// Package webhook is the platform that is one URL: every visible operation is
// posted to it as JSON with the Standard Webhooks headers, and events that are
// posted to the gateway's hook with the same headers come in.
//
// The files follow the data: encode (operation to body), send (body to
// receiver), errors (its answer), hook and decode (request to event), with
// sign for both ways. docs/webhook.md is for those who write receivers.
package webhook

import (
	"fmt"
	"net/url"
	"time"

	"github.com/posternhq/postern/platform"
)

// defaultTimeout is how long one request may take, from dialling to the end of
// the answer.
const defaultTimeout = 15 * time.Second

// Kind is the manifest of the webhook platform.
func Kind() platform.Kind {
	return platform.Kind{
		Name:   "webhook",
		Help:   "posts each visible operation to a URL as JSON, with Standard Webhooks headers; takes events at /hooks/<platform>",
		Groups: "all",
		Fields: []platform.Field{
			{
				Name: "url", Type: platform.FieldString, Required: true,
				Help: "where operations are posted: http or https. Redirects are not followed and proxy variables not read",
			},
			{
				Name: "secret", Type: platform.FieldSecret,
				Help: "signs what is posted and is demanded of what comes in: whsec_ and base64, or any other text as it stands",
			},
			{
				Name: "idempotent", Type: platform.FieldBool, Default: true,
				Help: "the receiver drops what bears a webhook-id it has seen; false: a send that may have happened follows on_unknown",
			},
			{
				Name: "timeout", Type: platform.FieldDuration, Default: defaultTimeout,
				Help: "the longest that one request may take, its answer included",
			},
		},
		New: func(s platform.Settings) (platform.Adapter, error) { return New(s) },
	}
}

// config is what the settings say, checked.
type config struct {
	name       string
	url        *url.URL
	secret     []byte // nil: unsigned
	idempotent bool
	timeout    time.Duration
}

// readConfig checks the settings. Its errors name the field and never repeat
// the URL, which may bear credentials.
func readConfig(s platform.Settings) (config, error) {
	c := config{
		name:       s.Name,
		idempotent: platform.Get[bool](s, "idempotent"),
		timeout:    platform.Get[time.Duration](s, "timeout"),
	}
	var err error
	if c.url, err = readURL(platform.Get[string](s, "url")); err != nil {
		return config{}, err
	}
	if c.secret, err = readSecret(platform.Get[string](s, "secret")); err != nil {
		return config{}, err
	}
	if c.timeout <= 0 {
		return config{}, fmt.Errorf("timeout is %v; expected more than nothing, such as 15s", c.timeout)
	}
	return c, nil
}

func readURL(raw string) (*url.URL, error) {
	const expected = "expected one such as https://example.com/hook"
	if raw == "" {
		return nil, fmt.Errorf("url is empty; %s", expected)
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("url cannot be read as a URL; %s", expected)
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("url has the scheme %q; %s", u.Scheme, expected)
	}
	if u.Hostname() == "" {
		return nil, fmt.Errorf("url names no host; %s", expected)
	}
	return u, nil
}
