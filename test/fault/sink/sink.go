// Package sink is the platform that a fault run sends to: an HTTP server in
// the test's own process, which records everything it was asked and misbehaves
// as it is told.
//
// It speaks five protocols. A POST to URL(node) is a request of the webhook
// platform. URL(node)/bot<token>/<method> is as much of Telegram's Bot API as a
// crowd needs, URL(node)/api/<method> as much of Slack's Web API, and what is
// below URL(node)/v10 as much of Discord's. The rest is the fault adapter's
// (test/fault/gateway): URL(node)/part takes one part, /find looks one up by its
// key, and /connect is the connection that one node may hold.
//
// What becomes of a request is settled in one step when its body has arrived, or
// a while after if it is held: taken in or not, with or without effect. How it is
// answered is another matter, and the faults' business.
package sink

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/posternhq/postern/test/fault/history"
)

// Keys says what the platform makes of a key that it has seen.
type Keys struct {
	Honoured bool          // nothing new is made
	Window   time.Duration // since the key was first seen; 0 = for ever

	// Lag is for how long Find does not show what was just taken in.
	Lag time.Duration
}

// Sink is one platform. Its methods may be called from any goroutine.
type Sink struct {
	keys    Keys
	address string
	done    chan struct{} // closed by Close

	mu      sync.Mutex
	server  *http.Server // nil while dead
	seen    []history.Seen
	known   map[string]*kept // by key
	made    int
	topics  map[string]string // of the bot's messages, by id
	faults  []*Fault
	met     map[Kind]int
	held    []history.Holding
	sockets map[*websocket.Conn]bool // that are open
	changed chan struct{}            // closed, and made anew, by each request
	serving sync.WaitGroup
}

// kept is what the platform remembers of a key.
type kept struct {
	since time.Time
	id    string
	part  Part
}

// Start opens a platform on a free port of the loopback interface.
func Start(keys Keys) (*Sink, error) {
	s := &Sink{
		keys: keys, done: make(chan struct{}),
		known: make(map[string]*kept), topics: make(map[string]string), sockets: make(map[*websocket.Conn]bool), met: make(map[Kind]int), changed: make(chan struct{}),
	}
	if err := s.Return(); err != nil {
		return nil, err
	}
	return s, nil
}

// URL is where the node with this id sends to.
func (s *Sink) URL(node string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return "http://" + s.address + "/" + node
}

// Die closes the listener and every connection: what is sent from here on is
// refused. Return ends it.
func (s *Sink) Die() {
	s.mu.Lock()
	server := s.server
	s.server = nil
	for conn := range s.sockets { // which the server does not know of any more
		_ = conn.CloseNow()
	}
	s.mu.Unlock()
	if server != nil {
		_ = server.Close()
	}
}

// Return listens again, on the same port.
func (s *Sink) Return() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		return nil
	}
	ln, err := s.listen()
	if err != nil {
		return fmt.Errorf("listen for the platform: %w", err)
	}
	server := &http.Server{Handler: s.routes(), ConnState: s.count}
	s.server = server
	s.serving.Add(1)
	go func() {
		defer s.serving.Done()
		if err := server.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
			_ = server.Close()
		}
	}()
	return nil
}

// listen takes the sink's address, or the first time a free one. That lies
// below Linux' ephemeral range: while the platform is gone, no outgoing
// connection, of another run or of who redials the port itself, can take it.
func (s *Sink) listen() (ln net.Listener, err error) {
	if s.address != "" {
		return net.Listen("tcp", s.address)
	}
	for range 50 {
		address := fmt.Sprintf("127.0.0.1:%d", 12000+rand.IntN(20000))
		if ln, err = net.Listen("tcp", address); err == nil {
			s.address = address
			return ln, nil
		}
	}
	return nil, err
}

// Close ends the platform for good, and waits for what it was still doing.
func (s *Sink) Close() {
	close(s.done)
	s.Die()
	s.serving.Wait()
}

// Seen is every request so far, in the order of arrival.
func (s *Sink) Seen() []history.Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]history.Seen(nil), s.seen...)
}

// Held is every connection so far, in the order of opening.
func (s *Sink) Held() []history.Holding {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]history.Holding(nil), s.held...)
}

// Changed is closed when the next request has been taken in or refused.
func (s *Sink) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *Sink) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{node}", s.webhook)
	mux.HandleFunc("POST /{node}/part", s.part)
	mux.HandleFunc("GET /{node}/find", s.find)
	mux.HandleFunc("GET /{node}/connect", s.connect)
	mux.HandleFunc("POST /{node}/api/{method}", s.slack)
	mux.HandleFunc("POST /{node}/{bot}/{method}", s.telegram)
	s.discord(mux)
	return mux
}

// count keeps serving at the number of connections, which http.Server.Close
// does not wait for.
func (s *Sink) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.serving.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.serving.Done()
	}
}
