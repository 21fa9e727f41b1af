package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/gatedhttp"
	"github.com/posternhq/postern/platform"
)

// params are a method's parameters.
type params map[string]any

// answer is what every method's answer has.
type answer struct {
	OK       bool   `json:"ok"`
	Error    string `json:"error"`
	Needed   string `json:"needed"` // scope, of missing_scope
	Warning  string `json:"warning"`
	Metadata struct {
		Messages []string `json:"messages"`
		Next     string   `json:"next_cursor"`
	} `json:"response_metadata"`
}

const maxAnswer = 16 << 20 // bytes read of one

// client makes requests to the Web API.
type client struct {
	config config
	http   *http.Client
}

// Connections are kept for so long: the servers keep theirs longer, so one is
// hardly ever closed under a request, which would leave it in doubt.
const keptFor = 10 * time.Second

func newClient(c config) *client {
	return &client{config: c, http: gatedhttp.NewClient(gatedhttp.Options{Idle: keptFor})}
}

func (c *client) close() { c.http.CloseIdleConnections() }

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
	body, kind, err := written(method, p)
	if err != nil {
		return &platform.Error{Code: envelope.CodeInvalid, Sent: platform.SentNo, Message: "the request cannot be written: " + err.Error()}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.api+"/"+method, bytes.NewReader(body))
	if err != nil {
		return c.unmade(err)
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", "Bearer "+token)
	response, text, failure := c.send(r, permit)
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
			return &platform.Error{Code: envelope.CodeInternal, Sent: platform.SentYes, Message: method + " was answered with something else than expected", Cause: err}
		}
	}
	return nil
}

// written is a request's body: a form for a method that reads, of which some
// take nothing else, and JSON for one that writes, whose parameters are deep.
func written(method string, p params) (body []byte, kind string, err error) {
	if !isForm(method) {
		if p == nil {
			p = params{}
		}
		body, err = plainJSON(p)
		return body, "application/json; charset=utf-8", err
	}
	form := url.Values{}
	for name, value := range p {
		text, ok := value.(string)
		if !ok {
			raw, err := plainJSON(value)
			if err != nil {
				return nil, "", err
			}
			text = string(raw)
		}
		form.Set(name, text)
	}
	return []byte(form.Encode()), "application/x-www-form-urlencoded", nil
}

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

// send makes a request and reads what it was answered with. Where nothing was,
// the failure says whether a byte of it left.
func (c *client) send(r *http.Request, permit func() error) (*http.Response, []byte, *platform.Error) {
	gate := gatedhttp.NewGate(permit)
	r = r.WithContext(gate.On(r.Context()))
	r.Header.Set("User-Agent", "Postern")
	response, err := c.http.Do(r)
	if err != nil {
		return nil, nil, c.noAnswer(gate, permit, err)
	}
	defer response.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, nil, c.noAnswer(gate, permit, err)
	}
	return response, text, nil
}

// download opens a file that somebody sent. The token goes to Slack alone.
func (c *client) download(ctx context.Context, address string) (*http.Response, error) {
	u, err := url.Parse(address)
	if err != nil || !c.isSlack(u) {
		return nil, errors.New("its address is none of Slack's")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, c.hidden(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.config.token)
	r.Header.Set("User-Agent", "Postern")
	response, err := c.http.Do(r)
	if err != nil {
		return nil, c.hidden(err)
	}
	return response, nil
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

// hidden is an error without the address that net/http repeats in it, and
// without a secret wherever else it may stand.
func (c *client) hidden(err error) error {
	err = gatedhttp.WithoutURL(err)
	text := err.Error()
	for _, secret := range []string{c.config.token, c.config.appToken, c.config.secret} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
