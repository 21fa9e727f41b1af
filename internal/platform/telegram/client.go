package telegram

import (
	"context"
	"encoding/json"
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

// params are a method's parameters.
type params map[string]any

// answer is what the Bot API says to every request.
type answer struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	ErrorCode   int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter float64 `json:"retry_after"` // seconds
		MigrateTo  int64   `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

const maxAnswer = 8 << 20 // bytes read of one

// client makes requests to the Bot API.
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
	return c.call(limited, method, p, nil, nil, result)
}

// call makes one request and reads its answer into result. An error is an
// *platform.Error.
func (c *client) call(ctx context.Context, method string, p params, file *upload, permit func() error, result any) error {
	b, err := newBody(p, file)
	if err != nil {
		return &platform.Error{Code: envelope.CodeInvalid, Sent: platform.SentNo, Message: "the request cannot be written: " + err.Error()}
	}
	gate := gatedhttp.NewGate(permit)
	r, err := http.NewRequestWithContext(gate.On(ctx), http.MethodPost, c.config.api+"/bot"+c.config.token+"/"+method, b.content)
	if err != nil {
		return &platform.Error{Code: envelope.CodeInternal, Sent: platform.SentNo, Message: "the request could not be made", Cause: c.hidden(err)}
	}
	r.ContentLength = b.length
	r.Header.Set("Content-Type", b.kind)
	r.Header.Set("User-Agent", "Postern")
	response, err := c.http.Do(r)
	if err != nil {
		if !b.whole() {
			return c.brokeOff(ctx, err)
		}
		return c.noAnswer(gate, permit, err)
	}
	defer response.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return c.noAnswer(gate, permit, err)
	}
	var said answer
	if err := json.Unmarshal(text, &said); err != nil || !said.OK && said.ErrorCode == 0 {
		return unreadable(response.StatusCode)
	}
	if !said.OK {
		return refusal(response, said)
	}
	if result != nil {
		if err := json.Unmarshal(said.Result, result); err != nil {
			return &platform.Error{Code: envelope.CodeInternal, Sent: platform.SentYes, Message: method + " was answered with something else than expected", Cause: err}
		}
	}
	return nil
}

// download opens a file that somebody sent. The address bears the token.
func (c *client) download(ctx context.Context, path string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.config.api+"/file/bot"+c.config.token+"/"+path, nil)
	if err != nil {
		return nil, c.hidden(err)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, c.hidden(err)
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, fmt.Errorf("the file server answered %d", response.StatusCode)
	}
	return response.Body, nil
}

// hidden is an error without the address that net/http repeats in it, and
// without the token wherever else it may stand.
func (c *client) hidden(err error) error {
	err = gatedhttp.WithoutURL(err)
	if strings.Contains(err.Error(), c.config.token) {
		return errors.New(strings.ReplaceAll(err.Error(), c.config.token, "…"))
	}
	return err
}
