package fault

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/posternhq/postern/platform"
)

// reconnect is how long a lost connection is left alone.
const reconnect = 100 * time.Millisecond

// hold keeps one connection open until ctx ends, and tells the host how it is.
func (a *Adapter) hold(ctx context.Context, host platform.Host) {
	for {
		err := a.connected(ctx, func() { host.State(platform.StateReady, "") })
		if ctx.Err() != nil {
			return
		}
		host.State(platform.StateLost, err.Error())
		select {
		case <-time.After(reconnect):
		case <-ctx.Done():
			return
		}
	}
}

// connected holds one connection, and returns why it ended.
func (a *Adapter) connected(ctx context.Context, ready func()) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.config.url+"/connect", nil)
	if err != nil {
		return err
	}
	response, err := a.client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	ready()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	return io.EOF
}
