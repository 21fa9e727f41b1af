package webhook

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// newClient makes the client that every request of one receiver shares.
//
// No proxy: HTTP_PROXY and its kin would send a receiver's secrets through
// whoever set them. No redirect: where a 3xx points to is not who was
// configured. HTTP/1.1 only: there a connection serves one request at a time,
// which is what lets a gatedConn tell whose bytes it is about to write.
//
// To a receiver that cannot tell a resend, each request has a connection of
// its own: one that was kept and just then closed by the other side cannot be
// told from one whose answer was lost.
func newClient(idempotent bool) *http.Client {
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
				return &gatedConn{Conn: c}, nil
			},
			Protocols:           protocols,
			DisableKeepAlives:   !idempotent,
			DisableCompression:  true,
			MaxIdleConnsPerHost: 256, // as many as a platform has in flight by default
			IdleConnTimeout:     30 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second,
		},
	}
}

// gatedConn asks for the permit of the request it serves right before each
// write, after whatever waiting or dialling came first. What a TLS handshake
// writes bears no operation and comes before the gate is set.
type gatedConn struct {
	net.Conn
	gate atomic.Pointer[gate]
}

func (c *gatedConn) Write(b []byte) (int, error) {
	if g := c.gate.Load(); g != nil {
		if err := g.permit(); err != nil {
			return 0, fmt.Errorf("the right to send ended: %w", err)
		}
		g.wrote.Store(true)
	}
	return c.Conn.Write(b)
}

// gate is one request's: its permit, and whether any byte of it may have left.
type gate struct {
	permit func() error
	wrote  atomic.Bool
}

// on returns a context under which the request's connection gets this gate.
func (g *gate) on(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			c := info.Conn
			if secured, ok := c.(interface{ NetConn() net.Conn }); ok {
				c = secured.NetConn()
			}
			if gated, ok := c.(*gatedConn); ok {
				gated.gate.Store(g)
			}
		},
	})
}
