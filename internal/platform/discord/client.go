package discord

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/webapi"
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
	files  []webapi.File
}

// opened reports whether a request goes by an interaction's own token, which is
// in its path, and not by the bot's.
func (c *call) opened() bool {
	return strings.HasPrefix(c.path, "/interactions/") || strings.HasPrefix(c.path, "/webhooks/")
}

// client makes requests to the REST API.
type client struct {
	config  config
	web     *webapi.Client
	buckets *buckets
}

func newClient(c config) *client {
	return &client{config: c, web: webapi.New("Discord", c.token), buckets: newBuckets()}
}

func (c *client) close() { c.web.Close() }

// read makes a request that changes nothing, or sets a state, and so needs no
// permit. It waits for its turn.
func (c *client) read(ctx context.Context, method, path string, body, result any) error {
	return c.ask(ctx, call{method: method, path: path, body: body}, result)
}

func (c *client) ask(ctx context.Context, r call, result any) error {
	limited, cancel := context.WithTimeout(ctx, c.config.timeout)
	defer cancel()
	route := routeOf(r.method, r.path)
	for {
		wait, _ := c.buckets.take(route, time.Now())
		if wait == 0 {
			break
		}
		if webapi.Pause(limited, wait); limited.Err() != nil {
			return &platform.Error{Code: envelope.CodeRateLimited, Sent: platform.SentNo, Message: "Discord's limits left no room for the request in time", RetryAfter: wait}
		}
	}
	defer func() { c.buckets.land(route, time.Now()) }()
	if err := c.do(limited, r, nil, result); err != nil {
		return err
	}
	return nil
}

// do makes one request and reads its answer into result. It notes what the
// answer says of limits; whether there is room is for the caller to ask first.
func (c *client) do(ctx context.Context, r call, permit func() error, result any) *platform.Error {
	body, err := newBody(r)
	if err != nil {
		return webapi.Unwritable(err)
	}
	sent := webapi.Request{
		Method: r.method, Address: c.config.api + r.path, Body: body, Permit: permit,
		// The form that Discord asks of every client
		// (docs.discord.com/developers/reference#user-agent).
		Header: map[string]string{"User-Agent": "DiscordBot (https://github.com/posternhq/postern, 1)"},
	}
	if len(r.query) > 0 {
		sent.Address += "?" + r.query.Encode()
	}
	if r.opened() {
		sent.Secret = r.path
	} else {
		sent.Header["Authorization"] = "Bot " + c.config.token
	}
	response, text, failure := c.web.Send(ctx, sent)
	if failure != nil {
		if failure.Code == envelope.CodeUnknown {
			failure.Code = envelope.CodeTransient // Discord keeps keys: it is sent again under its own
		}
		return failure
	}
	now := time.Now()
	c.buckets.note(routeOf(r.method, r.path), response, now)
	if response.StatusCode >= 300 {
		return refusal(response, text, r, now)
	}
	if result != nil && len(text) > 0 {
		if err := json.Unmarshal(text, result); err != nil {
			return webapi.Unexpected("the request", err)
		}
	}
	return nil
}

// download opens a file that somebody sent. It is on Discord's file servers,
// whose addresses are signed and want no token.
func (c *client) download(ctx context.Context, address string) (io.ReadCloser, error) {
	return c.web.Download(ctx, webapi.Request{Address: address})
}
