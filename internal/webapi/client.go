// Package webapi is what adapters of platforms with a web API have in common:
// one request under its permit, what is certain where it got no answer, the
// forms that files go in, and the files that come.
package webapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/gatedhttp"
	"github.com/posternhq/postern/platform"
)

const maxAnswer = 16 << 20 // bytes read of one

// Connections are kept for so long: the servers keep theirs longer, so one is
// hardly ever closed under a request, which would leave it in doubt.
const keptFor = 10 * time.Second

// Client makes requests to one platform. It is safe for concurrent use.
type Client struct {
	platform string
	secrets  []string
	http     *http.Client
}

// New makes a client. platform is its name in errors; no error bears one of the
// secrets.
func New(platform string, secrets ...string) *Client {
	return &Client{platform: platform, secrets: secrets, http: gatedhttp.NewClient(gatedhttp.Options{Idle: keptFor})}
}

// HTTP is the client below, for sockets that are opened by it.
func (c *Client) HTTP() *http.Client { return c.http }

// Close lets go of the connections that no request has.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Request is what is sent.
type Request struct {
	Method  string
	Address string
	Header  map[string]string
	Body    *Body        // nil for none
	Permit  func() error // asked right before each write; nil lets all through
	Secret  string       // that its address bears, beside the client's
}

// Send makes a request and reads what it was answered with, whatever that says.
// Where there was no answer the failure says whether anything can have come of it.
func (c *Client) Send(ctx context.Context, r Request) (*http.Response, []byte, *platform.Error) {
	gate := gatedhttp.NewGate(r.Permit)
	request, err := c.request(gate.On(ctx), r)
	if err != nil {
		return nil, nil, &platform.Error{Code: envelope.CodeInternal, Sent: platform.SentNo, Message: "the request could not be made", Cause: err}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, nil, c.noAnswer(gate, r, err)
	}
	defer response.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, nil, c.noAnswer(gate, r, err)
	}
	return response, text, nil
}

// Get begins to fetch a file that somebody sent. The caller reads and closes it.
func (c *Client) Get(ctx context.Context, r Request) (*http.Response, error) {
	r.Method = http.MethodGet
	request, err := c.request(gatedhttp.NewGate(nil).On(ctx), r)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.hidden(err, r.Secret)
	}
	return response, nil
}

// Download is Get for a file server that answers 200 or not at all.
func (c *Client) Download(ctx context.Context, r Request) (io.ReadCloser, error) {
	response, err := c.Get(ctx, r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, fmt.Errorf("the file server answered %d", response.StatusCode)
	}
	return response.Body, nil
}

func (c *Client) request(ctx context.Context, r Request) (*http.Request, error) {
	var content io.Reader = http.NoBody
	if r.Body != nil {
		content = r.Body.content
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, r.Address, content)
	if err != nil {
		return nil, c.hidden(err, r.Secret)
	}
	if r.Body != nil {
		request.ContentLength = r.Body.length
		request.Header.Set("Content-Type", r.Body.kind)
	}
	request.Header.Set("User-Agent", "Postern")
	for name, value := range r.Header {
		request.Header.Set(name, value)
	}
	return request, nil
}

// noAnswer classes a request that got none: before its first byte left, or its
// last one if it is a form, nothing can have happened; after it nobody can tell.
func (c *Client) noAnswer(gate *gatedhttp.Gate, r Request, err error) *platform.Error {
	cause := c.hidden(err, r.Secret)
	whole := r.Body.whole()
	if whole && gate.Wrote() {
		return &platform.Error{Code: envelope.CodeUnknown, Sent: platform.SentUnknown, Message: c.platform + " was sent the request and did not answer", Cause: cause}
	}
	if failure := Permitted(r.Permit); failure != nil {
		return failure
	}
	if !whole { // or its file could not be read: that is no outage
		return &platform.Error{Code: envelope.CodeTransient, Sent: platform.SentNo, Message: "the upload broke off before its end", Cause: cause}
	}
	return &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: c.platform + " could not be reached", Cause: cause}
}

// hidden is an error without the address that net/http repeats in it, and
// without a secret wherever else it may stand.
func (c *Client) hidden(err error, secret string) error {
	err = gatedhttp.WithoutURL(err)
	text := err.Error()
	for _, s := range append([]string{secret}, c.secrets...) {
		if s != "" {
			text = strings.ReplaceAll(text, s, "…")
		}
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}
