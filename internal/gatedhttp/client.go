// Package gatedhttp is the HTTP client that adapters send through: each write
// to the network asks for the permit of the request it belongs to, and whether
// any byte of a request left is known for certain.
package gatedhttp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// Options are what clients differ in.
type Options struct {
	// OneEach gives each request a connection of its own: one that was kept and
	// just then closed by the other side cannot be told from one whose answer
	// was lost. It costs each request a dial, and is for a receiver that cannot
	// tell a resend and may close at any time.
	OneEach bool

	// Idle is how long a connection is kept without a request; 0 is 30 s.
	Idle time.Duration
}

// NewClient makes the client that every request to one receiver shares.
//
// No proxy: HTTP_PROXY and its kin would send a receiver's secrets through
// whoever set them. No redirect: where a 3xx points to is not who was
// configured. HTTP/1.1 only: there a connection serves one request at a time,
// which is what lets a conn tell whose bytes it is about to write.
func NewClient(o Options) *http.Client {
	if o.Idle == 0 {
		o.Idle = 30 * time.Second
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := dialer.DialContext(ctx, network, addr)
				if err != nil {
					return nil, err
				}
				return &conn{Conn: c}, nil
			},
			Protocols:           protocols,
			DisableKeepAlives:   o.OneEach,
			DisableCompression:  true,
			MaxIdleConnsPerHost: 256, // as many as a platform has in flight by default
			IdleConnTimeout:     o.Idle,
			TLSHandshakeTimeout: 10 * time.Second,
		},
	}
}

// conn asks for the permit of the request it serves right before each
// write, after whatever waiting or dialling came first. What a TLS handshake
// writes bears no operation and comes before the gate is set.
type conn struct {
	net.Conn
	gate atomic.Pointer[Gate]
}

func (c *conn) Write(b []byte) (int, error) {
	if g := c.gate.Load(); g != nil {
		if err := g.permit(); err != nil {
			return 0, fmt.Errorf("the right to send ended: %w", err)
		}
		g.wrote.Store(true)
	}
	return c.Conn.Write(b)
}

// Gate is one request's: its permit, and whether any byte of it may have left.
type Gate struct {
	permit func() error
	wrote  atomic.Bool
}

// NewGate makes the gate of one request. permit is asked right before each
// write; nil lets all through.
func NewGate(permit func() error) *Gate {
	if permit == nil {
		permit = func() error { return nil }
	}
	return &Gate{permit: permit}
}

// Wrote reports whether any byte of the request may have left.
func (g *Gate) Wrote() bool { return g.wrote.Load() }

// On returns a context under which the request's connection gets this gate.
func (g *Gate) On(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			c := info.Conn
			if secured, ok := c.(interface{ NetConn() net.Conn }); ok {
				c = secured.NetConn()
			}
			if gated, ok := c.(*conn); ok {
				gated.gate.Store(g)
			}
		},
	})
}

// WithoutURL takes off net/http's wrapping, which repeats the URL: it may bear
// credentials.
func WithoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
