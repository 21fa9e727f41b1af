package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/gatedhttp"
	"github.com/posternhq/postern/platform"
)

// fields are an object of the API.
type fields map[string]any

// call is one request: a method, a path below the API's address, and what it
// says.
type call struct {
	method string
	path   string // escaped
	query  url.Values
	body   any // written as JSON; nil for none
	files  []upload
}

// opened reports whether a request goes by an interaction's own token, which is
// in its path, and not by the bot's.
func (c *call) opened() bool {
	return strings.HasPrefix(c.path, "/interactions/") || strings.HasPrefix(c.path, "/webhooks/")
}

const maxAnswer = 16 << 20 // bytes read of one

// client makes requests to the REST API.
type client struct {
	config  config
	http    *http.Client
	buckets *buckets
}

// Connections are kept for so long: the servers keep theirs longer, so one is
// hardly ever closed under a request, which would leave it in doubt.
const keptFor = 10 * time.Second

func newClient(c config) *client {
	return &client{config: c, http: gatedhttp.NewClient(gatedhttp.Options{Idle: keptFor}), buckets: newBuckets()}
}

func (c *client) close() { c.http.CloseIdleConnections() }

// read makes a request that changes nothing, or sets a state, and so needs no
// permit. It waits for its turn.
func (c *client) read(ctx context.Context, method, path string, body, result any) error {
	return c.ask(ctx, call{method: method, path: path, body: body}, result)
}

func (c *client) ask(ctx context.Context, r call, result any) error {
	limited, cancel := context.WithTimeout(ctx, c.config.timeout)
	defer cancel()
	for {
		wait, _ := c.buckets.take(routeOf(r.method, r.path), time.Now())
		if wait == 0 {
			break
		}
		if pause(limited, wait); limited.Err() != nil {
			return &platform.Error{Code: envelope.CodeRateLimited, Sent: platform.SentNo, Message: "Discord's limits left no room for the request in time", RetryAfter: wait}
		}
	}
	if err := c.do(limited, r, nil, result); err != nil {
		return err
	}
	return nil
}

// do makes one request and reads its answer into result. It notes what the
// answer says of limits; whether there is room is for the caller to ask first.
func (c *client) do(ctx context.Context, r call, permit func() error, result any) *platform.Error {
	b, err := newBody(r)
	if err != nil {
		return &platform.Error{Code: envelope.CodeInvalid, Sent: platform.SentNo, Message: "the request cannot be written: " + err.Error()}
	}
	address := c.config.api + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	gate := gatedhttp.NewGate(permit)
	request, err := http.NewRequestWithContext(gate.On(ctx), r.method, address, b.content)
	if err != nil {
		return &platform.Error{Code: envelope.CodeInternal, Sent: platform.SentNo, Message: "the request could not be made", Cause: c.hidden(err, r)}
	}
	request.ContentLength = b.length
	if b.kind != "" {
		request.Header.Set("Content-Type", b.kind)
	}
	// The form that Discord asks of every client
	// (docs.discord.com/developers/reference#user-agent).
	request.Header.Set("User-Agent", "DiscordBot (https://github.com/posternhq/postern, 1)")
	if !r.opened() {
		request.Header.Set("Authorization", "Bot "+c.config.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		if !b.whole() {
			return c.brokeOff(permit, c.hidden(err, r))
		}
		return noAnswer(gate, permit, c.hidden(err, r))
	}
	defer response.Body.Close() //nolint:errcheck // only read
	now := time.Now()
	c.buckets.note(routeOf(r.method, r.path), response, now)
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return noAnswer(gate, permit, c.hidden(err, r))
	}
	if response.StatusCode >= 300 {
		return refusal(response, text, r, now)
	}
	if result != nil && len(text) > 0 {
		if err := json.Unmarshal(text, result); err != nil {
			return &platform.Error{Code: envelope.CodeInternal, Sent: platform.SentYes, Message: "Discord answered with something else than expected", Cause: err}
		}
	}
	return nil
}

// download opens a file that somebody sent. It is on Discord's file servers,
// whose addresses are signed and want no token.
func (c *client) download(ctx context.Context, address string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(gatedhttp.NewGate(nil).On(ctx), http.MethodGet, address, nil)
	if err != nil {
		return nil, gatedhttp.WithoutURL(err)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, gatedhttp.WithoutURL(err)
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, fmt.Errorf("the file server answered %d", response.StatusCode)
	}
	return response.Body, nil
}

// hidden is an error without the address that net/http repeats in it, and
// without a token wherever else it may stand.
func (c *client) hidden(err error, r call) error {
	err = gatedhttp.WithoutURL(err)
	text := strings.ReplaceAll(err.Error(), c.config.token, "…")
	if r.opened() {
		text = strings.ReplaceAll(text, r.path, "…")
	}
	if text != err.Error() {
		return errors.New(text)
	}
	return err
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
