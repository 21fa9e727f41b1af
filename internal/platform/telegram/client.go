package telegram

import (
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/posternhq/postern/internal/webapi"
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

// client makes requests to the Bot API.
type client struct {
	config config
	web    *webapi.Client
}

func newClient(c config) *client { return &client{config: c, web: webapi.New("Telegram", c.token)} }

func (c *client) close() { c.web.Close() }

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
	body, err := newBody(p, file)
	if err != nil {
		return webapi.Unwritable(err)
	}
	response, text, failure := c.web.Send(ctx, webapi.Request{
		Method: http.MethodPost, Address: c.config.api + "/bot" + c.config.token + "/" + method, Body: body, Permit: permit,
	})
	if failure != nil {
		return failure
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
			return webapi.Unexpected(method, err)
		}
	}
	return nil
}

// download opens a file that somebody sent. The address bears the token.
func (c *client) download(ctx context.Context, path string) (io.ReadCloser, error) {
	return c.web.Download(ctx, webapi.Request{Address: c.config.api + "/file/bot" + c.config.token + "/" + path})
}
