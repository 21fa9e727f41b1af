package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/envelope"
	"github.com/posternhq/postern/internal/webapi"
	"github.com/posternhq/postern/platform"
)

// Socket Mode (docs.slack.dev/apis/events-api/using-socket-mode): a connection
// at an address that is good for it alone. Slack deals each envelope to one of
// an app's connections, ten at most, and again to another one if it is not
// acknowledged. Before it ends one it says so: the next is opened first.

const (
	pingEvery  = 20 * time.Second
	pingWithin = 10 * time.Second
	drainFor   = 30 * time.Second // that a connection which is to end is still read
	retryFirst = time.Second
	retryMost  = 30 * time.Second
)

// frame is what comes over a connection.
type frame struct {
	Type    string          `json:"type"` // hello, disconnect, or what take takes
	ID      string          `json:"envelope_id"`
	Payload json.RawMessage `json:"payload"`
	Reason  string          `json:"reason"`
}

// connection is one socket.
type connection struct {
	ws      *websocket.Conn
	leaving chan string   // gets the reason once Slack says that it will end
	gone    chan struct{} // closed when nothing comes over it any more
}

// hold keeps a connection until ctx ends: whenever one is to end, or has ended,
// the next one is opened.
func (a *Adapter) hold(ctx context.Context, host platform.Host) {
	failures, brief := 0, 0
	for ctx.Err() == nil {
		began := time.Now()
		c, err := a.connect(ctx, host)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			failures++
			a.lost(host, platform.AsError(err), failures)
			webapi.Pause(ctx, wait(failures, platform.AsError(err)))
			continue
		}
		failures = 0
		host.State(platform.StateReady, "")
		select {
		case reason := <-c.leaving:
			host.Log().Debug("Slack will end the connection; opening the next one", "reason", reason)
			if reason == switchedOff {
				failures++
				a.lost(host, &platform.Error{Code: envelope.CodeAuth, Message: "Socket Mode is switched off in the app's settings"}, failures)
				webapi.Pause(ctx, time.Minute)
			}
		case <-c.gone:
			failures++ // the next one may well succeed; if not, it is the second
			if brief++; time.Since(began) > pingEvery {
				brief = 0
			} else {
				webapi.Pause(ctx, backoff(brief))
			}
		case <-ctx.Done():
			return
		}
	}
}

const switchedOff = "link_disabled"

// connect opens a connection and begins to read it.
func (a *Adapter) connect(ctx context.Context, host platform.Host) (*connection, error) {
	limited, cancel := context.WithTimeout(ctx, a.config.timeout)
	defer cancel()
	var where struct {
		URL string `json:"url"`
	}
	if err := a.client.callAs(limited, a.config.appToken, "apps.connections.open", nil, nil, &where); err != nil {
		return nil, err
	}
	ws, response, err := websocket.Dial(limited, where.URL, &websocket.DialOptions{HTTPClient: a.client.web.HTTP()})
	if err != nil {
		// The address bears a ticket, and the error may bear the address.
		failure := &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "the socket that Slack named could not be opened"}
		if response != nil {
			failure.Message += ": " + response.Status
		}
		return nil, failure
	}
	ws.SetReadLimit(maxEvent)
	var hello frame
	if err := readFrame(limited, ws, &hello); err != nil || hello.Type != "hello" {
		_ = ws.CloseNow()
		return nil, &platform.Error{Code: envelope.CodeUnavailable, Sent: platform.SentNo, Message: "Slack did not greet on the socket that it named"}
	}
	c := &connection{ws: ws, leaving: make(chan string, 1), gone: make(chan struct{})}
	reading, stop := context.WithCancel(ctx)
	a.loops.Go(func() {
		defer close(c.gone)
		defer stop()
		a.listen(reading, ctx, host, c, stop)
	})
	a.loops.Go(func() { c.watch(reading, stop) })
	return c, nil
}

func readFrame(ctx context.Context, ws *websocket.Conn, f *frame) error {
	_, text, err := ws.Read(ctx)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, f)
}

// listen takes what comes over a connection until reading ends, and publishes it
// under life: what was read before is recorded all the same.
func (a *Adapter) listen(reading, life context.Context, host platform.Host, c *connection, stop context.CancelFunc) {
	defer c.ws.CloseNow() //nolint:errcheck // it has ended, or is to
	for {
		_, text, err := c.ws.Read(reading)
		if err != nil {
			if reading.Err() == nil {
				host.Log().Debug("a connection has ended", "status", int(websocket.CloseStatus(err)))
			}
			return
		}
		var f frame
		if err := json.Unmarshal(text, &f); err != nil {
			host.Log().Error("a frame cannot be read and is passed over", "error", err)
			continue
		}
		switch {
		case f.Type == "disconnect":
			defer time.AfterFunc(drainFor, stop).Stop()
			select {
			case c.leaving <- f.Reason:
			default:
			}
		case f.ID != "":
			if !a.turns.run(channelOf(f.Payload), func() { a.record(life, host, c, f) }) {
				host.Log().Warn("more comes than can be recorded; Slack brings it again", "waiting", mostTurns)
			}
		}
	}
}

// watch ends a connection over which no answer to a ping comes.
func (c *connection) watch(ctx context.Context, stop context.CancelFunc) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			limited, cancel := context.WithTimeout(ctx, pingWithin)
			err := c.ws.Ping(limited)
			cancel()
			if err != nil {
				stop()
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// record publishes what an envelope brings, and acknowledges it after that. As
// long as it cannot be recorded it is tried again, although Slack may bring it
// again meanwhile: it is recorded once, and Slack gives up after some minutes.
func (a *Adapter) record(ctx context.Context, host platform.Host, c *connection, f frame) {
	for n := 1; ; n++ {
		err := a.take(ctx, host, f.Type, f.Payload)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return
		}
		host.Log().Warn("something that Slack brought could not be recorded; trying again", "kind", f.Type, "error", err)
		webapi.Pause(ctx, backoff(n))
	}
	text, err := json.Marshal(map[string]string{"envelope_id": f.ID})
	if err == nil {
		err = c.ws.Write(ctx, websocket.MessageText, text)
	}
	if err != nil && ctx.Err() == nil {
		host.Log().Debug("what was recorded could not be acknowledged; Slack brings it again", "error", errors.Unwrap(err))
	}
}

// lost tells how the connection is. One failure is no outage.
func (a *Adapter) lost(host platform.Host, err *platform.Error, failures int) {
	switch {
	case err.Code == envelope.CodeAuth:
		host.State(platform.StateAuthFailed, err.Message)
	case nameOf(err) == "too_many_websockets":
		host.State(platform.StateLost, "Slack allows an app ten connections, and it has them: run fewer nodes, or set events: http")
	case failures >= 2:
		host.State(platform.StateLost, err.Message)
	}
	host.Log().Warn("no connection to Slack; trying again", "failures", failures, "error", fmt.Sprint(err))
}

// wait is how long to stay away. Who was refused does not press.
func wait(failures int, err *platform.Error) time.Duration {
	if err.Code == envelope.CodeAuth {
		return time.Minute
	}
	return max(backoff(failures), err.RetryAfter)
}

func backoff(n int) time.Duration { return webapi.Backoff(n, retryFirst, retryMost) }
