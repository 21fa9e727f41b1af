package redistest

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Proxy stands between clients and a redis-server and fails as networks do.
// Its methods may be called from any goroutine, at any time.
type Proxy struct {
	Addr string // where clients connect to

	t      testing.TB
	target string
	ln     net.Listener
	ctx    context.Context // ends with the proxy
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu    sync.Mutex
	pipes map[*pipe]struct{}
	delay time.Duration
	hole  chan struct{} // non-nil while nothing passes; closed by Heal
	loss  *loss
}

// loss is a reply that will not arrive.
type loss struct {
	left int  // replies that still pass before it
	half bool // what stands in its first half arrives
	lost chan struct{}
}

// NewProxy returns a proxy in front of the server, passing everything. It is
// closed with the test.
func NewProxy(t testing.TB, s *Server) *Proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen for the proxy: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Proxy{
		Addr: ln.Addr().String(), t: t, target: s.Addr, ln: ln,
		ctx: ctx, cancel: cancel, pipes: make(map[*pipe]struct{}),
	}
	p.wg.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// URL is the proxy's address as a redis:// URL, database 0.
func (p *Proxy) URL() string { return "redis://" + p.Addr + "/0" }

// Client returns a new client through the proxy that does not retry.
func (p *Proxy) Client() *redis.Client { return newClient(p.t, p.Addr) }

// DropReply loses the nth reply from now (1 is the next), counted over all
// connections, a connection's HELLO included: Redis has run the command, and
// the client finds its connection cut instead of the answer. The channel is
// closed when it has happened. It replaces an earlier DropReply that has not.
func (p *Proxy) DropReply(n int) <-chan struct{} { return p.lose(n, false) }

// TruncateReply is DropReply, but for the first half of the reply, which
// arrives before the connection is cut.
func (p *Proxy) TruncateReply(n int) <-chan struct{} { return p.lose(n, true) }

func (p *Proxy) lose(n int, half bool) <-chan struct{} {
	l := &loss{left: n - 1, half: half, lost: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.loss = l
	return l.lost
}

// Cut closes every open connection. New ones are served.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.pipes {
		c.close()
	}
}

// Delay holds back each reply for d from now on; 0 ends it.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// Blackhole holds everything in both directions, connections staying open, as
// a partition does. What is held passes after Heal.
func (p *Proxy) Blackhole() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hole == nil {
		p.hole = make(chan struct{})
	}
}

// Heal ends a Blackhole.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hole != nil {
		close(p.hole)
		p.hole = nil
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		c := &pipe{proxy: p, client: client, server: server}
		p.mu.Lock()
		p.pipes[c] = struct{}{}
		p.mu.Unlock()
		if p.ctx.Err() != nil { // closed meanwhile: its Cut may have missed this one
			c.close()
		}
		p.wg.Go(c.requests)
		p.wg.Go(c.replies)
	}
}

func (p *Proxy) close() {
	p.cancel()
	_ = p.ln.Close()
	p.Cut()
	p.wg.Wait()
}

// pass waits until the network lets bytes through; false if the proxy closed.
func (p *Proxy) pass(reply bool) bool {
	p.mu.Lock()
	delay, hole := p.delay, p.hole
	p.mu.Unlock()
	if reply && delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-p.ctx.Done():
			return false
		}
	}
	if hole != nil {
		select {
		case <-hole:
		case <-p.ctx.Done():
			return false
		}
	}
	return p.ctx.Err() == nil
}

// arrives counts one reply and returns how many of its bytes are to arrive.
// Fewer than all are the last on their connection.
func (p *Proxy) arrives(reply []byte) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.loss
	switch {
	case l == nil:
		return len(reply)
	case l.left > 0:
		l.left--
		return len(reply)
	}
	close(l.lost)
	p.loss = nil
	if l.half {
		return len(reply) / 2
	}
	return 0
}
