package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/posternhq/postern/internal/webapi"
)

// params are a method's parameters.
type params map[string]any

// answer is what every method's answer has.
type answer struct {
	OK       bool   `json:"ok"`
	Error    string `json:"error"`
	Needed   string `json:"needed"`   // scope, of missing_scope
	Provided string `json:"provided"` // scopes that the token has, by commas, of missing_scope
	Warning  string `json:"warning"`
	Metadata struct {
		Messages []string `json:"messages"`
		Next     string   `json:"next_cursor"`
	} `json:"response_metadata"`
}

// client makes requests to the Web API.
type client struct {
	config config
	web    *webapi.Client
}

func newClient(c config) *client {
	return &client{config: c, web: webapi.New("Slack", c.token, c.appToken, c.secret)}
}

func (c *client) close() { c.web.Close() }

// read makes a request that changes nothing, or sets a state, and so needs no
// permit.
func (c *client) read(ctx context.Context, method string, p params, result any) error {
	limited, cancel := context.WithTimeout(ctx, c.config.timeout)
	defer cancel()
	return c.call(limited, method, p, nil, result)
}

// call makes one request and reads its answer into result. An error is an
// *platform.Error. permit is asked right before each write; nil lets all
// through.
func (c *client) call(ctx context.Context, method string, p params, permit func() error, result any) error {
	return c.callAs(ctx, c.config.token, method, p, permit, result)
}

func (c *client) callAs(ctx context.Context, token, method string, p params, permit func() error, result any) error {
	body, err := newBody(method, p)
	if err != nil {
		return webapi.Unwritable(err)
	}
	response, text, failure := c.web.Send(ctx, webapi.Request{
		Method: http.MethodPost, Address: c.config.api + "/" + method, Body: body, Permit: permit, Header: bearer(token),
	})
	if failure != nil {
		return failure
	}
	var said answer
	if err := json.Unmarshal(text, &said); err != nil || !said.OK && said.Error == "" {
		return unreadable(response)
	}
	if !said.OK {
		return refusal(method, response, said)
	}
	if result != nil {
		if err := json.Unmarshal(text, result); err != nil {
			return webapi.Unexpected(method, err)
		}
	}
	return nil
}

func bearer(token string) map[string]string {
	return map[string]string{"Authorization": "Bearer " + token}
}

// newBody is a form for a method that reads, of which some take nothing else, and
// JSON for one that writes, whose parameters are deep.
func newBody(method string, p params) (*webapi.Body, error) {
	if !isForm(method) {
		if p == nil {
			p = params{}
		}
		text, err := plainJSON(p)
		return webapi.Text(text, jsonType), err
	}
	form := url.Values{}
	for name, value := range p {
		text, ok := value.(string)
		if !ok {
			raw, err := plainJSON(value)
			if err != nil {
				return nil, err
			}
			text = string(raw)
		}
		form.Set(name, text)
	}
	return webapi.Text([]byte(form.Encode()), "application/x-www-form-urlencoded"), nil
}

const jsonType = "application/json; charset=utf-8"

// isForm: reading methods and the first step of an upload take no JSON
// (docs.slack.dev/apis/web-api: "Methods supporting JSON").
func isForm(method string) bool {
	_, verb, _ := strings.Cut(method, ".")
	switch verb {
	case "history", "replies", "info", "members", "list", "conversations", "get", "getPermalink", "getUploadURLExternal":
		return true
	}
	return false
}

// plainJSON leaves <, > and & as they are: what is counted is what leaves.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// download opens a file that somebody sent. The token goes to Slack alone.
func (c *client) download(ctx context.Context, address string) (*http.Response, error) {
	u, err := url.Parse(address)
	if err != nil || !c.isSlack(u) {
		return nil, errors.New("its address is none of Slack's")
	}
	return c.web.Get(ctx, webapi.Request{Address: address, Header: bearer(c.config.token)})
}

// isSlack reports whether an address is one that Slack's secrets may go to:
// Slack's own, or where the API is by the config.
func (c *client) isSlack(u *url.URL) bool {
	api, err := url.Parse(c.config.api)
	if err != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	ours := u.Scheme == api.Scheme && u.Host == api.Host
	return ours || u.Scheme == "https" && (host == "slack.com" || strings.HasSuffix(host, ".slack.com"))
}
